//! Which tools of a server hosts see and call without a program: `expose`.

use super::server::Unusable;
use serde::Deserialize;

/// Names that every known host takes; one that is not of this form makes some refuse all the others.
const MOST_CHARACTERS: usize = 64;

/// As it is written: `"direct"`, or a table.
#[derive(Deserialize)]
#[serde(untagged, expecting = "`expose` is \"direct\", or a table of `tools` and `prefix`")]
pub(super) enum Declared {
    Word(Word),
    Table(Table),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Word {
    /// Every tool.
    Direct,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    tools: Option<Vec<String>>,
    prefix: Option<String>,
}

/// Which tools of a server are listed beside `search` and `execute`, and what their names begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exposure {
    /// Their names at the server; every one where there are none.
    tools: Option<Vec<String>>,
    prefix: String,
}

impl Declared {
    /// Of the server `name`.
    pub(super) fn resolve(self, name: &str) -> Result<Exposure, Unusable> {
        let Table { tools, prefix } = match self {
            Self::Word(Word::Direct) => Table { tools: None, prefix: None },
            Self::Table(table) => table,
        };
        let prefix = prefix.unwrap_or_else(|| format!("{}__", fit(name)));
        if prefix.len() >= MOST_CHARACTERS || fit(&prefix) != prefix {
            let what = format!("`expose` of server `{name}` has the impossible prefix {prefix:?}");
            return Err(Unusable::new(what, "Use letters, digits, `_` and `-`, fewer than 64."));
        }
        Ok(Exposure { tools, prefix })
    }
}

impl Exposure {
    /// The name under which a tool is listed; nothing where it is not.
    pub(crate) fn name_of(&self, tool: &str) -> Option<String> {
        let chosen = self.tools.as_ref().is_none_or(|chosen| chosen.iter().any(|one| one == tool));
        let name = format!("{}{}", self.prefix, fit(tool));
        // One that is cut might be another's; a host that reads it would call something else.
        (chosen && name.len() <= MOST_CHARACTERS).then_some(name)
    }
}

/// `text` with `_` for whatever a name may not have.
fn fit(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    text.chars().map(|c| if fits(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::Exposure;

    #[test]
    fn names_are_those_that_every_host_takes() {
        let exposure = |tools: Option<Vec<String>>, prefix: &str| Exposure { tools, prefix: prefix.into() };
        let all = exposure(None, "shop__");
        assert_eq!(all.name_of("get_order").as_deref(), Some("shop__get_order"));
        assert_eq!(all.name_of("orders.list").as_deref(), Some("shop__orders_list"));
        assert_eq!(all.name_of(&"x".repeat(59)), None);
        let one = exposure(Some(vec!["get_order".into()]), "");
        assert_eq!(one.name_of("get_order").as_deref(), Some("get_order"));
        assert_eq!(one.name_of("list_orders"), None);
    }
}
