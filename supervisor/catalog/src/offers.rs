//! What a server has besides tools, as its `README.md` tells a program's author.

use guest_protocol::offers::Offers;

const RESOURCES: &str = "\nIt has resources, for documents and data to read:\n\n```ts\n\
    resources.list(\"{server}\"): Promise<{ server: string; uri: string; name: string; title?: string; description?: string; mimeType?: string; size?: number }[]>\n\
    resources.templates(\"{server}\"): Promise<{ server: string; uriTemplate: string; name: string; description?: string; mimeType?: string }[]>\n\
    resources.read(\"{server}\", uri: string): Promise<{ contents: { uri: string; mimeType?: string; text?: string; blob?: string /* base64 */ }[] }>\n```\n";

const PROMPTS: &str = "\nIt has prompts, texts that it fills in:\n\n```ts\n\
    prompts.list(\"{server}\"): Promise<{ server: string; name: string; title?: string; description?: string; arguments?: { name: string; description?: string; required?: boolean }[] }[]>\n\
    prompts.get(\"{server}\", name: string, args?: Record<string, string>): Promise<{ description?: string; messages: { role: \"user\" | \"assistant\"; content: unknown }[] }>\n```\n";

/// How to ask for it, with types; empty where there is nothing.
pub(crate) fn chapter(identifier: &str, offers: Offers) -> String {
    let resources = if offers.resources { RESOURCES } else { "" };
    let prompts = if offers.prompts { PROMPTS } else { "" };
    format!("{resources}{prompts}").replace("{server}", identifier)
}

/// As in `resources, prompts`; nothing where it has neither.
pub(crate) fn listed(offers: Offers) -> Option<&'static str> {
    match (offers.resources, offers.prompts) {
        (true, true) => Some("resources, prompts"),
        (true, false) => Some("resources"),
        (false, true) => Some("prompts"),
        (false, false) => None,
    }
}
