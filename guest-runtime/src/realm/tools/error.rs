//! `ToolError`: what a program catches when a tool call fails.

use super::super::{define, json, object};
use crate::stack;
use boa_engine::object::JsObject;
use boa_engine::{Context, JsError, JsResult, JsString, JsValue, Source, js_string};
use guest_protocol::envelope::Refusal;
use guest_protocol::message::ToolFailure;
use serde_json::value::RawValue;

/// Its name in the realm.
const NAME: &str = "ToolError";
/// Its code where the supervisor gave none.
const UPSTREAM: &str = "upstream";

/// A failure, before it becomes an object.
pub(crate) struct ToolError {
    server: String,
    tool: String,
    code: String,
    message: String,
    retryable: bool,
    details: Option<JsValue>,
    trace: Option<JsObject>,
}

impl ToolError {
    /// A failure that will not go away by itself.
    pub(crate) fn new(server: &str, tool: &str, code: &str, message: String) -> Self {
        Self {
            server: server.into(),
            tool: tool.into(),
            code: code.into(),
            message,
            retryable: false,
            details: None,
            trace: None,
        }
    }

    /// What the supervisor answered in place of a result.
    pub(crate) fn refused(server: &str, tool: &str, refusal: Refusal) -> Self {
        let failure: Option<ToolFailure> =
            refusal.data.and_then(|failure| serde_json::from_value(failure).ok());
        let Some(failure) = failure else { return Self::new(server, tool, UPSTREAM, refusal.message) };
        let code = serde_json::to_value(failure.code).ok();
        let code = code.as_ref().and_then(|code| code.as_str()).unwrap_or(UPSTREAM);
        let message = match failure.hint {
            Some(hint) => format!("{}. {hint}", refusal.message.trim_end_matches('.')),
            None => refusal.message,
        };
        Self { retryable: failure.retryable, ..Self::new(server, tool, code, message) }
    }

    /// With what the tool itself said.
    pub(crate) fn details(self, details: Option<JsValue>) -> Self {
        Self { details, ..self }
    }

    /// Thrown where `trace` was made: a call fails long after its line has run.
    pub(crate) fn traced(self, trace: JsObject) -> Self {
        Self { trace: Some(trace), ..self }
    }

    /// As something to throw.
    pub(crate) fn throw(self, context: &mut Context) -> JsResult<JsError> {
        let class = context.global_object().get(JsString::from(NAME), context)?.to_object(context)?;
        let fields = object(context);
        for (name, value) in [
            ("server", JsValue::from(JsString::from(self.server))),
            ("tool", JsString::from(self.tool).into()),
            ("code", JsString::from(self.code).into()),
            ("retryable", self.retryable.into()),
            ("details", self.details.unwrap_or_default()),
        ] {
            fields.create_data_property_or_throw(JsString::from(name), value, context)?;
        }
        let message = JsString::from(self.message.as_str());
        let error = class.construct(&[message.into(), fields.into()], None, context)?;
        if let Some(trace) = self.trace {
            let text = stack::with_header(NAME, &self.message, &stack::of(&trace, context)?);
            define(&error, "stack", JsString::from(text), context)?;
        }
        Ok(JsError::from_opaque(error.into()))
    }
}

/// A place in the program to remember: the stack of now.
pub(crate) fn trace(context: &mut Context) -> JsResult<JsObject> {
    let error = context.intrinsics().constructors().error().constructor();
    error.construct(&[], None, context)
}

/// Adds the class to the realm.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let class = context.eval(Source::from_bytes(include_str!("tool_error.js")))?;
    define(&context.global_object(), NAME, class, context)
}

/// Whether `value` is a `ToolError` and of which server and tool.
pub(crate) fn origin(value: &JsValue, context: &mut Context) -> JsResult<Option<(String, String)>> {
    let Some(object) = value.as_object() else { return Ok(None) };
    let class = context.global_object().get(JsString::from(NAME), context)?;
    if !class.is_callable() || !value.instance_of(&class, context)? {
        return Ok(None);
    }
    let server = object.get(js_string!("server"), context)?.to_string(context)?.to_std_string_lossy();
    let tool = object.get(js_string!("tool"), context)?.to_string(context)?.to_std_string_lossy();
    Ok(Some((server, tool)))
}

/// A value of raw JSON, if there is one.
pub(super) fn value_of(raw: Option<&RawValue>, context: &mut Context) -> JsResult<Option<JsValue>> {
    raw.map(|raw| json::incoming(raw.get(), context)).transpose()
}
