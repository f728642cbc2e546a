//! The layers behind the filters, as data: `layers.toml` says what each answers, and which attack shows it.

use serde::{Deserialize, Serialize};

const LAYERS: &str = include_str!("../../layers.toml");

/// What a layer behind the filters answers to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backing {
    /// Which layer: a step of the jail.
    pub layer: String,
    /// The error number's name.
    pub answer: String,
    /// Why.
    pub why: String,
    /// The attack of the containment suite that shows it.
    pub attack: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layers {
    class: Vec<Class>,
}

/// Calls that the layers answer alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    calls: Vec<String>,
    #[serde(default)]
    behind: Vec<Backing>,
}

fn layers() -> Result<Layers, toml::de::Error> {
    toml::from_str(LAYERS)
}

/// The layers that answer a call when no filter does; none where only the filters stop it, or where nothing was
/// measured.
pub(super) fn behind(call: &str) -> Vec<Backing> {
    let classes = layers().map(|layers| layers.class).unwrap_or_default();
    classes
        .into_iter()
        .filter(|class| class.calls.iter().any(|one| one == call))
        .flat_map(|class| class.behind)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::layers;
    use crate::syscalls;
    use jail_spec::Step;
    use std::collections::BTreeSet;

    #[test]
    fn every_call_exists_and_stands_once_and_every_layer_is_a_step() {
        let mut seen = BTreeSet::new();
        for class in layers().unwrap().class {
            for call in class.calls {
                assert!(
                    crate::Arch::ALL.into_iter().any(|arch| syscalls::number(&call, arch).is_some()),
                    "{call}"
                );
                assert!(seen.insert(call.clone()), "{call} stands twice");
            }
            for backing in class.behind {
                assert!(Step::ALL.iter().any(|step| step.name() == backing.layer), "{}", backing.layer);
                assert!(
                    backing.answer.starts_with('E') && !backing.why.is_empty() && !backing.attack.is_empty()
                );
            }
        }
    }
}
