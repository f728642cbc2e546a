//! Images, audio, resources and links in a program's value: they go to the host as content of their own beside the
//! structured value, where a few words stand in place of their bytes.

use crate::report::RunReport;
use rmcp::model::{ContentBlock, ProtocolVersion};
use serde::Deserialize;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

/// Most blocks of one result. No source names a figure: hosts are known to take twenty images at once.
const MAX_BLOCKS: usize = 16;
/// Bytes of base64 in one result, all blocks together: as much as 1.5 MiB of pictures.
const MAX_BYTES: usize = 2 << 20;
/// Bytes of text in one result's resources, all together. It is for the model, as the value is; what is longer stays
/// in the value, and is cut there.
const MAX_TEXT: usize = 8_000;
/// Bytes of a link. What is longer stays in the value.
const MAX_LINK: usize = 2_000;
/// Most notes about what is left out; the rest is counted.
const MAX_NOTES: usize = 8;
/// Text of a value that has none of these holds no content.
const TYPES: [&str; 5] = [
    r#""type":"image""#,
    r#""type":"audio""#,
    r#""type":"resource""#,
    r#""type":"resource_link""#,
    r#""blob":""#,
];

/// Takes the content out of the report's value. The first block is `content[1]` of the result: `content[0]` is the
/// report as text.
pub(super) fn lift(report: &mut RunReport, version: Option<&ProtocolVersion>) -> Vec<ContentBlock> {
    let Some(raw) = report.value.as_ref().filter(|raw| TYPES.iter().any(|it| raw.get().contains(it))) else {
        return Vec::new();
    };
    // What is nested too deeply for the parser is not shown either.
    let Ok(mut value) = serde_json::from_str::<Value>(raw.get()) else { return Vec::new() };
    let mut lifted = Lifted { version, blocks: Vec::new(), bytes: 0, text: 0, notes: Vec::new(), unsaid: 0 };
    lifted.visit(&mut value, "value");
    if let Ok(raw) = to_raw_value(&value) {
        report.value = Some(raw);
    }
    if lifted.unsaid > 0 {
        lifted.notes.push(format!("and {} more that are left out", lifted.unsaid));
    }
    report.truncated.append(&mut lifted.notes);
    lifted.blocks
}

struct Lifted<'v> {
    version: Option<&'v ProtocolVersion>,
    blocks: Vec<ContentBlock>,
    bytes: usize,
    text: usize,
    notes: Vec<String>,
    unsaid: usize,
}

/// A kind of content, and where in its object the bytes are.
enum Kind {
    Bytes { at: &'static str, since: ProtocolVersion },
    Text { at: &'static str },
    Link,
}

impl Lifted<'_> {
    fn visit(&mut self, value: &mut Value, path: &str) {
        if let Some((kind, block)) = content(value) {
            return self.take(value, path, &kind, block);
        }
        match value {
            Value::Array(elements) => elements
                .iter_mut()
                .enumerate()
                .for_each(|(at, element)| self.visit(element, &format!("{path}[{at}]"))),
            Value::Object(members) => {
                members.iter_mut().for_each(|(name, member)| self.visit(member, &format!("{path}.{name}")));
            }
            _ => {}
        }
    }

    fn take(&mut self, value: &mut Value, path: &str, kind: &Kind, block: ContentBlock) {
        match kind {
            Kind::Bytes { at, since } => {
                let Some(Value::String(payload)) = value.pointer(at) else { return };
                let bytes = payload.len();
                let words = match self.refusal(bytes, since) {
                    Some(why) => {
                        self.note(format!("{path}: {bytes} bytes of base64 left out; {why}"));
                        format!("[left out: {bytes} bytes of base64]")
                    }
                    None => {
                        self.bytes += bytes;
                        self.blocks.push(block);
                        format!("[content[{}] of this result: {bytes} bytes of base64]", self.blocks.len())
                    }
                };
                replace(value, at, words);
            }
            Kind::Text { at } => {
                let bytes = value.pointer(at).and_then(Value::as_str).map_or(0, str::len);
                if self.blocks.len() < MAX_BLOCKS && self.text + bytes <= MAX_TEXT {
                    self.text += bytes;
                    self.blocks.push(block);
                    let at_content = self.blocks.len();
                    replace(
                        value,
                        at,
                        format!("[content[{at_content}] of this result: {bytes} bytes of text]"),
                    );
                }
            }
            Kind::Link if self.predates(&ProtocolVersion::V_2025_06_18) => {
                self.note(format!("{path}: a link that this host's revision of MCP has no content for"));
            }
            Kind::Link => {
                if self.blocks.len() < MAX_BLOCKS {
                    self.blocks.push(block);
                }
            }
        }
    }

    /// Why bytes cannot go to the host, and what would help.
    fn refusal(&self, bytes: usize, since: &ProtocolVersion) -> Option<String> {
        if self.predates(since) {
            return Some(format!("this host's revision of MCP has no such content (it came with {since})"));
        }
        if self.blocks.len() >= MAX_BLOCKS {
            return Some(format!("one result carries at most {MAX_BLOCKS} images, sounds and resources"));
        }
        (self.bytes + bytes > MAX_BYTES).then(|| {
            format!("one result carries at most {MAX_BYTES} bytes of them; return fewer or smaller ones")
        })
    }

    fn predates(&self, revision: &ProtocolVersion) -> bool {
        self.version.is_some_and(|version| version < revision)
    }

    fn note(&mut self, note: String) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(note);
        } else {
            self.unsaid += 1;
        }
    }
}

fn replace(value: &mut Value, at: &str, words: String) {
    if let Some(payload) = value.pointer_mut(at) {
        *payload = Value::String(words);
    }
}

/// `value` as content, if it is one that a host can take. Bytes that a program read from a resource are taken for
/// the resource: their object says all that a block needs.
fn content(value: &Value) -> Option<(Kind, ContentBlock)> {
    let text = |name: &str| value.pointer(name).and_then(Value::as_str);
    let (always, audio) = (ProtocolVersion::V_2024_11_05, ProtocolVersion::V_2025_03_26);
    let Some(named) = value.get("type") else {
        let blob = text("/uri").and(text("/blob")).filter(|blob| is_base64(blob));
        let block = blob.map(|_| ContentBlock::deserialize(json!({ "type": "resource", "resource": value })));
        return Some((Kind::Bytes { at: "/blob", since: always }, block?.ok()?));
    };
    let kind = match named.as_str()? {
        "image" if text("/mimeType")?.starts_with("image/") && is_base64(text("/data")?) => {
            Kind::Bytes { at: "/data", since: always }
        }
        "audio" if text("/mimeType")?.starts_with("audio/") && is_base64(text("/data")?) => {
            Kind::Bytes { at: "/data", since: audio }
        }
        "resource" if text("/resource/uri").is_some() => {
            match (text("/resource/blob"), text("/resource/text")) {
                (Some(blob), None) if is_base64(blob) => Kind::Bytes { at: "/resource/blob", since: always },
                (None, Some(_)) => Kind::Text { at: "/resource/text" },
                _ => return None,
            }
        }
        "resource_link" if value.to_string().len() <= MAX_LINK => Kind::Link,
        _ => return None,
    };
    Some((kind, ContentBlock::deserialize(value).ok()?))
}

/// RFC 4648, section 4, padded: what hosts decode.
fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !text.is_empty()
        && text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}
