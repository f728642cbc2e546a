//! The client that the conformance suite starts for each of its scenarios: `oubliette run`, with the program that
//! `conformance/client.toml` has for it, against the server that the suite made.

use oubliette_tests::Failed;
use oubliette_tests::binaries::make_folder;
use oubliette_tests::caller::Caller;
use oubliette_tests::conformance::{ANSWER, asked_of_clients};
use oubliette_tests::invocation::{Invocation, Outcome};
use std::env::{args, current_exe, var};
use std::fs::write;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::ExitCode;

/// For a scenario that is not in the table: what every program needs first.
const CONNECT: &str = "return Object.keys(tools.suite);";
/// Long enough for whoever answers, milliseconds; one scenario's server waits for a person instead.
const CALL_MS: u32 = 10_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = args().skip(1).collect();
    let [caller, folder, url] = arguments.as_slice() else {
        eprintln!("usage: suite-client root|user FOLDER URL");
        return ExitCode::from(64);
    };
    match run(caller, Path::new(folder), url) {
        Ok(outcome) => {
            print!("{}", outcome.stdout);
            eprint!("{}", outcome.stderr);
            ExitCode::from(outcome.code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
        }
        Err(error) => {
            eprintln!("suite client: {}", error.message().unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

fn run(caller: &str, folder: &Path, url: &str) -> Result<Outcome, Failed> {
    let caller = Caller::BOTH.into_iter().find(|one| one.name() == caller).ok_or("no such caller")?;
    let scenario = var("MCP_CONFORMANCE_SCENARIO").map_err(|error| error.to_string())?;
    let rows = asked_of_clients()?;
    let code = rows.iter().find(|row| row.name == scenario).map_or(CONNECT, |row| &row.code);
    // Where the suite says what to send, the program finds it as `asked`.
    let asked = var("MCP_CONFORMANCE_CONTEXT").unwrap_or_else(|_| "null".into());

    let folder = folder.join(&scenario);
    make_folder(&folder)?;
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    chown(&folder, caller.owner(), caller.owner()).map_err(told)?;
    write(folder.join("oubliette.toml"), format!("[servers.suite]\nurl = {url:?}\ntimeout_ms = {CALL_MS}\n"))
        .map_err(told)?;
    write(folder.join("program.ts"), format!("const asked = {asked};\n{code}")).map_err(told)?;

    let oubliette = current_exe().map_err(told)?.with_file_name("oubliette");
    let arguments = ["run", "--config", "oubliette.toml", "program.ts"];
    let outcome = Invocation::new(caller, &oubliette, &arguments, &folder)?.run()?;
    let answer = if outcome.code == Some(0) { &outcome.stdout } else { &outcome.stderr };
    write(folder.join(ANSWER), answer).map_err(told)?;
    Ok(outcome)
}
