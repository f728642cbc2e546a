//! `oubliette policy disasm`: a compiled filter, instruction by instruction.

use super::super::{Failure, log};
use super::{ArchChoice, ProfileChoice};
use policies::Filter;
use policies::bpf::disassemble;
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    profile: ProfileChoice,
    #[command(flatten)]
    arch: ArchChoice,
    /// first (the jailer's) or last (the guest's).
    #[arg(long, value_name = "FILTER", default_value = "last", value_parser = parse)]
    filter: Filter,
    /// Print the instructions as JSON: code, jt, jf, k.
    #[arg(long)]
    json: bool,
}

fn parse(name: &str) -> Result<Filter, String> {
    Filter::ALL
        .into_iter()
        .find(|filter| filter.name() == name)
        .ok_or_else(|| format!("one of {}", Filter::ALL.map(Filter::name).join(", ")))
}

pub(super) fn disasm(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let profile = arguments.profile.load()?;
    let arch = arguments.arch.get();
    let compiled = profile.compile(arch).map_err(Failure::operator)?;
    let filter = compiled.filter(arguments.filter);
    if arguments.json {
        log::print(&json!({ "arch": arch, "filter": arguments.filter, "instructions": filter }).to_string());
    } else {
        log::print("      code  jt  jf k         meaning");
        disassemble(filter, arch).map_err(Failure::internal)?.iter().for_each(|line| log::print(line));
    }
    Ok(ExitCode::SUCCESS)
}
