//! A host that forbids something: installs one seccomp filter, given as seccompiler's JSON, then executes the rest of
//! its arguments under it. What the filter refuses it refuses to all that is started from there.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(filter), Some(program)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: outer-filter JSON PROGRAM [ARGUMENT...]");
        return ExitCode::from(64);
    };
    if let Err(error) = install(&filter.to_string_lossy()) {
        eprintln!("outer filter: {error}");
        return ExitCode::FAILURE;
    }
    let error = Command::new(&program).args(arguments).exec();
    eprintln!("outer filter: {}: {error}", program.display());
    ExitCode::FAILURE
}

fn install(json: &str) -> Result<(), String> {
    let architecture = std::env::consts::ARCH.try_into().map_err(|error| format!("{error}"))?;
    let programs = seccompiler::compile_from_json(json.as_bytes(), architecture);
    for program in programs.map_err(|error| error.to_string())?.values() {
        seccompiler::apply_filter(program).map_err(|error| error.to_string())?;
    }
    Ok(())
}
