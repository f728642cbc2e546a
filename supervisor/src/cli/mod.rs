//! The command line: one file per subcommand.

mod attest;
mod check;
mod doctor;
mod finding;
mod log;
mod policy;
mod run;
mod search;
mod serve;
mod servers;
mod table;

use crate::config::{self, Config, Origin};
use crate::guest::jail::Jail;
use crate::guest::remover;
use crate::report::Blame;
use crate::supervisor::{self, StartError, Supervisor};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Runs programs that a language model wrote, in a sandbox with one opening.
///
/// Exit status: 0 success, 1 the program's fault, 2 wrong usage, 3 an upstream server's fault,
/// 4 the configuration's or the host's fault, 70 a fault of oubliette.
#[derive(Debug, Parser)]
#[command(name = "oubliette", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run one program and print its value as JSON; its log and errors go to standard error.
    Run(run::Arguments),
    /// Serve an agent's host over standard input and output (MCP), with two tools: search and execute.
    Serve(serve::Arguments),
    /// Find tools of the configured upstream servers.
    Search(search::Arguments),
    /// See, try, add and import upstream servers.
    Servers(servers::Arguments),
    /// Check a program against the tools, without running it, and list the tools it may call.
    Check(check::Arguments),
    /// Try every layer of the jail on this host, and name what blocks one and how to remove it.
    Doctor(doctor::Arguments),
    /// Compare a live guest with its profile, layer by layer, as the kernel holds it.
    ///
    /// Exit status: 0 equal, 1 something differs, 2 no such guest, 3 nothing differs but something is not proven.
    Attest(attest::Arguments),
    /// Read the profile: what a guest may do to the kernel, why, and what it is compiled to.
    Policy(policy::Arguments),
    /// Be a small shop as an MCP server on standard input and output: something to try the others on.
    DemoServer,
}

/// Which servers, limits and profile.
#[derive(Debug, Args)]
struct ConfigFile {
    /// A TOML configuration, or the mcpServers JSON of an agent's host. Without it, the file in
    /// ~/.config/oubliette or /etc/oubliette; without that, the built-in demo shop.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What a subcommand ends with when it cannot go on: a sentence, and whose fault it is.
struct Failure {
    blame: Blame,
    message: String,
}

impl Failure {
    fn operator(error: impl std::fmt::Display) -> Self {
        Self { blame: Blame::Operator, message: error.to_string() }
    }

    fn internal(error: impl std::fmt::Display) -> Self {
        Self { blame: Blame::Us, message: error.to_string() }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self { blame: error.blame(), message: error.to_string() }
    }
}

/// Parses the command line and does what it says.
pub(crate) fn main() -> ExitCode {
    // Before there is a second thread, in which the signals would not be blocked.
    if let Some(done) = remover::when_started_as_such(std::env::args_os()) {
        return done;
    }
    let cli = Cli::parse();
    log::start();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Failure::operator(format!("no threads for the runtime: {error}"))),
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Run(arguments) => run::run(arguments).await,
            Command::Serve(arguments) => serve::serve(arguments).await,
            Command::Search(arguments) => search::search(arguments).await,
            Command::Servers(arguments) => servers::servers(arguments).await,
            Command::Check(arguments) => check::check(arguments).await,
            Command::Doctor(arguments) => doctor::doctor(arguments).await,
            Command::Attest(arguments) => attest::attest(&arguments),
            Command::Policy(arguments) => policy::policy(arguments),
            Command::DemoServer => {
                crate::demo_server::serve().await.map_err(Failure::internal).map(|()| ExitCode::SUCCESS)
            }
        }
    });
    // A blocked read of standard input must not keep the process.
    runtime.shutdown_background();
    done.unwrap_or_else(|failure| fail(&failure))
}

fn fail(failure: &Failure) -> ExitCode {
    log::say(&format!("oubliette: {}", failure.message));
    exit_code(failure.blame)
}

/// Exit codes by blame, as `--help` lists them.
fn exit_code(blame: Blame) -> ExitCode {
    ExitCode::from(match blame {
        Blame::Guest => 1,
        Blame::Upstream => 3,
        Blame::Operator => 4,
        Blame::Us => 70,
    })
}

impl ConfigFile {
    fn load(&self) -> Result<Config, Failure> {
        config::load(self.config.as_deref()).map_err(Failure::operator)
    }

    /// The configuration, and the jail that it describes.
    fn jail(&self) -> Result<(Config, Jail), Failure> {
        let config = self.load()?;
        if config.origin == Origin::Demo {
            log::say("oubliette: no configuration found, so the built-in demo shop is the only server");
        }
        let jail = supervisor::jail(&config)?;
        Ok((config, jail))
    }

    /// A supervisor for this command alone.
    async fn start(&self) -> Result<Arc<Supervisor>, Failure> {
        let (config, jail) = self.jail()?;
        Ok(connect(config, jail).await)
    }
}

/// A supervisor with every upstream connected, or its failure told on standard error.
async fn connect(config: Config, jail: Jail) -> Arc<Supervisor> {
    let supervisor = Supervisor::start(config, jail).await;
    for state in supervisor.upstreams.states() {
        if let Some(error) = state.error {
            log::say(&format!("oubliette: server {:?} is not available: {error}", state.name));
        }
    }
    supervisor
}

/// Reads a program: a file, or standard input for `-`.
fn read_program(path: &std::path::Path) -> Result<String, Failure> {
    let text = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    text.map_err(|error| {
        Failure::operator(format!(
            "{}: {error}. Name a file of UTF-8 text, or - for standard input",
            path.display()
        ))
    })
}
