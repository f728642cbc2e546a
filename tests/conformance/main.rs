//! The official conformance suite against the gateway over HTTP, in both eras: as a server, and as a client.
//!
//! `server/…` is the gateway's own surface; in `direct/…` an upstream server with the suite's tools stands behind it,
//! which are exposed as they are: so their scenarios go through both legs. In `client/…` the suite's servers are the
//! upstream, and programs call them (`client.toml`).
//!
//! What is not expected to pass stands in `WAY-REVISION.yml`, each line with its reason; a line that passes
//! nevertheless is an error too.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::binaries::workspace;
use oubliette_tests::conformance::{ANSWER, asked_of_clients};
use oubliette_tests::needs::Need;
use oubliette_tests::served::Served;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, conformance, ensure};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

fn main() -> Result<ExitCode, Failed> {
    let mut trials = Trials::new()?;
    for revision in REVISIONS {
        trials
            .both(&format!("server/{revision}"), &[Need::Conformance], move |bench| server(bench, revision));
        trials
            .both(&format!("direct/{revision}"), &[Need::Conformance], move |bench| direct(bench, revision));
        trials
            .both(&format!("client/{revision}"), &[Need::Conformance], move |bench| client(bench, revision));
    }
    trials.once("every exception has its reason", &[], reasons);
    Ok(trials.run())
}

const WAYS: [&str; 3] = ["server", "direct", "client"];

fn baseline(way: &str, revision: &str) -> String {
    format!("conformance/{way}-{revision}.yml")
}

fn in_tests(path: &str) -> PathBuf {
    workspace().join("tests").join(path)
}

fn server(bench: &Bench, revision: &str) -> Verdict {
    judge(bench, bench.serve_http("")?, &baseline("server", revision), revision)
}

fn direct(bench: &Bench, revision: &str) -> Verdict {
    let fixture = bench.binary("fixture-upstream")?;
    let exposed = format!("[servers.fixture]\ncommand = {fixture:?}\nexpose = {{ prefix = \"\" }}\n");
    judge(bench, bench.serve_http(&exposed)?, &baseline("direct", revision), revision)
}

fn judge(bench: &Bench, served: Served, baseline: &str, revision: &str) -> Verdict {
    let suite = conformance::installed().as_ref().map_err(Clone::clone)?;
    let url = served.at.replace("127.0.0.1", "localhost");
    suite.server(&url, revision, &in_tests(baseline), &bench.folder.join("results"))?;
    served.stop().map(|_| ())
}

fn client(bench: &Bench, revision: &str) -> Verdict {
    // All scenarios of a revision run at the same time; more at once, and they would wait for a processor.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let suite = conformance::installed().as_ref().map_err(Clone::clone)?;
    let command = format!("{:?} {} {:?}", bench.binary("suite-client")?, bench.caller.name(), bench.folder);
    let baseline = in_tests(&baseline("client", revision));
    suite.client(&command, revision, &baseline, &bench.folder.join("results"))?;
    for asked in asked_of_clients()?.iter().filter(|asked| asked.revisions.iter().any(|one| one == revision))
    {
        let answer = bench.folder.join(&asked.name).join(ANSWER);
        let answer = fs::read_to_string(answer).map_err(|error| format!("{}: {error}", asked.name))?;
        let value: Value =
            serde_json::from_str(&asked.value).map_err(|error| format!("{}: {error}", asked.name))?;
        ensure!(serde_json::from_str(&answer).is_ok_and(|is: Value| is == value), "{}: {answer}", asked.name);
    }
    Ok(())
}

fn reasons() -> Verdict {
    for (way, revision) in WAYS.into_iter().flat_map(|way| REVISIONS.map(|revision| (way, revision))) {
        let text = read(&baseline(way, revision))?;
        let entries = text.lines().filter(|line| line.trim_start().starts_with("- "));
        let unexplained: Vec<&str> = entries.filter(|line| !line.contains(" # ")).collect();
        ensure!(unexplained.is_empty(), "{way} {revision}: without a reason: {unexplained:?}");
    }
    Ok(())
}
