//! `oubliette policy`: what the profile says, what it comes to, and how it compares. One file per question.

mod call;
mod check;
mod compare;
mod diff;
mod disasm;
mod explain;
mod hash;
mod show;
mod simulate;
mod verify;

use super::Failure;
use crate::config::{self, Origin};
use clap::{Args, Subcommand};
use policies::{Arch, Profile};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the whole profile: every layer, what it allows or takes away, and why.
    Show(show::Arguments),
    /// Check profiles without using them; every fault with its place and its remedy.
    Check(check::Arguments),
    /// Say which entries speak of a system call, why, and what becomes of it.
    Explain(explain::Arguments),
    /// Compare what the profile leaves reachable with well-known sandboxes.
    Compare(compare::Arguments),
    /// Prove that the compiled filters are exactly what the profile declares, for every call there can be.
    Verify(verify::Arguments),
    /// Say what becomes of a call, for these arguments or for all, and which layer says no.
    Simulate(simulate::Arguments),
    /// Say what one profile permits and another does not; exit status 1 when the second permits more.
    Diff(diff::Arguments),
    /// Print a compiled filter, instruction by instruction.
    Disasm(disasm::Arguments),
    /// Print the digests of the profile and of everything that is made from it.
    Hash(hash::Arguments),
}

pub(super) fn policy(arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.command {
        Command::Show(arguments) => show::show(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Verify(arguments) => verify::verify(&arguments),
        Command::Simulate(arguments) => simulate::simulate(&arguments),
        Command::Diff(arguments) => diff::diff(&arguments),
        Command::Disasm(arguments) => disasm::disasm(&arguments),
        Command::Hash(arguments) => hash::hash(&arguments),
    }
}

/// Exit status where something was found, or permits more.
const FOUND: u8 = 1;

/// A profile by its file, or the built-in one by its name.
fn named(name: &str) -> Result<Profile, Failure> {
    match name {
        "default" => Profile::builtin().map_err(Failure::internal),
        file => Profile::load(Path::new(file)).map_err(Failure::operator),
    }
}

/// Which profile is spoken of.
#[derive(Debug, Args)]
struct ProfileChoice {
    /// A profile; `default` is the built-in one. Without it the one that the configuration names; without that the
    /// built-in one.
    #[arg(long, value_name = "FILE")]
    profile: Option<String>,
    /// The configuration that names the profile; without it the one in the usual place.
    #[arg(long, value_name = "FILE", conflicts_with = "profile")]
    config: Option<PathBuf>,
}

impl ProfileChoice {
    fn load(&self) -> Result<Profile, Failure> {
        if let Some(name) = &self.profile {
            return named(name);
        }
        let config = config::load(self.config.as_deref()).map_err(Failure::operator)?;
        match (&config.origin, &config.profile) {
            (Origin::File(_), Some(path)) => Profile::load(path).map_err(Failure::operator),
            _ => Profile::builtin().map_err(Failure::internal),
        }
    }
}

/// For which architecture a profile is compiled.
#[derive(Debug, Args)]
struct ArchChoice {
    /// x86_64 or aarch64; without it the one of this host.
    #[arg(long, value_name = "ARCH", value_parser = parse_arch)]
    arch: Option<Arch>,
}

impl ArchChoice {
    fn get(&self) -> Arch {
        self.arch.unwrap_or(Arch::current())
    }
}

fn parse_arch(name: &str) -> Result<Arch, String> {
    Arch::ALL
        .into_iter()
        .find(|arch| arch.name() == name)
        .ok_or_else(|| format!("one of {}", Arch::ALL.map(Arch::name).join(", ")))
}
