//! The gateway over HTTP: every revision, who may come in, what is too much, the end.

use oubliette_tests::bench::Bench;
use oubliette_tests::gateway::MODERN;
use oubliette_tests::http::{At, Host};
use oubliette_tests::needs::Need;
use oubliette_tests::served::Served;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::json;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LEGACY_VERSIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

pub(super) fn add(trials: &mut Trials) {
    trials.both("http/every revision", &[], revisions);
    trials.both("http/a unix socket", &[], unix_socket);
    trials.both("http/TLS", &[Need::OpenSsl], tls);
    trials.both("http/who may come in", &[], admission);
    trials.both("http/what is no request", &[], nonsense);
    trials.both("http/headers that contradict the message", &[], headers);
    trials.both("http/as many sessions as configured", &[], sessions);
    trials.both("http/a silent session ends", &[], idle);
    trials.both("http/SIGTERM lets a short run finish and ends a long one", &[], terminated);
}

pub(super) fn host(served: &Served) -> Host {
    Host::new(At::Tcp(served.address().to_owned()))
}

fn revisions(bench: &Bench) -> Verdict {
    let served = bench.serve_http("")?;
    for version in LEGACY_VERSIONS {
        let mut host = host(&served).begin(version)?;
        let (id, mut reply) = host.ask("tools/list", &json!({}))?;
        let listed = reply.answer(id)?;
        ensure!(listed["result"]["tools"][1]["name"] == "execute", "{version}: {listed}");
        let (id, mut reply) = host.ask("ping", &json!({}))?;
        ensure!(reply.answer(id)?["result"].is_object(), "{version}: no ping");
        let call = json!({ "name": "execute", "arguments": { "code": "return 6 * 7" } });
        let (id, mut reply) = host.ask("tools/call", &call)?;
        let answer = reply.answer(id)?;
        let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_default();
        ensure!(text.contains(r#""value":42"#), "{version}: {answer}");
    }
    let mut modern = host(&served);
    let discovered = modern.ask_modern("server/discover", &json!({}))?.message()?;
    let versions = &discovered["result"]["supportedVersions"];
    ensure!(versions.as_array().is_some_and(|all| all.contains(&json!(MODERN))), "{discovered}");
    let listed = modern.ask_modern("tools/list", &json!({}))?.message()?;
    ensure!(listed["result"]["ttlMs"].is_u64() && listed["result"]["resultType"] == "complete", "{listed}");
    let report = modern.execute_modern("return 6 * 7")?;
    ensure!(report["value"] == 42, "{report}");
    served.stop().map(|_| ())
}

fn unix_socket(bench: &Bench) -> Verdict {
    let (config, path) = (bench.config("")?, bench.folder.join("mcp.sock"));
    let socket = path.display().to_string();
    let served = Served::start(bench.oubliette(&["serve", "--config", &config, "--socket", &socket])?)?;
    let mode = std::fs::metadata(&path).map_err(|error| error.to_string())?.mode() & 0o777;
    ensure!(mode == 0o600, "mode {mode:o}");
    let mut host = Host::new(At::Unix(path.clone())).begin("2025-11-25")?;
    ensure!(host.execute("return 6 * 7")?["value"] == 42, "no run");
    ensure!(Host::new(At::Unix(path.clone())).execute_modern("return 1")?["value"] == 1, "no run");
    let second = bench.oubliette(&["serve", "--config", &config, "--socket", &socket])?.run()?;
    ensure!(second.code == Some(4) && second.stderr.contains("listens there already"), "{}", second.stderr);
    served.stop()?;
    ensure!(!path.exists(), "the socket is left");
    // What a killed gateway leaves is taken over.
    let served = Served::start(bench.oubliette(&["serve", "--config", &config, "--socket", &socket])?)?;
    drop(served);
    ensure!(path.exists(), "the socket of a killed gateway has gone");
    Served::start(bench.oubliette(&["serve", "--config", &config, "--socket", &socket])?)?.stop().map(|_| ())
}

fn tls(bench: &Bench) -> Verdict {
    let (key, certificate) = (bench.write("key.pem", "")?, bench.write("certificate.pem", "")?);
    let subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(subject)
        .args(["-keyout", &key, "-out", &certificate])
        .output()
        .map_err(|error| error.to_string())?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let config = format!("[http]\ntls = {{ certificate = {certificate:?}, key = {key:?} }}\n");
    chmod(&key, "644")?;
    let path = bench.config(&config)?;
    let open = bench.oubliette(&["serve", "--config", &path, "--http", "127.0.0.1:0"])?.run()?;
    ensure!(open.code == Some(4) && open.stderr.contains("chmod 600"), "{}", open.stderr);
    chmod(&key, "600")?;
    let served = bench.serve_http(&config)?;
    ensure!(served.at.starts_with("https://"), "{}", served.at);
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: \
         application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_return_error", "-servername", "localhost"])
        .args(["-CAfile", &certificate, "-connect", served.address()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut input = client.stdin.take().ok_or("no input")?;
    std::io::Write::write_all(&mut input, request.as_bytes()).map_err(|error| error.to_string())?;
    let output = client.wait_with_output().map_err(|error| error.to_string())?;
    drop(input);
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(said.starts_with("HTTP/1.1 200") && said.contains(r#""protocolVersion":"2025-11-25""#), "{said}");
    let plain = host(&served).execute_modern("return 1");
    ensure!(plain.is_err(), "answered without TLS: {plain:?}");
    served.stop().map(|_| ())
}

fn chmod(path: &str, mode: &str) -> Verdict {
    let changed = Command::new("chmod").args([mode, path]).status();
    ensure!(changed.is_ok_and(|status| status.success()), "chmod {mode} {path}");
    Ok(())
}

fn admission(bench: &Bench) -> Verdict {
    let tokens = bench.write("tokens", format!("# two hosts\n{TOKEN}\n\n{TOKEN}-of-another\n"))?;
    chmod(&tokens, "600")?;
    let served = bench.serve_http(
        "[http]\ntoken = { file = \"tokens\" }\nhosts = [\"mcp.example.com\"]\norigins = [\"https://app.example.com\"]\n",
    )?;
    let known = host(&served).token(TOKEN);
    let cases: [(&str, Host, u16); 12] = [
        ("the token", known.clone(), 200),
        ("another's token", host(&served).token(&format!("{TOKEN}-of-another")), 200),
        ("no token", host(&served), 401),
        ("a wrong token", host(&served).token("0123456789abcdef0123456789abcdee"), 401),
        ("half a token", host(&served).token(&TOKEN[..16]), 401),
        ("a name that is configured", known.clone().with("Host", "mcp.example.com"), 200),
        ("a name that is not", known.clone().with("Host", "evil.example.com"), 403),
        ("an origin that is configured", known.clone().with("Origin", "https://app.example.com"), 200),
        ("another port of it", known.clone().with("Origin", "https://app.example.com:8443"), 403),
        ("its plain sister", known.clone().with("Origin", "http://app.example.com"), 403),
        ("an origin of this machine", known.clone().with("Origin", "http://localhost:3000"), 403),
        ("no origin at all", known.clone().with("Origin", "null"), 403),
    ];
    for (name, mut host, status) in cases {
        let reply = host.ask_modern("tools/list", &json!({}))?;
        ensure!(reply.status == status, "{name}: {}", reply.status);
        ensure!(status != 401 || reply.header("www-authenticate") == Some("Bearer"), "{name}");
    }
    // What one host was given is of no use to another.
    let mine = known.begin("2025-11-25")?;
    let mut theirs = mine.clone().token(&format!("{TOKEN}-of-another"));
    ensure!(theirs.ask("tools/list", &json!({}))?.1.status == 404, "a session of somebody else");
    ensure!(theirs.send("DELETE", b"")?.status == 404, "ended by somebody else");
    ensure!(mine.clone().execute("return 1")?["value"] == 1, "the session has gone");
    let said = served.stop()?;
    ensure!(!said.contains(TOKEN), "a token is in the log: {said}");
    Ok(())
}

fn nonsense(bench: &Bench) -> Verdict {
    let served = bench.serve_http("")?;
    let host = host(&served);
    let session = host.clone().begin("2025-11-25")?;
    let large =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":"{}"}}}}"#, "x".repeat(8 << 20));
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let many =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":[0{}]}}"#, ",0".repeat(1_100_000));
    let batch = r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#;
    let unknown = r#"{"jsonrpc":"2.0","method":"notifications/weather","params":{}}"#;
    let cases: [(&str, &Host, &str, &str, u16); 13] = [
        ("no JSON", &session, "POST", "not json", 400),
        ("half a message", &session, "POST", r#"{"jsonrpc":"2.0","id":1,"#, 400),
        ("a batch", &session, "POST", batch, 400),
        ("too long", &session, "POST", &large, 413),
        ("too deep", &session, "POST", &deep, 400),
        ("too many values", &session, "POST", &many, 400),
        ("a notification that nobody knows", &session, "POST", unknown, 202),
        ("nothing", &session, "POST", "", 408),
        ("no session", &host, "POST", r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, 400),
        ("another method", &session, "PUT", "", 405),
        ("another type", &session.clone().with("Content-Type", "text/plain"), "POST", "{}", 415),
        ("another answer", &session.clone().with("Accept", "text/html"), "POST", "{}", 406),
        ("a session that is none", &host.clone().with("Mcp-Session-Id", "x"), "GET", "", 404),
    ];
    for (name, host, method, body, status) in cases {
        let mut reply = host.send(method, body.as_bytes())?;
        let got = reply.status;
        ensure!(got == status, "{name}: {got} {:?}", reply.text());
        if status == 400 && host.session().is_some() {
            let error = reply.message()?;
            ensure!(
                error["error"]["code"].is_i64() && error["error"]["message"].is_string(),
                "{name}: {error}"
            );
        }
    }
    let bytes: [(&str, Vec<u8>, &str); 3] = [
        ("another path", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(), "404"),
        (
            "a head that is too long",
            format!("GET /mcp HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(1 << 20))
                .into_bytes(),
            "431",
        ),
        ("garbage", vec![0x16; 4096], "400"),
    ];
    for (name, bytes, status) in bytes {
        let reply = host.raw(&bytes)?;
        ensure!(reply.status.to_string() == status, "{name}: {}", reply.status);
    }
    ensure!(session.clone().execute("return 6 * 7")?["value"] == 42, "no run after that");
    served.stop().map(|_| ())
}

/// Revision 2026-07-28: what the headers say must be what the body says.
fn headers(bench: &Bench) -> Verdict {
    let served = bench.serve_http("")?;
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {} });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "_meta": meta, "name": "search", "arguments": { "query": "" } } });
    let unknown =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "weather/today", "params": { "_meta": meta } });
    let bare = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let right = host(&served)
        .with("MCP-Protocol-Version", MODERN)
        .with("Mcp-Method", "tools/call")
        .with("Mcp-Name", "search");
    let cases = [
        ("all of them", right.clone(), &call, 200, 0),
        ("another method", right.clone().with("Mcp-Method", "tools/list"), &call, 400, -32020),
        ("another name", right.clone().with("Mcp-Name", "execute"), &call, 400, -32020),
        (
            "no name",
            host(&served).with("MCP-Protocol-Version", MODERN).with("Mcp-Method", "tools/call"),
            &call,
            400,
            -32020,
        ),
        ("another revision", right.clone().with("MCP-Protocol-Version", "2025-11-25"), &call, 400, -32020),
        ("no revision", host(&served), &call, 400, -32020),
        (
            "no such method",
            host(&served).with("MCP-Protocol-Version", MODERN).with("Mcp-Method", "weather/today"),
            &unknown,
            404,
            -32601,
        ),
        (
            "nothing in _meta",
            host(&served).with("MCP-Protocol-Version", MODERN).with("Mcp-Method", "tools/list"),
            &bare,
            400,
            -32602,
        ),
    ];
    for (name, host, message, status, code) in cases {
        let mut reply = host.send("POST", message.to_string().as_bytes())?;
        let answer = reply.message()?;
        ensure!(reply.status == status, "{name}: {} {answer}", reply.status);
        ensure!(answer["error"]["code"].as_i64().unwrap_or(0) == code, "{name}: {answer}");
    }
    served.stop().map(|_| ())
}

fn sessions(bench: &Bench) -> Verdict {
    let served = bench.serve_http("[http]\nsessions = 2\n")?;
    let first = host(&served).begin("2025-11-25")?;
    let second = host(&served).begin("2025-06-18")?;
    let third =
        host(&served).begin("2025-11-25").map(|_| ()).map_err(|failed| failed.message().map(str::to_owned));
    let refused = third.err().flatten().unwrap_or_default();
    ensure!(refused.contains("as many sessions as there may be"), "{refused}");
    ensure!(host(&served).execute_modern("return 1")?["value"] == 1, "who needs no session is refused");
    ensure!(first.send("DELETE", b"")?.status < 300, "not ended");
    ensure!(first.clone().ask("ping", &json!({}))?.1.status == 404, "ended, and answers");
    let begun = Instant::now();
    while host(&served).begin("2025-11-25").is_err() {
        ensure!(begun.elapsed() < Duration::from_secs(15), "no room for another session");
        std::thread::sleep(Duration::from_millis(50));
    }
    ensure!(second.clone().execute("return 2")?["value"] == 2, "the other session has gone");
    served.stop().map(|_| ())
}

fn idle(bench: &Bench) -> Verdict {
    let served = bench.serve_http("[limits]\nwall_ms = 1000\n[http]\nidle_s = 1\n")?;
    let mut quiet = host(&served).begin("2025-11-25")?;
    let begun = Instant::now();
    // A second of a run and five more; every request would begin the time anew.
    std::thread::sleep(Duration::from_secs(8));
    let (_, reply) = quiet.ask("ping", &json!({}))?;
    ensure!(reply.status == 404, "{} after {:?}", reply.status, begun.elapsed());
    host(&served).begin("2025-11-25")?;
    served.stop().map(|_| ())
}

fn terminated(bench: &Bench) -> Verdict {
    let served = bench.serve_http("[limits]\nwall_ms = 60000\n")?;
    let call = |code: &str| json!({ "name": "execute", "arguments": { "code": code } });
    let (mut long, mut short) = (host(&served).begin("2025-11-25")?, host(&served).begin("2025-06-18")?);
    let idle = served.processes().len();
    let (_, waiting) = long.ask("tools/call", &call("await tools.scripted.slow({ ms: 50000 }); return 1"))?;
    let (id, mut soon) =
        short.ask("tools/call", &call("await tools.scripted.slow({ ms: 2500 }); return 2"))?;
    super::hosts::wait_for(|| served.processes().len() > idle + 2, "two guests")?;
    let begun = Instant::now();
    served.terminate()?;
    let answer = soon.answer(id)?;
    ensure!(answer["result"]["structuredContent"]["value"] == 2, "{answer}");
    let address = served.address().to_owned();
    let said = served.ended()?;
    ensure!(begun.elapsed() < Duration::from_secs(30), "took {:?}: {said}", begun.elapsed());
    let late: Result<Host, Failed> = Host::new(At::Tcp(address)).begin("2025-11-25");
    ensure!(late.is_err(), "still served");
    drop(waiting);
    Ok(())
}
