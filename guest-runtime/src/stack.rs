//! `error.stack`: the engine's lines, mapped back to the source and with the header that programs expect.

use crate::run::Run;
use boa_engine::object::JsObject;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsResult, JsString, JsValue, NativeFunction, js_string};
use guest_protocol::message::Position;

/// The engine's getter of `Error.prototype.stack`.
struct EngineGetter(JsObject);

/// Replaces `Error.prototype.stack` and adds `Error.captureStackTrace`.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let error = context.intrinsics().constructors().error();
    let (class, prototype) = (error.constructor(), error.prototype());
    let property = prototype.borrow().properties().get(&js_string!("stack").into());
    let (getter, setter) = (
        property.as_ref().and_then(PropertyDescriptor::get),
        property.as_ref().and_then(PropertyDescriptor::set),
    );
    let (Some(getter), Some(setter)) = (getter.and_then(JsValue::as_object), setter.cloned()) else {
        return Ok(());
    };
    context.insert_data(EngineGetter(getter));
    let get = NativeFunction::from_fn_ptr(get).to_js_function(context.realm());
    let property = PropertyDescriptor::builder().get(get).set(setter).enumerable(false).configurable(true);
    prototype.define_property_or_throw(js_string!("stack"), property, context)?;
    let capture = NativeFunction::from_fn_ptr(capture).to_js_function(context.realm());
    let property =
        PropertyDescriptor::builder().value(capture).writable(true).enumerable(false).configurable(true);
    class.define_property_or_throw(js_string!("captureStackTrace"), property, context)?;
    Ok(())
}

fn get(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(error) = this.as_object() else { return Ok(JsValue::undefined()) };
    let lines = of(&error, context)?;
    let name = text(&error, "name", context)?;
    let message = text(&error, "message", context)?;
    Ok(JsString::from(with_header(&name, &message, &lines)).into())
}

fn text(object: &JsObject, property: &str, context: &mut Context) -> JsResult<String> {
    let value = object.get(JsString::from(property), context)?;
    Ok(value.as_string().map(|text| text.to_std_string_lossy()).unwrap_or_default())
}

fn capture(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(target) = arguments.first().and_then(JsValue::as_object) else {
        return Ok(JsValue::undefined());
    };
    let class = context.intrinsics().constructors().error().constructor();
    let here = class.construct(&[], None, context)?;
    let lines = of(&here, context)?;
    let (name, message) = (text(&target, "name", context)?, text(&target, "message", context)?);
    let stack = JsString::from(with_header(&name, &message, &lines));
    let property =
        PropertyDescriptor::builder().value(stack).writable(true).enumerable(false).configurable(true);
    target.define_property_or_throw(js_string!("stack"), property, context)?;
    Ok(JsValue::undefined())
}

/// The text of a whole stack.
pub(crate) fn with_header(name: &str, message: &str, lines: &[String]) -> String {
    let mut stack = match (name, message) {
        ("", message) => message.to_owned(),
        (name, "") => name.to_owned(),
        (name, message) => format!("{name}: {message}"),
    };
    for line in lines {
        stack.push_str("\n    at ");
        stack.push_str(line);
    }
    stack
}

/// The calls that led to `error`, innermost first, each `name (/main.ts:3:5)`.
pub(crate) fn of(error: &JsObject, context: &mut Context) -> JsResult<Vec<String>> {
    let Some(EngineGetter(getter)) = context.get_data::<EngineGetter>() else { return Ok(Vec::new()) };
    let getter = getter.clone();
    let raw = getter.call(&JsValue::from(error.clone()), &[], context)?;
    let Some(raw) = raw.as_string() else { return Ok(Vec::new()) };
    let run = Run::of(context);
    Ok(raw.to_std_string_lossy().lines().filter_map(|line| mapped(line, &run)).collect())
}

/// One line of the engine's, mapped; none for built-in functions.
fn mapped(line: &str, run: &Run) -> Option<String> {
    let line = line.trim().strip_prefix("at ")?;
    let (name, file, line_number, column) = parse(line)?;
    let position = run.sources.position(file, line_number, column)?;
    let place = format!("{}:{}:{}", position.file, position.line, position.column);
    Some(if name.is_empty() || name == "<main>" { place } else { format!("{name} ({place})") })
}

/// `name (/file:line:column)` in its parts.
fn parse(line: &str) -> Option<(&str, &str, u32, u32)> {
    let (name, place) = line.rsplit_once('(').unwrap_or(("", line));
    let mut parts = place.trim_end_matches(')').rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some((name.trim(), parts.next()?, line, column))
}

/// The place that a line of a stack names.
pub(crate) fn place(line: &str) -> Option<Position> {
    let (_, file, line, column) = parse(line)?;
    Some(Position { file: file.into(), line, column })
}

#[cfg(test)]
mod tests {
    use super::{parse, place};

    #[test]
    fn a_line_of_a_stack_has_a_name_and_a_place() {
        assert_eq!(parse("sum (/main.ts:3:5)"), Some(("sum", "/main.ts", 3, 5)));
        assert_eq!(parse("/main.ts:3:5"), Some(("", "/main.ts", 3, 5)));
        assert_eq!(parse("map (native)"), None);
        assert_eq!(place("sum (/main.ts:3:5)").map(|place| place.column), Some(5));
    }
}
