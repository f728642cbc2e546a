//! `oubliette policy explain`: which entries speak of a system call, why, and what becomes of it.

use super::super::table::{Table, paragraph};
use super::super::{Failure, log};
use super::call::{argument, find};
use super::{ArchChoice, ProfileChoice};
use policies::bpf::{Action, Call, Diagrams, Program, reaches, run};
use policies::{Arch, CompiledProfile, Entry, Filter, Profile, syscalls};
use serde_json::{Value, json};
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
    /// Its arguments, decimal or hexadecimal, at most six; those left out are 0.
    #[arg(value_name = "ARGUMENT", value_parser = argument, num_args = 0..=6, allow_negative_numbers = true)]
    arguments: Vec<u64>,
}

/// What is said about one call.
struct Explanation<'a> {
    profile: &'a Profile,
    arch: Arch,
    name: String,
    number: u32,
    /// What becomes of it over all arguments: in each filter, and in both.
    passes: Vec<(String, String)>,
    /// What becomes of it with the arguments asked for.
    asked: Option<Vec<(Filter, Action)>>,
    arguments: &'a [u64],
}

pub(super) fn explain(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let profile = arguments.profile.load()?;
    let arch = arguments.arch.get();
    let (name, number) = find(&arguments.call, arch)?;
    let compiled = profile.compile(arch).map_err(Failure::operator)?;
    let mut registers = [0; 6];
    registers.iter_mut().zip(&arguments.arguments).for_each(|(register, value)| *register = *value);
    let asked = match arguments.arguments.as_slice() {
        [] => None,
        _ => Some(answers(&compiled, &Call::native(arch, number, registers))?),
    };
    let passes = passes(&compiled, &name, number, arch)?;
    let arguments_asked = arguments.arguments.as_slice();
    let explanation =
        Explanation { profile: &profile, arch, name, number, passes, asked, arguments: arguments_asked };
    if arguments.json {
        log::print(&explanation.json().to_string());
    } else {
        explanation.print();
    }
    Ok(ExitCode::SUCCESS)
}

/// With which arguments the call passes: the first filter, the last, both.
fn passes(
    compiled: &CompiledProfile,
    name: &str,
    number: u32,
    arch: Arch,
) -> Result<Vec<(String, String)>, Failure> {
    let mut diagrams = Diagrams::default();
    let mut sets = Vec::new();
    for filter in Filter::ALL {
        let set = compiled.passes(&mut diagrams, filter).map_err(Failure::operator)?;
        sets.push((format!("the {}'s filter", filter.owner()), set));
    }
    sets.push(("both".into(), compiled.passes_both(&mut diagrams).map_err(Failure::operator)?));
    let mut found = Vec::new();
    for (whose, set) in sets {
        let rows = reaches(&mut diagrams, set, arch).map_err(Failure::operator)?;
        let row =
            rows.iter().find(|row| row.call == name || (row.numbers.0..=row.numbers.1).contains(&number));
        found.push((whose, row.map_or("never".into(), |row| row.conditions())));
    }
    Ok(found)
}

fn answers(compiled: &CompiledProfile, call: &Call) -> Result<Vec<(Filter, Action)>, Failure> {
    let answer = |filter| {
        let program = Program::new(compiled.filter(filter)).map_err(Failure::operator)?;
        Ok((filter, Action::of(run(&program, call))))
    };
    Filter::ALL.into_iter().map(answer).collect()
}

impl Explanation<'_> {
    /// What the document says of the call: filter, entry, reason.
    fn entries(&self) -> Vec<(Filter, String, &str)> {
        let mut found = Vec::new();
        let (newest, why) = self.profile.newest();
        if self.is_above_newest() {
            found.push((Filter::First, format!("kills every call above {newest}"), why));
        }
        let lists = [
            (Filter::First, "kills", self.profile.jailer_entries()),
            (Filter::Last, "allows", self.profile.guest_entries()),
        ];
        for (filter, verb, entries) in lists {
            for entry in entries.iter().filter(|entry| self.is_in(entry)) {
                let what = format!("{verb} {}", entry.describe_one(&self.name));
                found.push((filter, what, entry.why.get_ref().as_str()));
            }
        }
        found
    }

    fn is_in(&self, entry: &Entry) -> bool {
        entry.is_for(self.arch) && entry.calls.iter().any(|call| *call.get_ref() == self.name)
    }

    /// Whether nothing of the call is left to what the filter does otherwise.
    fn is_decided_by(&self, filter: Filter) -> bool {
        let entries = match filter {
            Filter::First => self.profile.jailer_entries(),
            Filter::Last => self.profile.guest_entries(),
        };
        let ceiling = filter == Filter::First && self.is_above_newest();
        ceiling || entries.iter().any(|entry| entry.when.is_empty() && self.is_in(entry))
    }

    fn is_above_newest(&self) -> bool {
        syscalls::number(self.profile.newest().0, self.arch).is_some_and(|newest| self.number > newest)
    }

    fn json(&self) -> Value {
        let entry = |(filter, what, why): (Filter, String, &str)| json!({ "filter": filter, "owner": filter.owner(), "what": what, "why": why });
        let answer = |(filter, action): &(Filter, Action)| json!({ "filter": filter, "owner": filter.owner(), "action": action.to_string() });
        json!({
            "call": self.name,
            "number": self.number,
            "arch": self.arch.name(),
            "profile": self.profile.name(),
            "entries": self.entries().into_iter().map(entry).collect::<Vec<_>>(),
            "passes": { "first": self.passes[0].1, "last": self.passes[1].1, "both": self.passes[2].1 },
            "asked": self.asked.as_ref().map(|asked| json!({
                "arguments": self.arguments,
                "answers": asked.iter().map(answer).collect::<Vec<_>>(),
                "allowed": allowed(asked),
            })),
        })
    }

    fn print(&self) {
        let (name, number, arch) = (&self.name, self.number, self.arch.name());
        log::print(&format!("{name}, number {number} on {arch}, in profile {}", self.profile.name()));
        log::print("");
        let mut entries = Table::new(["filter", "entry", "why"]);
        let found = self.entries();
        for filter in Filter::ALL {
            for (_, what, why) in found.iter().filter(|(of, _, _)| *of == filter) {
                entries.row([filter.owner(), what, why]);
            }
            if !self.is_decided_by(filter) {
                entries.row([filter.owner(), otherwise(filter), "no entry matches"]);
            }
        }
        log::print(&entries.to_string());
        log::print("");
        let mut passes = Table::new(["it passes", "with"]);
        for (whose, conditions) in &self.passes {
            passes.row([whose, conditions]);
        }
        log::print(&passes.to_string());
        if let Some(asked) = &self.asked {
            log::print("");
            log::print(&paragraph(&self.answer(asked)));
        }
    }

    fn answer(&self, asked: &[(Filter, Action)]) -> String {
        let values: Vec<String> = self.arguments.iter().map(|value| format!("{value:#x}")).collect();
        let said: Vec<String> = asked
            .iter()
            .map(|(filter, action)| format!("the {}'s filter says {action}", filter.owner()))
            .collect();
        let end = if allowed(asked) { "The kernel carries it out" } else { "The guest ends" };
        format!("{}({}): {}. {end}.", self.name, values.join(", "), said.join(", "))
    }
}

/// The strictest of the answers counts (seccomp(2)).
fn allowed(asked: &[(Filter, Action)]) -> bool {
    asked.iter().all(|(_, action)| *action == Action::Allow)
}

const fn otherwise(filter: Filter) -> &'static str {
    match filter {
        Filter::First => "lets it through",
        Filter::Last => "kills the process",
    }
}
