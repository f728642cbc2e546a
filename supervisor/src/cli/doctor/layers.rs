//! Takes the jail's steps for real, one more each time, in a child that is thrown away, and stops at the first that
//! this host refuses. Nothing is guessed from a version or a sysctl.

use crate::guest::jail::{Jail, JailError};
use guest_protocol::limits::Limits;
use jail_spec::Step;
use serde::Serialize;

/// What was found out about one layer.
#[derive(Debug, Serialize)]
pub(super) struct Layer {
    pub(super) layer: String,
    pub(super) state: State,
    /// What the kernel answered, or what refused.
    pub(super) evidence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remedy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Enforced,
    /// Given up by the profile, with a reason.
    Lowered,
    Blocked,
    /// Not reached, because a layer below it is blocked.
    Untried,
}

impl State {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Enforced => "enforced",
            Self::Lowered => "LOWERED",
            Self::Blocked => "BLOCKED",
            Self::Untried => "untried",
        }
    }

    /// Whether a guest can be run although it is so.
    pub(super) const fn holds(self) -> bool {
        matches!(self, Self::Enforced | Self::Lowered)
    }
}

/// Every layer, first to last.
pub(super) async fn examine(jail: &Jail, limits: &Limits) -> Vec<Layer> {
    let mut layers = rehearse(jail, limits).await;
    if jail.lowered_cgroup().is_some() {
        let of_leaf = layers.iter_mut().filter(|layer| ["leaf", "cgroup"].contains(&layer.layer.as_str()));
        of_leaf.filter(|layer| layer.state == State::Enforced).for_each(|layer| layer.state = State::Lowered);
    }
    layers
}

/// Where the leaf's row stands.
const LEAF: usize = 1;

async fn rehearse(jail: &Jail, limits: &Limits) -> Vec<Layer> {
    let mut layers = vec![
        enforced("image", &format!("static, sealed, sha256 {}", jail.image_digest())),
        enforced("leaf", &jail.describe_leaves()),
    ];
    for (index, step) in Step::ALL.iter().enumerate().filter(|(_, step)| **step != Step::Exec) {
        match jail.rehearse(*step).await {
            Ok(steps) => {
                let evidence =
                    steps.iter().find(|report| report.step == *step).map(|report| report.evidence.as_str());
                layers.push(enforced(step.name(), evidence.unwrap_or("taken")));
            }
            Err(error) => {
                // A leaf is made before the first step; what is wrong with it is not the step's doing.
                let first_untried = if matches!(error, JailError::Leaf(_)) {
                    layers.truncate(LEAF);
                    layers.push(refused("leaf", error));
                    index
                } else {
                    layers.push(refused(step.name(), error));
                    index + 1
                };
                let rest = Step::ALL[first_untried..].iter().filter(|step| **step != Step::Exec);
                layers.extend(rest.map(|step| untried(step.name())));
                layers.push(untried("lockdown"));
                return layers;
            }
        }
    }
    layers.push(lockdown(jail, limits).await);
    layers
}

/// The whole way: a guest that is executed, locks itself down, and is looked at from outside.
async fn lockdown(jail: &Jail, limits: &Limits) -> Layer {
    match jail.start("doctor", limits).await {
        Ok(guest) => {
            let evidence = format!(
                "{} steps taken, then the guest's own filter; seen in /proc/{}/status",
                guest.steps.len(),
                guest.pid
            );
            guest.end().await;
            enforced("lockdown", &evidence)
        }
        Err(error) => refused("lockdown", error),
    }
}

fn enforced(layer: &str, evidence: &str) -> Layer {
    Layer { layer: layer.into(), state: State::Enforced, evidence: evidence.into(), remedy: None }
}

fn untried(layer: &str) -> Layer {
    Layer {
        layer: layer.into(),
        state: State::Untried,
        evidence: "a layer below it is blocked".into(),
        remedy: None,
    }
}

/// A layer that cannot be applied here.
pub(super) fn blocked(layer: &str, evidence: &str, remedy: Option<String>) -> Layer {
    Layer { layer: layer.into(), state: State::Blocked, evidence: evidence.into(), remedy }
}

fn refused(layer: &str, error: JailError) -> Layer {
    match error {
        JailError::Step { error, remedy } => {
            blocked(layer, &format!("{} = {}", error.call, error.meaning), Some(remedy))
        }
        other => blocked(layer, &other.to_string(), None),
    }
}
