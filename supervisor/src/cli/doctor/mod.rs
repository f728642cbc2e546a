//! `oubliette doctor`: what holds on this host, what does not, what stands in the way, and what this kind of host
//! needs.

mod host;
mod layers;

use super::table::{Table, paragraph};
use super::{ConfigFile, Failure, exit_code, log};
use crate::guest::tier::Tier;
use crate::report::Blame;
use crate::supervisor;
use layers::{Layer, blocked, examine};
use policies::Host;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
    /// Print what every kind of host needs, and try nothing.
    #[arg(long)]
    hosts: bool,
}

#[derive(Debug, Serialize)]
struct Diagnosis {
    ok: bool,
    /// How guests are held here; nothing where none can be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<Tier>,
    kernel: String,
    distribution: String,
    user: u32,
    layers: Vec<Layer>,
    /// What is so on this host, is no layer, and matters to whoever relies on them.
    notes: Vec<String>,
    /// What hosts like this one need, for a layer that is blocked.
    hosts: Vec<Host>,
}

pub(super) async fn doctor(arguments: Arguments) -> Result<ExitCode, Failure> {
    let known = policies::hosts().map_err(Failure::internal)?;
    if arguments.hosts {
        show(arguments.json, &known, || hosts_table(&known))?;
        return Ok(ExitCode::SUCCESS);
    }
    let diagnosis = diagnose(&arguments.config, known).await?;
    show(arguments.json, &diagnosis, || describe(&diagnosis))?;
    Ok(if diagnosis.ok { ExitCode::SUCCESS } else { exit_code(Blame::Operator) })
}

async fn diagnose(config: &ConfigFile, known: Vec<Host>) -> Result<Diagnosis, Failure> {
    let config = config.load()?;
    let (layers, tier) = match supervisor::jail(&config) {
        Ok(jail) => (examine(&jail, &config.limits).await, Some(jail.tier())),
        Err(error) => (vec![blocked("preparation", &error.to_string(), None)], None),
    };
    let ok = layers.iter().all(|layer| layer.state.holds());
    let here = host::Here::look();
    Ok(Diagnosis {
        ok,
        tier: tier.filter(|_| ok),
        kernel: host::kernel(),
        distribution: here.name.clone(),
        user: nix::unistd::geteuid().as_raw(),
        layers,
        notes: host::notes(),
        hosts: here.needs(known),
    })
}

fn show<T: Serialize + ?Sized>(json: bool, value: &T, text: impl Fn() -> String) -> Result<(), Failure> {
    if json {
        log::print(&serde_json::to_string(value).map_err(Failure::internal)?);
    } else {
        log::print(&text());
    }
    Ok(())
}

fn describe(diagnosis: &Diagnosis) -> String {
    let Diagnosis { kernel, distribution, user, .. } = diagnosis;
    let mut table = Table::new(["layer", "state", "evidence"]);
    for layer in &diagnosis.layers {
        table.row([layer.layer.as_str(), layer.state.name(), &layer.evidence]);
        if let Some(remedy) = &layer.remedy {
            table.row(["", "remedy", remedy]);
        }
    }
    let mut parts = vec![format!("Linux {kernel}, {distribution}, uid {user}\n\n{table}")];
    parts.extend(diagnosis.notes.iter().map(|note| paragraph(&format!("Note: {note}"))));
    if !diagnosis.ok && diagnosis.hosts.iter().any(|host| !host.needs.is_empty()) {
        parts.push(format!("What a host like this needs:\n\n{}", hosts_table(&diagnosis.hosts)));
    }
    parts.push(match diagnosis.tier {
        Some(tier) => {
            paragraph(&format!("Guests can be run here. Tier {}: {}.", tier.name(), tier.meaning()))
        }
        None => "No guest will be run here.".into(),
    });
    parts.join("\n\n")
}

fn hosts_table(hosts: &[Host]) -> String {
    let mut table = Table::new(["host", "needs", "because", "how"]);
    for host in hosts {
        let seen = if host.seen { "tests have run there" } else { "not tried by us" };
        let name = format!("{} ({seen}; {})", host.name, host.source);
        if host.needs.is_empty() {
            table.row([name.as_str(), "nothing more", "", ""]);
        }
        for (index, need) in host.needs.iter().enumerate() {
            table.row([if index == 0 { &name } else { "" }, &need.what, &need.why, &need.how]);
        }
    }
    table.to_string()
}
