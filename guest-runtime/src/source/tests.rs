//! Programs as models write them, compiled and run on the engine.

use super::{Compiled, Names, compile, helper_module};
use boa_engine::builtins::promise::PromiseState;
use boa_engine::module::{Module, ModuleLoader, ModuleRequest, Referrer};
use boa_engine::{Context, JsError, JsNativeError, JsResult, JsString, JsValue, Source};
use guest_protocol::limits::Limits;
use guest_protocol::message::{
    Finding, Inner, JsonType, ObjectShape, ParameterShape, ServerName, ServerShape, Severity, ToolShape,
    ValueShape,
};
use guest_protocol::offers::Offers;
use std::cell::RefCell;
use std::rc::Rc;

/// Serves the compiler's own modules and a shop.
struct Loader;

impl ModuleLoader for Loader {
    async fn load_imported_module(
        self: Rc<Self>,
        _: Referrer,
        request: ModuleRequest,
        context: &RefCell<&mut Context>,
    ) -> JsResult<Module> {
        let name = request.specifier().to_std_string_escaped();
        let text = match helper_module(&name) {
            Some(text) => text,
            None if name.contains("servers/shop") => {
                "const getOrder = async (a) => ({ id: a.id }); export { getOrder, getOrder as default };"
            }
            None => return Err(JsNativeError::typ().with_message(name).into()),
        };
        Module::parse(Source::from_bytes(text), None, &mut context.borrow_mut())
    }
}

const PRELUDE: &str = "globalThis.tools = { shop: { getOrder: async (a) => ({ id: a.id }), listOrders: async () => \
    [{ id: 'a', total: 1 }, { id: 'b', total: 2 }] } }; globalThis.oubliette$thrown = (thrown) => thrown; globalThis.console = { log() {}, error() {} }; \
    Symbol.dispose ??= Symbol.for('Symbol.dispose'); Symbol.asyncDispose ??= Symbol.for('Symbol.asyncDispose');";

fn shop() -> Vec<ServerName> {
    let name = |name: &str, identifier: &str| ServerName {
        name: name.into(),
        identifier: identifier.into(),
        offers: Offers { resources: name == "shop", prompts: name == "shop" },
    };
    vec![name("shop", "shop"), name("git-hub", "gitHub")]
}

fn parameter(name: &str, required: bool, types: &[JsonType]) -> ParameterShape {
    ParameterShape { name: name.into(), required, types: types.to_vec(), inner: Inner::Any }
}

fn holding(inner: Inner, parameter: ParameterShape) -> ParameterShape {
    ParameterShape { inner, ..parameter }
}

/// `{ status?: "open" | 1 | -1 | null, filters?: { field: string, op?: "eq" }[], page?: { size?: number } }`
fn nested() -> Vec<ParameterShape> {
    let values = |each: &[&str]| Inner::Values(each.iter().map(|one| (*one).to_owned()).collect());
    let object =
        |properties: Vec<ParameterShape>, closed| Inner::Properties(ObjectShape { properties, closed });
    let filter = vec![
        parameter("field", true, &[JsonType::String]),
        holding(values(&["\"eq\"", "\"ne\""]), parameter("op", false, &[JsonType::String])),
    ];
    let filters = ValueShape { types: vec![JsonType::Object], inner: object(filter, true) };
    let page = object(vec![parameter("size", false, &[JsonType::Number])], false);
    vec![
        holding(values(&["\"open\"", "1", "-1", "null"]), parameter("status", false, &[])),
        holding(Inner::Items(Box::new(filters)), parameter("filters", false, &[JsonType::Array])),
        holding(page, parameter("page", false, &[JsonType::Object])),
    ]
}

fn tool(name: &str, identifier: &str, parameters: Vec<ParameterShape>) -> ToolShape {
    ToolShape {
        name: name.into(),
        identifier: identifier.into(),
        signature: format!("{identifier}(args: {{ … }}): Promise<unknown>"),
        parameters,
        open: false,
        unwrap_result: false,
    }
}

fn describe(server: &str) -> Option<ServerShape> {
    let id = parameter("id", true, &[JsonType::String]);
    let tools = match server {
        "shop" => vec![
            tool("get_order", "getOrder", vec![id, parameter("depth", false, &[JsonType::Integer])]),
            tool("list_orders", "listOrders", vec![parameter("limit", false, &[JsonType::Number])]),
            tool("find_orders", "findOrders", nested()),
        ],
        _ => vec![tool(
            "create-issue",
            "createIssue",
            vec![
                parameter("repo", true, &[JsonType::String]),
                parameter("title", true, &[JsonType::String]),
                parameter("labels", false, &[JsonType::Array]),
            ],
        )],
    };
    Some(ServerShape { tools })
}

fn compiled(text: &str) -> Result<Compiled, Vec<Finding>> {
    let servers = shop();
    let mut describe = describe;
    compile(text, "/main.ts", &Limits::default(), Names { servers: &servers, describe: &mut describe })
}

/// Runs a program: its value as JSON, or its error with the place that the engine gives, mapped back.
fn run(text: &str) -> String {
    let compiled = match compiled(text) {
        Ok(compiled) => compiled,
        Err(findings) => return format!("refused: {:?}", rules_of(&findings)),
    };
    match execute(&compiled.code) {
        Ok(value) => value,
        Err((error, place)) => {
            let at = place.and_then(|(line, column)| compiled.map.position(line, column));
            let name = at.as_ref().and_then(|at| compiled.map.expression_at(at)).unwrap_or_default();
            let at = at.map(|at| format!("{}:{}", at.line, at.column)).unwrap_or_default();
            format!("{error} at {at} `{name}`")
        }
    }
}

fn execute(code: &str) -> Result<String, (String, Option<(u32, u32)>)> {
    let mut context = Context::builder()
        .module_loader(Rc::new(Loader))
        .instructions_remaining(100_000_000)
        .build()
        .unwrap();
    context.eval(Source::from_bytes(PRELUDE)).unwrap();
    let module = Module::parse(Source::from_bytes(code), None, &mut context)
        .map_err(|error| (format!("engine refuses: {error}\n{code}"), None))?;
    let promise = module.load_link_evaluate(&mut context);
    context.run_jobs().unwrap();
    match promise.state() {
        PromiseState::Fulfilled(_) => {}
        PromiseState::Pending => return Err(("pending".into(), None)),
        PromiseState::Rejected(error) => return Err(failure(&JsError::from_opaque(error), &mut context)),
    }
    let value = module.namespace(&mut context).get(JsString::from("default"), &mut context).unwrap();
    json(&value, &mut context)
}

fn json(value: &JsValue, context: &mut Context) -> Result<String, (String, Option<(u32, u32)>)> {
    let global = context.global_object();
    let json = global.get(JsString::from("JSON"), context).unwrap().as_object().unwrap();
    let stringify = json.get(JsString::from("stringify"), context).unwrap().as_object().unwrap();
    let text = stringify.call(&JsValue::undefined(), std::slice::from_ref(value), context).unwrap();
    Ok(text.to_string(context).unwrap().to_std_string_escaped())
}

fn failure(error: &JsError, context: &mut Context) -> (String, Option<(u32, u32)>) {
    let value = error.clone().into_opaque(context).unwrap();
    let Some(object) = value.as_object() else { return (format!("{error}"), None) };
    let mut read = |name: &str| {
        let text = object.get(JsString::from(name), context).unwrap().to_string(context).unwrap();
        text.to_std_string_escaped()
    };
    let (message, stack) = (read("message"), read("stack"));
    let place = stack.lines().find_map(|line| {
        let mut numbers = line.trim_end_matches(')').rsplit(':');
        let column = numbers.next()?.parse().ok()?;
        Some((numbers.next()?.parse().ok()?, column))
    });
    (message, place)
}

fn rules_of(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| {
            let at = finding.at.as_ref().map(|at| format!("{}:{}", at.line, at.column)).unwrap_or_default();
            let mark = if finding.severity == Severity::Error { "" } else { "?" };
            format!("{mark}{} {at}", finding.rule)
        })
        .collect()
}

/// What the check says of a program that runs or is refused.
fn rules(text: &str) -> Vec<String> {
    match compiled(text) {
        Ok(compiled) => rules_of(&compiled.warnings),
        Err(findings) => rules_of(&findings),
    }
}

mod depths;
mod forms;
mod places;
mod verdicts;
