//! `oubliette policy simulate`: what becomes of a call, for these arguments or for all, and which layer says no.

use super::super::table::Table;
use super::super::{Failure, log};
use super::call::{argument, find};
use super::{ArchChoice, ProfileChoice};
use policies::{Answer, Argument, Filter, Simulation, simulate as ask};
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    profile: ProfileChoice,
    #[command(flatten)]
    arch: ArchChoice,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
    /// The system call, by name or number.
    call: String,
    /// Its arguments, decimal or hexadecimal, at most six; `any` stands for every value, as do those left out.
    #[arg(value_name = "ARGUMENT", value_parser = known, num_args = 0..=6, allow_negative_numbers = true)]
    arguments: Vec<Argument>,
}

fn known(text: &str) -> Result<Argument, String> {
    if text == "any" { Ok(Argument::Any) } else { argument(text).map(Argument::Known) }
}

pub(super) fn simulate(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let profile = arguments.profile.load()?;
    let arch = arguments.arch.get();
    let (_, number) = find(&arguments.call, arch)?;
    let compiled = profile.compile(arch).map_err(Failure::operator)?;
    let mut all = [Argument::Any; 6];
    all.iter_mut().zip(&arguments.arguments).for_each(|(one, given)| *one = *given);
    let simulation = ask(&compiled, arch, number, all).map_err(Failure::operator)?;
    if arguments.json {
        log::print(&json!({ "arch": arch, "arguments": all, "simulation": simulation }).to_string());
    } else {
        let call = format!("{}({})", simulation.call, texts(&arguments.arguments));
        log::print(&format!("{call} on {}, in profile {}", arch.name(), profile.name()));
        log::print("");
        print(&simulation);
    }
    Ok(ExitCode::SUCCESS)
}

fn texts(arguments: &[Argument]) -> String {
    let text = |argument: &Argument| match argument {
        Argument::Known(value) => format!("{value:#x}"),
        Argument::Any => "any".to_owned(),
    };
    let mut texts: Vec<String> = arguments.iter().map(text).collect();
    if texts.len() < 6 {
        texts.push("any, ...".to_owned());
    }
    texts.join(", ")
}

fn print(simulation: &Simulation) {
    let mut table = Table::new(["layer", "answer", "because"]);
    let filters = [(Filter::First, &simulation.first), (Filter::Last, &simulation.last)];
    for (filter, answer) in filters {
        let (answer, because) = words(answer);
        table.row([format!("{filter} filter ({}'s)", filter.owner()), answer.into(), because]);
    }
    for backing in &simulation.behind {
        let because = format!("{} (shown by {})", backing.why, backing.attack);
        table.row([format!("{}, behind them", backing.layer), backing.answer.clone(), because]);
    }
    log::print(&table.to_string());
    log::print("");
    log::print(match &simulation.both {
        Answer::Allowed => "The kernel carries it out.",
        Answer::Killed => "The process ends, whatever is in the arguments that are not given.",
        Answer::Depends(_) => {
            "The kernel carries it out with some arguments only; otherwise the process ends."
        }
    });
    if simulation.behind.is_empty() && simulation.both != Answer::Allowed {
        log::print("No layer behind the filters is known to stop it.");
    }
}

fn words(answer: &Answer) -> (&'static str, String) {
    match answer {
        Answer::Allowed => ("allowed", "for all arguments asked about".into()),
        Answer::Killed => ("killed", "for all arguments asked about".into()),
        Answer::Depends(conditions) => ("depends", format!("allowed with {conditions}")),
    }
}
