//! What a program asks servers for besides tools: `resources.read("docs", uri)`.

use super::super::findings::Findings;
use super::bindings::{Bindings, Unknown};
use super::catalog::INHERITED;
use super::report;
use crate::nearest;
use guest_protocol::message::{ServerName, ToolName};
use guest_protocol::offers::Offer;
use oxc::ast::ast::{Argument, CallExpression, Expression, ObjectPropertyKind, StringLiteral};

/// What each global's functions ask for.
const ASKING: [(Offer, &str, &str); 5] = [
    (Offer::Resources, "list", "resources/list"),
    (Offer::Resources, "templates", "resources/templates/list"),
    (Offer::Resources, "read", "resources/read"),
    (Offer::Prompts, "list", "prompts/list"),
    (Offer::Prompts, "get", "prompts/get"),
];

/// What `call` asks of which servers, for the manifest; what is wrong goes to `findings`.
pub(super) fn check(
    call: &CallExpression<'_>,
    bindings: &mut Bindings<'_, '_>,
    findings: &mut Findings<'_>,
) -> Vec<ToolName> {
    let Expression::StaticMemberExpression(member) = call.callee.get_inner_expression() else {
        return Vec::new();
    };
    let Some(offer) = offer(&member.object, bindings) else { return Vec::new() };
    if INHERITED.contains(&member.property.name.as_str()) {
        return Vec::new();
    }
    let (name, asking) = (member.property.name.as_str(), ASKING.iter().filter(|(of, ..)| *of == offer));
    let Some((.., method)) = asking.clone().find(|(_, function, _)| *function == name) else {
        let near = nearest::one(name, asking.map(|(_, function, _)| *function));
        let hint = near.map(|near| format!("Did you mean `{}.{near}`?", offer.name()));
        let message = format!("`{}` has no `{name}`.", offer.name());
        findings.error("unknown-member", member.property.span.start, message, hint);
        return Vec::new();
    };
    let ask = |server: &ServerName| ToolName { server: server.name.clone(), tool: (*method).to_owned() };
    let servers = bindings.catalog.servers();
    match server_argument(call) {
        Given::Nothing => servers.iter().filter(|server| server.offers.has(offer)).map(ask).collect(),
        Given::Unknown => Vec::new(),
        Given::Name(literal) => {
            let wanted = literal.value.as_str();
            let found = servers.iter().find(|server| server.identifier == wanted || server.name == wanted);
            let Some(server) = found else {
                let unknown = Unknown { server: None, name: wanted.to_owned(), span: literal.span };
                report::unknown(&mut bindings.catalog, &unknown, findings);
                return Vec::new();
            };
            if !server.offers.has(offer) {
                let others = servers.iter().filter(|other| other.offers.has(offer));
                report::not_offered(wanted, offer.name(), others, literal.span, findings);
            }
            vec![ask(server)]
        }
    }
}

/// Whether it is a call of one of these functions.
pub(super) fn is_asking(call: &CallExpression<'_>, bindings: &Bindings<'_, '_>) -> bool {
    let callee = call.callee.get_inner_expression();
    matches!(callee, Expression::StaticMemberExpression(member) if offer(&member.object, bindings).is_some())
}

/// Which of the two globals it is, if the program has not declared one of that name itself.
fn offer(object: &Expression<'_>, bindings: &Bindings<'_, '_>) -> Option<Offer> {
    let Expression::Identifier(name) = object.get_inner_expression() else { return None };
    let free = bindings.scoping.get_reference(name.reference_id.get()?).symbol_id().is_none();
    let named = [Offer::Resources, Offer::Prompts].into_iter().find(|offer| offer.name() == name.name);
    named.filter(|_| free)
}

enum Given<'c, 'a> {
    Name(&'c StringLiteral<'a>),
    /// Every server is asked.
    Nothing,
    /// Known only when it runs.
    Unknown,
}

/// The server's name, as the first argument or as its property.
fn server_argument<'c, 'a>(call: &'c CallExpression<'a>) -> Given<'c, 'a> {
    match call.arguments.first() {
        None => Given::Nothing,
        Some(Argument::StringLiteral(name)) => Given::Name(name),
        Some(Argument::ObjectExpression(object)) => {
            let server = object.properties.iter().find_map(|property| match property {
                ObjectPropertyKind::ObjectProperty(property)
                    if property.key.is_specific_static_name("server") =>
                {
                    Some(&property.value)
                }
                _ => None,
            });
            match server {
                Some(Expression::StringLiteral(name)) => Given::Name(name),
                _ => Given::Unknown,
            }
        }
        Some(_) => Given::Unknown,
    }
}
