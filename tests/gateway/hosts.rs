//! Several hosts at once: nobody's run, cancellation, session or load is anybody else's.

use super::http::host;
use oubliette_tests::bench::Bench;
use oubliette_tests::http::Host;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any trial may wait for something that ought to be immediate.
const SOON: Duration = Duration::from_secs(15);
/// A run that goes on until it is ended from outside, an upstream call in it open.
const LONG: &str = "setInterval(() => {}, 1000); await tools.scripted.slow({ ms: 60000 });";

pub(super) fn add(trials: &mut Trials) {
    trials.both("hosts/at the same time", &[], together);
    trials.both("hosts/a cancelled run is nobody else's", &[], cancelled);
    trials.both("hosts/hanging up ends a run", &[], hung_up);
    trials.both("hosts/the end of a session ends its runs", &[], session_ended);
    trials.both("hosts/progress while a run lasts", &[], progress);
    trials.both("hosts/a loud one does not keep a quiet one waiting", &[], fair);
}

pub(super) fn wait_for(mut condition: impl FnMut() -> bool, what: &str) -> Verdict {
    let begun = Instant::now();
    while !condition() {
        ensure!(begun.elapsed() < SOON, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn execute(code: &str) -> Value {
    json!({ "name": "execute", "arguments": { "code": code } })
}

/// What the upstream server counted: `calls` that were cancelled, slow ones that are `open`.
fn counted(host: &Host, what: &str) -> Result<u64, Failed> {
    let report =
        host.clone().execute_modern(&format!("return (await tools.scripted.cancelled({{}})).{what}"))?;
    report["value"].as_u64().ok_or_else(|| format!("{report}").into())
}

fn wait_for_calls(host: &Host, open: u64) -> Verdict {
    wait_for(|| counted(host, "open").is_ok_and(|now| now == open), "the upstream calls")
}

fn together(bench: &Bench) -> Verdict {
    let served = bench.serve_http("")?;
    let each = (0..8_u64).map(|n| {
        let host = host(&served);
        thread::spawn(move || -> Result<(), String> {
            let words = |failed: Failed| failed.message().unwrap_or_default().to_owned();
            let mut session =
                if n % 2 == 0 { Some(host.clone().begin("2025-11-25").map_err(words)?) } else { None };
            for round in 0..4 {
                let code =
                    format!("return (await tools.scripted.echo({{ value: {n} }})).value * 100 + {round}");
                let report = match &mut session {
                    Some(session) => session.execute(&code),
                    None => host.clone().execute_modern(&code),
                };
                let report = report.map_err(words)?;
                if report["value"] != json!(n * 100 + round) {
                    return Err(format!("host {n}, round {round}: {report}"));
                }
            }
            Ok(())
        })
    });
    for host in each.collect::<Vec<_>>() {
        host.join().map_err(|_| "a host panicked")??;
    }
    served.stop().map(|_| ())
}

/// Both hosts' requests have the same id.
fn cancelled(bench: &Bench) -> Verdict {
    let served = bench.serve_http("")?;
    let (mut first, mut second) = (host(&served).begin("2025-11-25")?, host(&served).begin("2025-11-25")?);
    let idle = served.processes().len();
    let (id, gone) = first.ask("tools/call", &execute(LONG))?;
    let slow = "return (await tools.scripted.slow({ ms: 3000 })).slept";
    let (same, mut stays) = second.ask("tools/call", &execute(slow))?;
    ensure!(id == same, "{id} {same}");
    wait_for_calls(&host(&served), 2)?;
    let cancel =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } });
    ensure!(first.send("POST", cancel.to_string().as_bytes())?.status == 202, "not accepted");
    wait_for(|| counted(&host(&served), "calls").is_ok_and(|calls| calls == 1), "the server to be told")?;
    wait_for(|| served.processes().len() <= idle + 2, "the first guest to end")?;
    let answer = stays.answer(same)?;
    ensure!(answer["result"]["structuredContent"]["value"] == 3000, "{answer}");
    ensure!(counted(&host(&served), "calls")? == 1, "more was cancelled than one call");
    ensure!(first.execute("return 6 * 7")?["value"] == 42, "no run after that");
    drop(gone);
    served.stop().map(|_| ())
}

/// In revision 2026-07-28 the end of the connection is the end of the request.
fn hung_up(bench: &Bench) -> Verdict {
    let served = bench.serve_http("")?;
    let modern = host(&served);
    ensure!(counted(&modern, "calls")? == 0, "cancelled before anything was");
    let idle = served.processes().len();
    let asking = {
        let mut modern = modern.clone();
        // The head of an answer comes with the first sign of progress.
        let mut call = execute(LONG);
        call["_meta"] = json!({ "progressToken": "p" });
        modern.ask_modern("tools/call", &call)?
    };
    ensure!(served.processes().len() > idle, "no guest");
    let begun = Instant::now();
    asking.hang_up();
    wait_for(|| served.processes().len() == idle, "the guest to end")?;
    ensure!(begun.elapsed() < Duration::from_secs(2), "took {:?}", begun.elapsed());
    ensure!(counted(&modern, "calls")? == 1, "the upstream server was not told");
    served.stop().map(|_| ())
}

fn session_ended(bench: &Bench) -> Verdict {
    let served = bench.serve_http("")?;
    let (mut ends, mut stays) = (host(&served).begin("2025-11-25")?, host(&served).begin("2025-11-25")?);
    let idle = served.processes().len();
    let (_, waiting) = ends.ask("tools/call", &execute(LONG))?;
    wait_for_calls(&host(&served), 1)?;
    let begun = Instant::now();
    ensure!(ends.send("DELETE", b"")?.status < 300, "not ended");
    wait_for(|| served.processes().len() == idle, "the guest to end")?;
    ensure!(begun.elapsed() < Duration::from_secs(2), "took {:?}", begun.elapsed());
    let report = stays.execute("return (await tools.scripted.cancelled({})).calls")?;
    ensure!(report["value"] == 1, "{report}");
    drop(waiting);
    served.stop().map(|_| ())
}

fn progress(bench: &Bench) -> Verdict {
    let served = bench.serve_http("")?;
    let mut call = execute("await tools.scripted.slow({ ms: 4000 }); return 1");
    call["_meta"] = json!({ "progressToken": "p" });
    let mut session = host(&served).begin("2025-11-25")?;
    for mut reply in [session.ask("tools/call", &call)?.1, host(&served).ask_modern("tools/call", &call)?] {
        let first = reply.message()?;
        ensure!(
            first["method"] == "notifications/progress" && first["params"]["progressToken"] == "p",
            "{first}"
        );
        let last = loop {
            let message = reply.message()?;
            if message.get("method").is_none() {
                break message;
            }
        };
        ensure!(last["result"]["structuredContent"]["value"] == 1, "{last}");
    }
    served.stop().map(|_| ())
}

/// Sixteen run at the same time; the loud host has twice as many waiting when the quiet one comes.
fn fair(bench: &Bench) -> Verdict {
    let served = bench.serve_http("")?;
    let mut loud = host(&served).begin("2025-11-25")?;
    let slow = execute("await tools.scripted.slow({ ms: 3000 }); return 1");
    let mut asked = Vec::new();
    for _ in 0..48 {
        asked.push(loud.ask("tools/call", &slow)?);
    }
    let mut quiet = host(&served).begin("2025-11-25")?;
    ensure!(quiet.execute("return 2")?["value"] == 2, "no run");
    let answered = Instant::now();
    for (id, mut reply) in asked {
        let answer = reply.answer(id)?;
        ensure!(answer["result"]["structuredContent"]["value"] == 1, "{answer}");
    }
    // The last third of the loud host's runs begins when the second third has ended, three seconds later at least.
    ensure!(answered.elapsed() > Duration::from_millis(2500), "the quiet host waited for all the others");
    served.stop().map(|_| ())
}
