//! What a server has besides tools: resources and prompts (MCP 2025-11-25, server/resources, server/prompts), and
//! how a program asks for them.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What a server declared that it has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offers {
    /// `resources/list`, `resources/templates/list`, `resources/read`.
    pub resources: bool,
    /// `prompts/list`, `prompts/get`.
    pub prompts: bool,
}

/// One question to one server. It counts as a tool call, under the method's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The server's original name.
    pub server: String,
    /// What is asked.
    pub asked: Asked,
}

/// What is asked: a method of MCP, and what goes with it. Lists are answered with [`Entries`], all pages of them;
/// the two others with the server's result as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", deny_unknown_fields)]
pub enum Asked {
    /// All resources.
    #[serde(rename = "resources/list")]
    Resources,
    /// All templates of resources.
    #[serde(rename = "resources/templates/list")]
    Templates,
    /// What one resource holds.
    #[serde(rename = "resources/read")]
    Resource {
        /// Which one.
        uri: String,
    },
    /// All prompts.
    #[serde(rename = "prompts/list")]
    Prompts,
    /// One prompt, filled in.
    #[serde(rename = "prompts/get")]
    Prompt {
        /// Which one.
        name: String,
        /// What it is filled in with; MCP knows only strings here.
        arguments: BTreeMap<String, String>,
    },
}

/// A kind of what a server may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// Resources and their templates.
    Resources,
    /// Prompts.
    Prompts,
}

/// Every method that can be asked, and what it is of.
pub const ASKABLE: [(&str, Offer); 5] = [
    ("resources/list", Offer::Resources),
    ("resources/templates/list", Offer::Resources),
    ("resources/read", Offer::Resources),
    ("prompts/list", Offer::Prompts),
    ("prompts/get", Offer::Prompts),
];

impl Asked {
    /// The method's name in MCP: in records and grants it stands where a tool's name does.
    #[must_use]
    pub fn method(&self) -> &'static str {
        let [resources, templates, resource, prompts, prompt] = ASKABLE;
        match self {
            Self::Resources => resources.0,
            Self::Templates => templates.0,
            Self::Resource { .. } => resource.0,
            Self::Prompts => prompts.0,
            Self::Prompt { .. } => prompt.0,
        }
    }

    /// What it is of.
    #[must_use]
    pub fn offer(&self) -> Offer {
        match self {
            Self::Resources | Self::Templates | Self::Resource { .. } => Offer::Resources,
            Self::Prompts | Self::Prompt { .. } => Offer::Prompts,
        }
    }
}

impl Offer {
    /// As in `resources.list`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Resources => "resources",
            Self::Prompts => "prompts",
        }
    }
}

impl Offers {
    /// Whether it is among them.
    #[must_use]
    pub fn has(self, offer: Offer) -> bool {
        match offer {
            Offer::Resources => self.resources,
            Offer::Prompts => self.prompts,
        }
    }
}

/// The entries of a list, each as the server sent it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entries<'a> {
    /// All of them, in the server's order.
    #[serde(borrow)]
    pub entries: Vec<&'a RawValue>,
    /// What was left out, and why, for a model to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::{ASKABLE, Asked};
    use std::collections::BTreeMap;

    #[test]
    fn a_method_is_called_the_same_in_a_frame_and_in_a_record() {
        let all = [
            Asked::Resources,
            Asked::Templates,
            Asked::Resource { uri: "a:b".into() },
            Asked::Prompts,
            Asked::Prompt { name: "p".into(), arguments: BTreeMap::new() },
        ];
        for (asked, (name, offer)) in all.iter().zip(ASKABLE) {
            let frame = serde_json::to_value(asked).unwrap_or_default();
            assert_eq!((frame["method"].as_str(), asked.method()), (Some(name), name));
            assert_eq!(asked.offer(), offer);
            assert_eq!(serde_json::from_value::<Asked>(frame).ok().as_ref(), Some(asked));
        }
    }
}
