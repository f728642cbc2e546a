//! A line that is longer than any may be, and is the answer to `tools/list`: the tools that came whole are kept.

use rmcp::model::RequestId;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The tools that came whole in `line`; `None` where it is the answer to something else.
pub(super) fn listing(line: &[u8]) -> Option<Begun<'_>> {
    let mut begun = Begun { id: None, tools: Vec::new(), bytes: line.len() };
    // It ends in the middle, so it is an error in any case; what was read until then is in `begun`.
    let _ = Message(&mut begun).deserialize(&mut serde_json::Deserializer::from_slice(line));
    (!begun.tools.is_empty()).then_some(begun)
}

/// The beginning of a listing.
pub(super) struct Begun<'l> {
    id: Option<RequestId>,
    tools: Vec<&'l RawValue>,
    bytes: usize,
}

impl Begun<'_> {
    /// Which request it answers, and the text of its result. `tail` is the end of the line.
    pub(super) fn ended(self, tail: &[u8]) -> Option<(RequestId, String)> {
        let id = self.id.clone().or_else(|| id_at_end(tail))?;
        Some((id, self.text()))
    }

    /// The text of its result, as far as it came.
    pub(super) fn text(&self) -> String {
        let why = format!("it is longer than the {} bytes that are read of one message", self.bytes);
        let tools: Vec<&str> = self.tools.iter().map(|tool| tool.get()).collect();
        format!(r#"{{"oubliette/cut":"{why}","tools":[{}]}}"#, tools.join(","))
    }
}

/// Of `…,"id":7}`: the SDK for TypeScript writes the id last.
fn id_at_end(tail: &[u8]) -> Option<RequestId> {
    let end = String::from_utf8_lossy(tail);
    let (_, id) = end.trim_end().strip_suffix('}')?.rsplit_once("\"id\":")?;
    serde_json::from_str(id).ok()
}

struct Message<'b, 'l>(&'b mut Begun<'l>);
struct Answer<'b, 'l>(&'b mut Begun<'l>);
struct Tools<'b, 'l>(&'b mut Begun<'l>);

impl<'l> DeserializeSeed<'l> for Message<'_, 'l> {
    type Value = ();
    fn deserialize<D: Deserializer<'l>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'l> Visitor<'l> for Message<'_, 'l> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a message")
    }
    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "id" => self.0.id = Some(map.next_value()?),
                "result" => map.next_value_seed(Answer(&mut *self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl<'l> DeserializeSeed<'l> for Answer<'_, 'l> {
    type Value = ();
    fn deserialize<D: Deserializer<'l>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'l> Visitor<'l> for Answer<'_, 'l> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a result")
    }
    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "tools" => map.next_value_seed(Tools(&mut *self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl<'l> DeserializeSeed<'l> for Tools<'_, 'l> {
    type Value = ();
    fn deserialize<D: Deserializer<'l>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'l> Visitor<'l> for Tools<'_, 'l> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("tools")
    }
    fn visit_seq<A: SeqAccess<'l>>(self, mut tools: A) -> Result<(), A::Error> {
        while let Some(tool) = tools.next_element::<&'l RawValue>()? {
            self.0.tools.push(tool);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::listing;

    #[test]
    fn whole_tools_are_kept_wherever_the_id_stands() {
        for (line, tail) in [
            (r#"{"jsonrpc":"2.0","id":7,"result":{"x":[1],"tools":[{"a":1},{"b":"}"},{"c"#, "}]}}"),
            (r#"{"result":{"tools":[{"a":1},{"b":"}"},{"c"#, r#"]},"jsonrpc":"2.0","id":7}"#),
        ] {
            let (id, text) =
                listing(line.as_bytes()).and_then(|it| it.ended(tail.as_bytes())).expect("it is a listing");
            assert_eq!(id.to_string(), "7");
            assert!(text.ends_with(r#""tools":[{"a":1},{"b":"}"}]}"#), "{text}");
        }
    }

    #[test]
    fn other_answers_are_not_taken_for_a_listing() {
        for (line, tail) in [
            (r#"{"id":7,"result":{"content":[{"a":1},"#, "]}}"),
            (r#"{"result":{"tools":[{"a":1},"#, r#""id":{}}"#),
            ("junk", r#""id":7}"#),
        ] {
            let ended = listing(line.as_bytes()).and_then(|it| it.ended(tail.as_bytes()));
            assert!(ended.is_none(), "{line}");
        }
    }
}
