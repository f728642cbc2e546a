//! Remote servers that answer `server/discover`, the probe for their era, as nobody expects.

use oubliette_tests::bench::Bench;
use oubliette_tests::gateway::Gateway;
use oubliette_tests::remote::{Asked, Remote, legacy, modern, respond, result, tools};
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::json;
use std::io;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) fn add(trials: &mut Trials) {
    trials.both("remote/the probe is answered with an empty result", &[], empty);
    trials.both("remote/the probe is refused once", &[], refused_once);
    trials.both("remote/the probe is refused each time", &[], refused_always);
}

fn serve(bench: &Bench, remote: &Remote) -> Result<Gateway, Failed> {
    bench.serve(&bench.config(&format!("[servers.far]\nurl = {:?}\n", remote.url()))?)
}

fn echo(bench: &Bench, remote: &Remote) -> Verdict {
    let mut gateway = serve(bench, remote)?;
    let report = gateway.execute("return (await tools.far.echo({ value: 5 })).value")?;
    ensure!(report["value"] == 5, "{report:.2000}");
    gateway.close().map(|_| ())
}

fn empty(bench: &Bench) -> Verdict {
    let remote = Remote::start(|asked, out| match asked.method() {
        "server/discover" => result(asked, out, &json!({})),
        _ => legacy(asked, out, &tools(&["echo"])),
    })?;
    echo(bench, &remote)?;
    ensure!(remote.asked_for("initialize").len() == 1, "{:?}", remote.asked());
    Ok(())
}

fn refused_once(bench: &Bench) -> Verdict {
    let refused = AtomicBool::new(false);
    let remote = Remote::start(move |asked, out| match asked.method() {
        "server/discover" if !refused.swap(true, Ordering::Relaxed) => refuse_revision(asked, out),
        _ => modern(asked, out, &tools(&["echo"])),
    })?;
    echo(bench, &remote)?;
    ensure!(remote.asked_for("server/discover").len() == 2, "{:?}", remote.asked());
    ensure!(remote.asked_for("initialize").is_empty(), "{:?}", remote.asked());
    Ok(())
}

fn refused_always(bench: &Bench) -> Verdict {
    let remote = Remote::start(refuse_revision)?;
    let mut gateway = serve(bench, &remote)?;
    let listed = gateway.call("search", &json!({ "query": "" }))?;
    ensure!(listed["unavailable"].to_string().contains("(2026-07-28), and refuses them"), "{listed}");
    gateway.close().map(|_| ())
}

/// Refuses the revision of every request, and names the same as supported.
fn refuse_revision(asked: &Asked, out: &mut TcpStream) -> io::Result<()> {
    let data = json!({ "supported": ["2026-07-28"], "requested": "2026-07-28" });
    let error = json!({ "code": -32022, "message": "unsupported", "data": data });
    let answer = json!({ "jsonrpc": "2.0", "id": asked.body["id"], "error": error });
    respond(out, "400 Bad Request", "application/json", "", &answer.to_string())
}
