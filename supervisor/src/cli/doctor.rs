//! `oubliette doctor`: takes the jail's steps for real, one more each time, in a child that is thrown away,
//! and stops at the first that this host refuses. Nothing is guessed from a version or a sysctl.

use super::{ConfigFile, Failure, exit_code, log};
use crate::guest::jail::{Jail, JailError};
use crate::report::Blame;
use crate::supervisor;
use guest_protocol::limits::Limits;
use jail_spec::Step;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

/// What was found out about one layer.
#[derive(Debug, Serialize)]
struct Layer {
    layer: String,
    state: State,
    /// What the kernel answered, or what refused.
    evidence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Enforced,
    /// Given up by the profile, with a reason.
    Lowered,
    Blocked,
    /// Not reached, because a layer below it is blocked.
    Untried,
}

#[derive(Debug, Serialize)]
struct Diagnosis {
    ok: bool,
    kernel: String,
    user: u32,
    layers: Vec<Layer>,
}

pub(super) async fn doctor(arguments: Arguments) -> Result<ExitCode, Failure> {
    let config = arguments.config.load()?;
    let layers = match supervisor::jail(&config) {
        Ok(jail) => {
            let mut layers = examine(&jail, &config.limits).await;
            if jail.lowered_cgroup().is_some() {
                let of_leaf =
                    layers.iter_mut().filter(|layer| ["leaf", "cgroup"].contains(&layer.layer.as_str()));
                of_leaf
                    .filter(|layer| layer.state == State::Enforced)
                    .for_each(|layer| layer.state = State::Lowered);
            }
            layers
        }
        Err(error) => vec![blocked("preparation", &error.to_string(), None)],
    };
    let ok = layers.iter().all(|layer| matches!(layer.state, State::Enforced | State::Lowered));
    let user = nix::unistd::geteuid().as_raw();
    let diagnosis = Diagnosis { ok, kernel: kernel(), user, layers };
    if arguments.json {
        log::print(&serde_json::to_string(&diagnosis).map_err(Failure::internal)?);
    } else {
        print(&diagnosis);
    }
    Ok(if ok { ExitCode::SUCCESS } else { exit_code(Blame::Operator) })
}

async fn examine(jail: &Jail, limits: &Limits) -> Vec<Layer> {
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
            Err(error @ JailError::Leaf(_)) => {
                layers.retain(|layer| layer.layer != "leaf");
                layers.push(refused("leaf", error));
                layers.extend(Step::ALL[index..].iter().map(|step| untried(step.name())));
                layers.push(untried("lockdown"));
                return layers;
            }
            Err(error) => {
                layers.push(refused(step.name(), error));
                layers.extend(Step::ALL[index + 1..].iter().map(|step| untried(step.name())));
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

fn blocked(layer: &str, evidence: &str, remedy: Option<String>) -> Layer {
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

fn kernel() -> String {
    nix::sys::utsname::uname().map(|name| name.release().to_string_lossy().into_owned()).unwrap_or_default()
}

fn print(diagnosis: &Diagnosis) {
    log::print(&format!("Linux {}, uid {}", diagnosis.kernel, diagnosis.user));
    for layer in &diagnosis.layers {
        let state = match layer.state {
            State::Enforced => "enforced",
            State::Lowered => "LOWERED",
            State::Blocked => "BLOCKED",
            State::Untried => "untried",
        };
        log::print(&format!("{:<14} {state:<9} {}", layer.layer, layer.evidence));
        if let Some(remedy) = &layer.remedy {
            log::print(&format!("{:<14} remedy    {remedy}", ""));
        }
    }
    let lowered = diagnosis.layers.iter().any(|layer| layer.state == State::Lowered);
    log::print(match (diagnosis.ok, lowered) {
        (true, false) => "Every layer holds here: guests can be run.",
        (true, true) => "Guests can be run here, without the layer that the profile gives up.",
        (false, _) => "No guest will be run here.",
    });
}
