//! The official conformance suite against the gateway, as a server over HTTP, in both eras.
//!
//! `server/…` is the gateway's own surface; in `direct/…` an upstream server with the suite's tools stands behind it,
//! which are exposed as they are: so their scenarios go through both legs.
//!
//! What is not expected to pass stands in `server-REVISION.yml` and `direct-REVISION.yml`, each line with its reason; a line that passes
//! nevertheless is an error too.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::binaries::workspace;
use oubliette_tests::needs::Need;
use oubliette_tests::served::Served;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, conformance, ensure};
use std::process::ExitCode;

const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

fn main() -> Result<ExitCode, Failed> {
    let mut trials = Trials::new()?;
    for revision in REVISIONS {
        trials
            .both(&format!("server/{revision}"), &[Need::Conformance], move |bench| server(bench, revision));
        trials
            .both(&format!("direct/{revision}"), &[Need::Conformance], move |bench| direct(bench, revision));
    }
    trials.once("every exception has its reason", &[], reasons);
    Ok(trials.run())
}

const WAYS: [&str; 2] = ["server", "direct"];

fn baseline(way: &str, revision: &str) -> String {
    format!("conformance/{way}-{revision}.yml")
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
    let baseline = workspace().join("tests").join(baseline);
    let url = served.at.replace("127.0.0.1", "localhost");
    suite.server(&url, revision, &baseline, &bench.folder.join("results"))?;
    served.stop().map(|_| ())
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
