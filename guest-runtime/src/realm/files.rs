//! The read-only tree: `fs/promises`, and `readFile` and `listDirectory` as globals.

use super::{calls, define, function, global_function, object};
use crate::run::Run;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsArgs, JsError, JsNativeError, JsResult, JsString, JsValue, js_string};
use guest_protocol::envelope::Refusal;
use guest_protocol::message::{Entry, FileState, FileText, ListDirectory, Listing, Path, method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

/// What writes, and cannot.
const WRITERS: [&str; 14] = [
    "writeFile",
    "appendFile",
    "mkdir",
    "rm",
    "rmdir",
    "unlink",
    "rename",
    "copyFile",
    "cp",
    "truncate",
    "chmod",
    "utimes",
    "symlink",
    "mkdtemp",
];

/// Adds `readFile`, `listDirectory` and `writeFile` to the global object.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    global_function(context, "readFile", 1, read_file)?;
    global_function(context, "listDirectory", 1, read_directory)?;
    global_function(context, "writeFile", 2, refuse_to_write)?;
    Ok(())
}

/// `fs/promises`
pub(crate) fn promises(context: &mut Context) -> JsResult<JsObject> {
    let fs = object(context);
    for (name, native) in [
        ("readFile", read_file as fn(&JsValue, &[JsValue], &mut Context) -> JsResult<JsValue>),
        ("readdir", read_directory),
        ("stat", stat),
        ("lstat", stat),
        ("access", access),
    ] {
        let function = function(context, name, 1, native);
        fs.create_data_property_or_throw(JsString::from(name), function, context)?;
    }
    for name in WRITERS {
        let function = function(context, name, 2, refuse_to_write);
        fs.create_data_property_or_throw(JsString::from(name), function, context)?;
    }
    Ok(fs)
}

/// `fs`: its `promises`, and the calls that do not wait.
pub(crate) fn callbacks(context: &mut Context) -> JsResult<JsObject> {
    let fs = promises(context)?;
    let promises = promises(context)?;
    fs.create_data_property_or_throw(js_string!("promises"), promises, context)?;
    for (name, native) in [
        ("readFileSync", read_file_sync as fn(&JsValue, &[JsValue], &mut Context) -> JsResult<JsValue>),
        ("existsSync", exists_sync),
    ] {
        let function = function(context, name, 1, native);
        fs.create_data_property_or_throw(JsString::from(name), function, context)?;
    }
    Ok(fs)
}

type Decode<T> = fn(T, &JsValue, &mut Context) -> JsResult<JsValue>;

/// Asks for `path`, and makes of the answer what the promise is to be fulfilled with.
fn request<T: DeserializeOwned + 'static>(
    (method, params): (&'static str, impl Serialize),
    path: String,
    decode: Decode<T>,
    context: &mut Context,
) -> JsResult<JsValue> {
    let params =
        to_raw_value(&params).map_err(|error| JsNativeError::error().with_message(error.to_string()))?;
    let decode = move |answer: Result<&RawValue, Refusal>, context: &mut Context| match answer {
        Ok(raw) => decode(read(raw)?, &JsString::from(path.as_str()).into(), context),
        Err(refusal) => Err(not_found(&path, &refusal.message, context)?),
    };
    Ok(calls::begin(method, params, Box::new(decode), context).into())
}

fn read<T: DeserializeOwned>(raw: &RawValue) -> JsResult<T> {
    serde_json::from_str(raw.get())
        .map_err(|error| JsNativeError::error().with_message(error.to_string()).into())
}

fn path(arguments: &[JsValue], context: &mut Context) -> JsResult<String> {
    let path = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let path = path.strip_prefix("file://").unwrap_or(&path);
    let path = path.strip_prefix("./").unwrap_or(path);
    Ok(if path.starts_with('/') { path.into() } else { format!("/{}", path.trim_start_matches('.')) })
}

fn read_file(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = path(arguments, context)?;
    let asked = (method::FILE_READ, Path { path: path.clone() });
    request(asked, path, |file: FileText, _, _| Ok(JsString::from(file.text).into()), context)
}

fn read_file_sync(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = path(arguments, context)?;
    match Run::of(context).link.ask(method::FILE_READ, Path { path: path.clone() }) {
        Ok(answer) => Ok(JsString::from(read::<FileText>(&answer)?.text).into()),
        Err(refusal) => Err(not_found(&path, &refusal.message, context)?),
    }
}

fn exists_sync(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = path(arguments, context)?;
    Ok(Run::of(context).link.ask(method::FILE_STAT, Path { path }).is_ok().into())
}

/// `listDirectory`, and `readdir` with its options.
fn read_directory(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (mut with_types, mut recursive) = (false, false);
    if let Some(options) = arguments.get_or_undefined(1).as_object() {
        with_types = options.get(js_string!("withFileTypes"), context)?.to_boolean();
        recursive = options.get(js_string!("recursive"), context)?.to_boolean();
    }
    let path = path(arguments, context)?;
    let asked = (method::FILE_LIST, ListDirectory { path: path.clone(), recursive });
    let decode: Decode<Listing> = if with_types {
        |listing, parent, context| entries(&listing, parent, context)
    } else {
        |listing, _, context| names(&listing, context)
    };
    request(asked, path, decode, context)
}

fn names(listing: &Listing, context: &mut Context) -> JsResult<JsValue> {
    let names: Vec<JsValue> =
        listing.entries.iter().map(|entry| JsString::from(entry.name.as_str()).into()).collect();
    Ok(JsArray::from_iter(names, context).into())
}

fn entries(listing: &Listing, parent: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    let parent = parent.to_string(context)?.to_std_string_lossy();
    let parent = parent.trim_end_matches('/');
    let mut list = Vec::with_capacity(listing.entries.len());
    for Entry { name, directory } in &listing.entries {
        let (within, name) = name.rsplit_once('/').unwrap_or(("", name));
        let folder = if within.is_empty() { parent.to_owned() } else { format!("{parent}/{within}") };
        let folder = if folder.is_empty() { "/".to_owned() } else { folder };
        let dirent = described(*directory, context)?;
        for (key, text) in [("name", name), ("parentPath", &folder), ("path", &folder)] {
            dirent.create_data_property_or_throw(JsString::from(key), JsString::from(text), context)?;
        }
        list.push(dirent.into());
    }
    Ok(JsArray::from_iter(list, context).into())
}

/// What `stat` and `readdir` with types tell about a file or a directory.
fn described(directory: bool, context: &mut Context) -> JsResult<JsObject> {
    let described = object(context);
    for (name, is) in [("isDirectory", directory), ("isFile", !directory), ("isSymbolicLink", false)] {
        let answer = boa_engine::NativeFunction::from_copy_closure(move |_, _, _| Ok(is.into()));
        let function = super::named(context, name, 0, answer);
        define(&described, name, function, context)?;
    }
    Ok(described)
}

fn stat(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = path(arguments, context)?;
    let decode: Decode<FileState> = |state, _, context| {
        let described = described(state.directory, context)?;
        // Not more than a file has bytes, so it is exact.
        described.create_data_property_or_throw(js_string!("size"), state.size as f64, context)?;
        Ok(described.into())
    };
    request((method::FILE_STAT, Path { path: path.clone() }), path, decode, context)
}

fn access(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = path(arguments, context)?;
    let decode: Decode<FileState> = |_, _, _| Ok(JsValue::undefined());
    request((method::FILE_STAT, Path { path: path.clone() }), path, decode, context)
}

fn not_found(path: &str, why: &str, context: &mut Context) -> JsResult<JsError> {
    let message = format!("ENOENT: {path}: {why}");
    let error = JsNativeError::error().with_message(message).into_opaque(context);
    error.create_data_property_or_throw(js_string!("code"), js_string!("ENOENT"), context)?;
    error.create_data_property_or_throw(js_string!("path"), JsString::from(path), context)?;
    Ok(JsError::from_opaque(error.into()))
}

fn refuse_to_write(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = path(arguments, context)?;
    let message = format!("EROFS: {path}: the tree is read-only; return the value, or pass it to a tool");
    let error = JsNativeError::error().with_message(message).into_opaque(context);
    error.create_data_property_or_throw(js_string!("code"), js_string!("EROFS"), context)?;
    let rejected =
        boa_engine::object::builtins::JsPromise::reject(JsError::from_opaque(error.into()), context)?;
    Ok(rejected.into())
}
