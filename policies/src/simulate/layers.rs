//! The layers behind the filters, as data: `layers.toml` says what each answers, and which attack shows it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const LAYERS: &str = include_str!("../../layers.toml");

/// What a layer behind the filters answers to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backing {
    /// Which layer: a step of the jail.
    pub layer: String,
    /// The error number's name.
    pub answer: String,
    /// Why.
    pub why: String,
    /// The attack of the containment suite that shows it: its group and name.
    pub attack: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layers {
    class: Vec<Class>,
}

/// Calls that the layers answer alike, each with the attack that shows it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    shown: BTreeMap<String, String>,
    behind: Vec<Layer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layer {
    layer: String,
    answer: String,
    why: String,
}

fn layers() -> Result<Layers, toml::de::Error> {
    toml::from_str(LAYERS)
}

/// The layers that answer a call when no filter does; none where only the filters stop it. The data is part of the
/// program, and a test reads it: where it could not be read, nothing would be claimed.
pub(super) fn behind(call: &str) -> Vec<Backing> {
    let classes = layers().map(|layers| layers.class).unwrap_or_default();
    let mut found = Vec::new();
    for class in classes {
        let Some(attack) = class.shown.get(call) else { continue };
        found.extend(class.behind.into_iter().map(|Layer { layer, answer, why }| Backing {
            layer,
            answer,
            why,
            attack: attack.clone(),
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::layers;
    use crate::{Arch, syscalls};
    use jail_spec::Step;
    use std::collections::BTreeSet;

    #[test]
    fn every_call_exists_and_stands_once_and_every_layer_is_a_step() {
        let mut seen = BTreeSet::new();
        for class in layers().unwrap().class {
            for call in class.shown.into_keys() {
                assert!(Arch::ALL.into_iter().any(|arch| syscalls::number(&call, arch).is_some()), "{call}");
                assert!(seen.insert(call.clone()), "{call} stands twice");
            }
            for layer in class.behind {
                assert!(Step::ALL.iter().any(|step| step.name() == layer.layer), "{}", layer.layer);
                assert!(layer.answer.starts_with('E') && !layer.why.is_empty());
            }
        }
    }
}
