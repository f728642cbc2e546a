//! The official conformance suite against the gateway, as a server over HTTP, in both eras.
//!
//! What is not expected to pass stands in `server-REVISION.yml`, each line with its reason; a line that passes
//! nevertheless is an error too.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::binaries::workspace;
use oubliette_tests::needs::Need;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, conformance, ensure};
use std::process::ExitCode;

const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

fn main() -> Result<ExitCode, Failed> {
    let mut trials = Trials::new()?;
    for revision in REVISIONS {
        trials.both(&format!("server/{revision}"), &[Need::Conformance], move |bench| server(bench, revision));
    }
    trials.once("every exception has its reason", &[], reasons);
    Ok(trials.run())
}

fn baseline(revision: &str) -> String {
    format!("conformance/server-{revision}.yml")
}

fn server(bench: &Bench, revision: &str) -> Verdict {
    let suite = conformance::installed().as_ref().map_err(Clone::clone)?;
    let served = bench.serve_http("")?;
    let baseline = workspace().join("tests").join(baseline(revision));
    let url = served.at.replace("127.0.0.1", "localhost");
    suite.server(&url, revision, &baseline, &bench.folder.join("results"))?;
    served.stop().map(|_| ())
}

fn reasons() -> Verdict {
    for revision in REVISIONS {
        let text = read(&baseline(revision))?;
        let entries = text.lines().filter(|line| line.trim_start().starts_with("- "));
        let unexplained: Vec<&str> = entries.filter(|line| !line.contains(" # ")).collect();
        ensure!(unexplained.is_empty(), "{revision}: without a reason: {unexplained:?}");
    }
    Ok(())
}
