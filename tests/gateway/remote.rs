//! Remote servers of both eras, as they should be: what is sent to them, and what is made of their answers.

use oubliette_tests::bench::Bench;
use oubliette_tests::gateway::Gateway;
use oubliette_tests::remote::{
    Asked, Remote, answer_to, begin_events, echoed, event, legacy, modern, respond, tools,
};
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Stands for a credential.
const CANARY: &str = "canary-8a5e77ab1e";
/// Longer than any trial may wait for something that ought to be immediate.
const SOON: Duration = Duration::from_secs(15);

pub(super) fn add(trials: &mut Trials) {
    trials.both("remote/initialize, a session, JSON answers", &[], initialized);
    trials.both("remote/2026-07-28 and its headers", &[], discovered);
    trials.both("remote/answers as events", &[], events);
    trials.both("remote/the rest of an answer is fetched", &[], resumed);
    trials.both("remote/a session that is over begins again", &[], expired);
    trials.both("remote/cancelling closes the stream, and tells an older server", &[], cancelled);
    trials.both("remote/progress keeps a call alive, to its total", &[], progress);
    trials.both("remote/changed tools are listed again", &[], changed);
    trials.both("remote/credentials go where they belong", &[], credentials);
    trials.both("remote/a redirect to the same server is followed", &[], redirected);
    trials.both("remote/what it asks of us is declined", &[], declined);
    trials.both("remote/results are kept where the operator says so", &[], kept);
    trials.both("remote/many calls wait for their place", &[], crowded);
}

fn serve(bench: &Bench, remote: &Remote, more: &str) -> Result<Gateway, Failed> {
    let config = format!("[servers.far]\nurl = {:?}\n{more}\n", remote.url());
    bench.serve(&bench.config(&config)?)
}

fn echo(gateway: &mut Gateway, value: u64) -> Verdict {
    let report = gateway.execute(&format!("return (await tools.far.echo({{ value: {value} }})).value"))?;
    ensure!(report["value"] == value, "{report:.2000}");
    Ok(())
}

fn wait_for(mut condition: impl FnMut() -> bool, what: &str) -> Verdict {
    let begun = Instant::now();
    while !condition() {
        ensure!(begun.elapsed() < SOON, "waited in vain for {what}");
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn initialized(bench: &Bench) -> Verdict {
    let remote = Remote::start(|asked, out| legacy(asked, out, &tools(&["echo"])))?;
    let mut gateway = serve(bench, &remote, "")?;
    echo(&mut gateway, 5)?;
    gateway.close()?;
    let asked = remote.asked();
    let said: Vec<_> =
        asked.iter().map(|it| if it.verb == "POST" { it.method() } else { &it.verb }).collect();
    let expected =
        ["server/discover", "initialize", "notifications/initialized", "tools/list", "tools/call", "DELETE"];
    ensure!(said == expected, "{said:?}");
    for one in asked.iter().skip(2) {
        ensure!(one.header("mcp-session-id") == "first", "{one:?}");
        ensure!(one.header("mcp-protocol-version") == "2025-06-18", "{one:?}");
    }
    ensure!(asked[1].header("mcp-protocol-version").is_empty(), "{:?}", asked[1]);
    ensure!(asked.iter().all(|one| one.header("accept-encoding").is_empty()), "compression was asked for");
    Ok(())
}

fn discovered(bench: &Bench) -> Verdict {
    let annotated = |name: &str, header: Value| {
        json!({ "name": name, "inputSchema": { "type": "object",
            "properties": { "value": { "type": "string", "x-mcp-header": header } } } })
    };
    let listed = vec![annotated("echo", json!("Value")), annotated("wrong", json!("no header"))];
    let remote = Remote::start(move |asked, out| modern(asked, out, &listed))?;
    let mut gateway = serve(bench, &remote, "")?;
    let report = gateway
        .execute("return [Object.keys(tools.far), (await tools.far.echo({ value: 'grün' })).value]")?;
    ensure!(report["value"] == json!([["echo"], "grün"]), "{report:.2000}");
    let log = gateway.close()?.stderr;
    ensure!(log.contains("wrong: x-mcp-header of `value`"), "{log:.2000}");
    ensure!(remote.asked_for("initialize").is_empty(), "it was initialized");
    let asked = remote.asked();
    for one in &asked {
        ensure!(one.header("mcp-protocol-version") == "2026-07-28", "{one:?}");
        ensure!(one.header("mcp-method") == one.method(), "{one:?}");
        let meta = &one.body["params"]["_meta"];
        ensure!(meta["io.modelcontextprotocol/protocolVersion"] == "2026-07-28", "{one:?}");
    }
    let call = remote.asked_for("tools/call").pop().ok_or("no call")?;
    ensure!(call.header("mcp-name") == "echo", "{call:?}");
    ensure!(call.header("mcp-param-value") == "=?base64?Z3LDvG4=?=", "{call:?}");
    Ok(())
}

fn events(bench: &Bench) -> Verdict {
    let remote = Remote::start(|asked, out| match asked.method() {
        "tools/call" => {
            begin_events(out)?;
            write!(out, ": a comment\r\nevent: other\r\ndata: nothing\r\n\r\nevent: message\r\n")?;
            event(
                out,
                &json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": {} }).to_string(),
            )?;
            event(out, &answer_to(asked, &echoed(asked)))?;
            Err(io::ErrorKind::BrokenPipe.into())
        }
        _ => legacy(asked, out, &tools(&["echo"])),
    })?;
    let mut gateway = serve(bench, &remote, "")?;
    for value in 0..3 {
        echo(&mut gateway, value)?;
    }
    gateway.close().map(|_| ())
}

fn resumed(bench: &Bench) -> Verdict {
    let answer = Arc::new(std::sync::Mutex::new(String::new()));
    let remote = Remote::start(move |asked, out| {
        let mut answer = answer.lock().map_err(|_| io::ErrorKind::Other)?;
        match (asked.verb.as_str(), asked.method()) {
            ("POST", "tools/call") => {
                *answer = answer_to(asked, &echoed(asked));
                begin_events(out)?;
                write!(out, "id: e-1\nretry: 50\ndata: \n\n")?;
                Err(io::ErrorKind::BrokenPipe.into())
            }
            ("GET", _) if asked.header("last-event-id") == "e-1" => {
                begin_events(out)?;
                event(out, &answer)?;
                Err(io::ErrorKind::BrokenPipe.into())
            }
            _ => legacy(asked, out, &tools(&["echo"])),
        }
    })?;
    let mut gateway = serve(bench, &remote, "")?;
    echo(&mut gateway, 6)?;
    gateway.close().map(|_| ())
}

fn expired(bench: &Bench) -> Verdict {
    let calls = AtomicU32::new(0);
    let remote = Remote::start(move |asked, out| {
        if asked.method() == "tools/call" && calls.fetch_add(1, Ordering::Relaxed) == 1 {
            return respond(out, "404 Not Found", "text/plain", "", "no such session");
        }
        legacy(asked, out, &tools(&["echo"]))
    })?;
    let mut gateway = serve(bench, &remote, "")?;
    for value in 0..3 {
        echo(&mut gateway, value)?;
    }
    gateway.close()?;
    ensure!(remote.asked_for("initialize").len() == 2, "{:?}", remote.asked());
    ensure!(remote.asked_for("tools/call").len() == 4, "{:?}", remote.asked_for("tools/call"));
    Ok(())
}

fn cancelled(bench: &Bench) -> Verdict {
    for era in ["legacy", "modern"] {
        let closed = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&closed);
        let remote = Remote::start(move |asked, out| match (asked.method(), era) {
            ("tools/call", _) => {
                begin_events(out)?;
                out.flush()?;
                // Nothing is sent any more: this returns when the client closes.
                let _ = out.read(&mut [0])?;
                seen.fetch_add(1, Ordering::Relaxed);
                Err(io::ErrorKind::BrokenPipe.into())
            }
            (_, "legacy") => legacy(asked, out, &tools(&["echo"])),
            _ => modern(asked, out, &tools(&["echo"])),
        })?;
        let mut gateway = serve(bench, &remote, "timeout_ms = 700")?;
        let report = gateway.execute("return await tools.far.echo({}).catch((error) => error.code)")?;
        ensure!(report["value"] == "timeout", "{report:.2000}");
        wait_for(|| closed.load(Ordering::Relaxed) == 1, "the stream to be closed")?;
        let told = || remote.asked_for("notifications/cancelled");
        if era == "legacy" {
            wait_for(|| told().len() == 1, "the cancellation")?;
            let call = remote.asked_for("tools/call").pop().ok_or("no call")?;
            ensure!(told()[0].body["params"]["requestId"] == call.body["id"], "{:?}", told());
        } else {
            ensure!(told().is_empty(), "{:?}", told());
        }
        gateway.close()?;
    }
    Ok(())
}

fn progress(bench: &Bench) -> Verdict {
    let remote = Remote::start(|asked, out| match asked.tool() {
        "echo" => {
            begin_events(out)?;
            let rounds = asked.body["params"]["arguments"]["value"].as_u64().unwrap_or(0);
            for n in 0..rounds {
                let token = &asked.body["params"]["_meta"]["progressToken"];
                let said = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": { "progressToken": token, "progress": n } });
                event(out, &said.to_string())?;
                sleep(Duration::from_millis(200));
            }
            event(out, &answer_to(asked, &echoed(asked)))?;
            Err(io::ErrorKind::BrokenPipe.into())
        }
        _ => legacy(asked, out, &tools(&["echo"])),
    })?;
    let mut gateway = serve(bench, &remote, "timeout_ms = 600\ntotal_timeout_ms = 3000")?;
    echo(&mut gateway, 6)?;
    let begun = Instant::now();
    let report =
        gateway.execute("return await tools.far.echo({ value: 100 }).catch((error) => error.code)")?;
    ensure!(report["value"] == "timeout", "{report:.2000}");
    ensure!(begun.elapsed() < Duration::from_secs(8), "it took {:?}", begun.elapsed());
    gateway.close().map(|_| ())
}

/// Once told over a stream of its own, once over a subscription.
fn changed(bench: &Bench) -> Verdict {
    for era in ["legacy", "modern"] {
        let lists = AtomicU32::new(0);
        let remote = Remote::start(move |asked, out| match (asked.verb.as_str(), asked.method(), era) {
            ("GET", _, "legacy") => {
                begin_events(out)?;
                tell(out, &json!({}))
            }
            (_, "subscriptions/listen", "modern") => {
                let meta = json!({ "_meta": { "io.modelcontextprotocol/subscriptionId": asked.body["id"] } });
                begin_events(out)?;
                let mut said = meta.clone();
                said["notifications"] = asked.body["params"]["notifications"].clone();
                event(out, &json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": said }).to_string())?;
                tell(out, &meta)
            }
            (_, "tools/list", _) => {
                let names: &[&str] =
                    if lists.fetch_add(1, Ordering::Relaxed) == 0 { &["echo"] } else { &["echo", "fresh"] };
                polite(era, asked, out, &tools(names))
            }
            (_, "initialize", _) => {
                let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": { "tools": { "listChanged": true } },
                    "serverInfo": { "name": "remote", "version": "1" } });
                respond(
                    out,
                    "200 OK",
                    "application/json",
                    "Mcp-Session-Id: first\r\n",
                    &answer_to(asked, &hello),
                )
            }
            _ => polite(era, asked, out, &[]),
        })?;
        let mut gateway = serve(bench, &remote, "")?;
        let mut names = || {
            let report = gateway.execute("return Object.keys(tools.far)").unwrap_or_default();
            report["value"].clone()
        };
        let waited = wait_for(|| names() == json!(["echo", "fresh"]), &format!("the new tool ({era})"));
        let asked: Vec<_> = remote.asked().iter().map(|it| format!("{} {}", it.verb, it.method())).collect();
        ensure!(waited.is_ok(), "{waited:?}: {asked:?}");
        gateway.close()?;
    }
    Ok(())
}

/// Says that the tools changed, a little later, and holds the stream open.
fn tell(out: &mut TcpStream, params: &Value) -> io::Result<()> {
    sleep(Duration::from_millis(300));
    let said = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": params });
    event(out, &said.to_string())?;
    let _ = out.read(&mut [0])?;
    Err(io::ErrorKind::BrokenPipe.into())
}

fn polite(era: &str, asked: &Asked, out: &mut TcpStream, tools: &[Value]) -> io::Result<()> {
    if era == "legacy" { legacy(asked, out, tools) } else { modern(asked, out, tools) }
}

fn credentials(bench: &Bench) -> Verdict {
    let remote = Remote::start(|asked, out| match asked.tool() {
        "tell" => {
            let said = format!("you sent {}", asked.header("authorization"));
            respond(out, "500 Internal Server Error", "text/plain", "", &said)
        }
        _ => legacy(asked, out, &tools(&["echo", "tell"])),
    })?;
    let token = bench.write("token", format!("{CANARY}\n"))?;
    let more = format!("bearer = {{ file = {token:?} }}\nheaders = {{ X-Team = \"${{TEAM:-shop}}\" }}");
    let config = bench.config(&format!("[servers.far]\nurl = {:?}\n{more}\n", remote.url()))?;
    let serve = bench.oubliette(&["serve", "--config", &config])?;
    // A proxy of the environment would get the credentials.
    let serve =
        serve.variable("HTTP_PROXY", "http://127.0.0.1:1").variable("ALL_PROXY", "http://127.0.0.1:1");
    let mut gateway = Gateway::start(serve)?;
    gateway.initialize(oubliette_tests::gateway::LEGACY)?;
    echo(&mut gateway, 1)?;
    let report = gateway.execute("return await tools.far.tell({}).catch((error) => error.message)")?;
    ensure!(report.to_string().contains("you sent Bearer [hidden]"), "{report:.2000}");
    let outcome = gateway.close()?;
    ensure!(!outcome.stderr.contains(CANARY) && !report.to_string().contains(CANARY), "{}", outcome.stderr);
    for one in remote.asked() {
        ensure!(one.header("authorization") == format!("Bearer {CANARY}"), "{one:?}");
        ensure!(one.header("x-team") == "shop", "{one:?}");
    }
    Ok(())
}

fn redirected(bench: &Bench) -> Verdict {
    let remote = Remote::start(|asked, out| match asked.path.as_str() {
        "/mcp" => respond(out, "307 Temporary Redirect", "text/plain", "Location: /mcp/\r\n", ""),
        _ => legacy(asked, out, &tools(&["echo"])),
    })?;
    let mut gateway = serve(bench, &remote, "bearer = \"token\"")?;
    echo(&mut gateway, 1)?;
    gateway.close()?;
    let followed = remote.asked().into_iter().filter(|asked| asked.path == "/mcp/");
    ensure!(followed.clone().count() > 3, "{:?}", remote.asked());
    ensure!(
        followed.clone().all(|asked| asked.header("authorization") == "Bearer token"),
        "{:?}",
        remote.asked()
    );
    Ok(())
}

fn declined(bench: &Bench) -> Verdict {
    let remote = Remote::start(|asked, out| match asked.tool() {
        "echo" => {
            begin_events(out)?;
            let asks = [
                (
                    "elicitation/create",
                    json!({ "message": "Your password?", "requestedSchema": { "type": "object", "properties": {} } }),
                ),
                ("sampling/createMessage", json!({ "messages": [], "maxTokens": 1 })),
                ("roots/list", json!({})),
            ];
            for (n, (method, params)) in asks.iter().enumerate() {
                event(
                    out,
                    &json!({ "jsonrpc": "2.0", "id": 900 + n, "method": method, "params": params })
                        .to_string(),
                )?;
            }
            sleep(Duration::from_millis(500));
            event(out, &answer_to(asked, &echoed(asked)))?;
            Err(io::ErrorKind::BrokenPipe.into())
        }
        _ => legacy(asked, out, &tools(&["echo"])),
    })?;
    let mut gateway = serve(bench, &remote, "")?;
    echo(&mut gateway, 4)?;
    let answered = || -> Vec<Value> {
        let answers =
            remote.asked().into_iter().filter(|asked| asked.verb == "POST" && asked.method().is_empty());
        let mut answers: Vec<Value> = answers.map(|asked| asked.body).collect();
        answers.sort_by_key(|answer| answer["id"].as_u64());
        answers
    };
    wait_for(|| answered().len() == 3, "three answers")?;
    let answers = answered();
    ensure!(answers[0]["result"]["action"] == "decline", "{answers:?}");
    ensure!(answers[1]["error"]["code"] == -32601, "{answers:?}");
    let roots = &answers[2];
    ensure!(roots["error"]["code"] == -32601 || roots["result"]["roots"] == json!([]), "{answers:?}");
    let log = gateway.close()?.stderr;
    for method in ["elicitation/create", "sampling/createMessage", "roots/list"] {
        ensure!(log.contains(&format!("it asked for {method}")), "no {method} in {log:.2000}");
    }
    Ok(())
}

fn kept(bench: &Bench) -> Verdict {
    let remote = Remote::start(|asked, out| legacy(asked, out, &tools(&["echo", "other"])))?;
    let mut gateway = serve(bench, &remote, "cache = { tools = [\"ec*\"], ttl_ms = 600 }")?;
    let program =
        "for (const value of [{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 2 }]) await tools.far.echo({ value });
        await tools.far.other({}); await tools.far.other({}); return 1";
    gateway.execute(program)?;
    let calls = |tool: &str| remote.asked().iter().filter(|asked| asked.tool() == tool).count();
    ensure!((calls("echo"), calls("other")) == (2, 2), "{:?}", remote.asked_for("tools/call"));
    sleep(Duration::from_millis(700));
    gateway.execute("return await tools.far.echo({ value: { a: 2 } })")?;
    ensure!(calls("echo") == 3, "{:?}", remote.asked_for("tools/call"));
    gateway.close().map(|_| ())
}

fn crowded(bench: &Bench) -> Verdict {
    let (open, most) = (AtomicU32::new(0), Arc::new(AtomicU32::new(0)));
    let seen = Arc::clone(&most);
    let remote = Remote::start(move |asked, out| {
        if asked.tool() == "echo" {
            seen.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(Duration::from_millis(50));
            open.fetch_sub(1, Ordering::SeqCst);
        }
        legacy(asked, out, &tools(&["echo"]))
    })?;
    let mut gateway = serve(bench, &remote, "calls_in_flight = 3")?;
    let program = "const all = Array.from({ length: 20 }, (_, value) => tools.far.echo({ value }));
        return (await Promise.all(all)).map((it) => it.value).join();";
    let report = gateway.execute(program)?;
    let expected: Vec<String> = (0..20).map(|n: u32| n.to_string()).collect();
    ensure!(report["value"] == expected.join(","), "{report:.2000}");
    ensure!(most.load(Ordering::SeqCst) == 3, "{} at the same time", most.load(Ordering::SeqCst));
    gateway.close().map(|_| ())
}
