//! The supervisor: an MCP server to the agent's host, an MCP client to the upstream servers, and the only
//! process that holds connections and credentials. `cli` reads the command line and starts everything else.

#![forbid(unsafe_code)]

mod arguments;
mod attest;
mod cli;
mod config;
mod console;
mod credential;
mod demo_server;
mod ending;
mod execution;
mod gateway;
mod guest;
mod monitor;
mod report;
mod supervisor;
mod upstream;

fn main() -> std::process::ExitCode {
    cli::main()
}
