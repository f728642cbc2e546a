//! Remote servers that are broken, each in its own way, beside a healthy neighbour: the call fails with words that
//! say what happened, in time, and the neighbour answers before, meanwhile and afterwards.

use oubliette_tests::bench::Bench;
use oubliette_tests::remote::{
    Asked, Remote, answer_to, begin_events, echoed, error, event, legacy, respond, result, tools,
};
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a broken server does when its tool is called.
type Answer = fn(&Asked, &mut TcpStream) -> io::Result<()>;

/// A call of a broken server may not take longer, its own timeout of a second included.
const SOON: Duration = Duration::from_secs(12);

struct Case {
    name: &'static str,
    /// `error.code` in the program.
    code: &'static str,
    /// What the message must say.
    words: &'static str,
    answer: Answer,
}

const fn case(name: &'static str, code: &'static str, words: &'static str, answer: Answer) -> Case {
    Case { name, code, words, answer }
}

const CASES: [Case; 24] = [
    case("it does not answer", "timeout", "within 1000 ms", |_, _| pause(8)),
    case("it answers byte by byte", "timeout", "within 1000 ms", |asked, out| {
        let text = answer_to(asked, &echoed(asked));
        write!(
            out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            text.len()
        )?;
        text.bytes().try_for_each(|byte| drip(out, &[byte]))
    }),
    case("its headers come byte by byte", "timeout", "within 1000 ms", |_, out| {
        b"HTTP/1.1 200 OK\r\nX-Slow: yes, very".iter().try_for_each(|byte| drip(out, &[*byte]))
    }),
    case("its events never end", "timeout", "within 1000 ms", |_, out| {
        begin_events(out)?;
        (0..80).try_for_each(|_| drip(out, b": still here\n\n"))
    }),
    case("it floods us with messages", "timeout", "within 1000 ms", |_, out| {
        begin_events(out)?;
        let text = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "info", "data": "x" } });
        flood(out, &format!("data: {text}\n\n"))
    }),
    case("it floods us with requests", "timeout", "within 1000 ms", |_, out| {
        begin_events(out)?;
        for n in 0..20_000 {
            event(out, &json!({ "jsonrpc": "2.0", "id": n, "method": "ping" }).to_string())?;
        }
        pause(8)
    }),
    case("it dies in the middle of its answer", "unavailable", "broke off", |_, out| {
        write!(
            out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{{\"jsonrpc\""
        )?;
        gone()
    }),
    case("it dies before its answer", "unavailable", "broke off", |_, _| gone()),
    case("its events end before the answer", "unavailable", "before it answered", |_, out| {
        begin_events(out)?;
        event(out, "{}")?;
        gone()
    }),
    case("it answers another request", "upstream", "answered another request", |asked, out| {
        let text = answer_to(asked, &echoed(asked)).replacen("\"id\":", "\"id\":9999", 1);
        respond(out, "200 OK", "application/json", "", &text)
    }),
    case("it answers with noise", "upstream", "no JSON-RPC answer", |_, out| {
        respond(out, "200 OK", "application/json", "", "warming up \u{fffd} {[")
    }),
    case("it answers with another type", "upstream", "application/octet-stream", |asked, out| {
        respond(out, "200 OK", "application/octet-stream", "", &answer_to(asked, &echoed(asked)))
    }),
    case("it answers with a page", "upstream", "page for people", |_, out| {
        respond(out, "200 OK", "text/html; charset=utf-8", "", "<html><script>alert(1)</script></html>")
    }),
    case("a proxy answers with a page", "upstream", "HTTP 502 (Bad Gateway)", |_, out| {
        respond(out, "502 Bad Gateway", "text/html", "", "<html>nginx</html>")
    }),
    case("it redirects elsewhere", "upstream", "redirects to http://127.0.0.1:1", |_, out| {
        respond(out, "307 Temporary Redirect", "text/plain", "Location: http://127.0.0.1:1/steal\r\n", "")
    }),
    case("its chunks are garbage", "unavailable", "broke off", |_, out| {
        write!(
            out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{{\r\n"
        )?;
        pause(1)
    }),
    case(
        "it wants a credential and does not say which",
        "unavailable",
        "wants a credential (HTTP 401)",
        |_, out| respond(out, "401 Unauthorized", "text/plain", "", ""),
    ),
    case("its answer is compressed", "upstream", "compressed", |_, out| {
        respond(out, "200 OK", "application/json", "Content-Encoding: gzip\r\n", "\u{1f}\u{8b}")
    }),
    case("its answer is too long", "upstream", "more than the", |_, out| {
        write!(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")?;
        flood(out, &"x".repeat(1 << 20))
    }),
    case("it accepts without answering", "upstream", "accepted a request without", |_, out| {
        respond(out, "202 Accepted", "text/plain", "", "")
    }),
    case("it asks for a pause", "upstream", "HTTP 429 (Too Many Requests): later", |_, out| {
        respond(out, "429 Too Many Requests", "text/plain", "Retry-After: 1\r\n", "later")
    }),
    case(
        "it refuses with an error and a status",
        "invalid_arguments",
        "refused by the script",
        |asked, out| error(asked, out, "400 Bad Request", -32602),
    ),
    case("its headers never end", "unavailable", "broke off", |_, out| {
        write!(out, "HTTP/1.1 200 OK\r\n")?;
        flood(out, "X-More: and more\r\n")
    }),
    case("its result is none", "upstream", "content that is no array", |asked, out| {
        result(asked, out, &json!({ "content": 3 }))
    }),
];

pub(super) fn add(trials: &mut Trials) {
    for case in CASES {
        let Case { name, code, words, answer } = case;
        trials.both(&format!("broken/{name}"), &[], move |bench| during_a_call(bench, code, words, answer));
    }
    trials.both("broken/nobody listens", &[], |bench| {
        at_the_start(bench, "http://127.0.0.1:1/mcp", "cannot be reached")
    });
    trials.both("broken/its address is that of a page", &[], |bench| {
        let page = Remote::start(|_, out| respond(out, "200 OK", "text/html", "", "<html></html>"))?;
        at_the_start(bench, &page.url(), "page for people")
    });
    trials.both("broken/it wants a credential from the start", &[], |bench| {
        let remote = Remote::start(|_, out| respond(out, "401 Unauthorized", "text/plain", "", ""))?;
        at_the_start(bench, &remote.url(), "wants a credential")
    });
    trials.both("broken/it never gets ready", &[], |bench| {
        let remote = Remote::start(|_, _| pause(30))?;
        at_the_start(bench, &remote.url(), "was not ready after 4000 ms")
    });
    trials.both("broken/malformed and duplicate tools", &[], odd_tools);
    trials.both("broken/a listing without end", &[], endless_listing);
    trials.both("broken/it fails again and again", &[], left_alone);
}

fn pause(seconds: u64) -> io::Result<()> {
    sleep(Duration::from_secs(seconds));
    gone()
}

fn gone() -> io::Result<()> {
    Err(io::ErrorKind::BrokenPipe.into())
}

fn drip(out: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    sleep(Duration::from_millis(100));
    out.write_all(bytes)
}

/// Until the client has had enough.
fn flood(out: &mut TcpStream, text: &str) -> io::Result<()> {
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        out.write_all(text.as_bytes())?;
    }
    gone()
}

fn settings(url: &str) -> String {
    format!("[servers.far]\nurl = {url:?}\ntimeout_ms = 1000\nstart_timeout_ms = 4000\n")
}

fn during_a_call(bench: &Bench, code: &str, words: &str, answer: Answer) -> Verdict {
    let remote = Remote::start(move |asked, out| match asked.tool() {
        "broken" => answer(asked, out),
        _ => legacy(asked, out, &tools(&["echo", "broken"])),
    })?;
    let mut gateway = bench.serve(&bench.config(&settings(&remote.url()))?)?;
    let program = "
        const near = (value) => tools.scripted.echo({ value }).then((it) => it.value);
        const before = await near(1);
        const broken = tools.far.broken({}).then((it) => ['answered', JSON.stringify(it)], (it) => [it.code, it.message]);
        const meanwhile = await near(2);
        return [await broken, before, meanwhile, await near(3)];";
    let begun = Instant::now();
    let report = gateway.execute(program)?;
    let value = &report["value"];
    ensure!(value[0][0] == code, "{report:.2000}");
    ensure!(value[0][1].as_str().is_some_and(|said| said.contains(words)), "{report:.2000}");
    ensure!(value[1] == 1 && value[2] == 2 && value[3] == 3, "the neighbour: {report:.2000}");
    ensure!(begun.elapsed() < SOON, "it took {:?}", begun.elapsed());
    // The same server, for whom it still works.
    sleep(Duration::from_millis(1100));
    let report = gateway.execute("return (await tools.far.echo({ value: 7 })).value")?;
    ensure!(report["value"] == 7, "afterwards: {report:.2000}");
    gateway.close().map(|_| ())
}

fn at_the_start(bench: &Bench, url: &str, words: &str) -> Verdict {
    let mut gateway = bench.serve(&bench.config(&settings(url))?)?;
    let listed = gateway.call("search", &json!({ "query": "" }))?;
    let far = listed["unavailable"].as_array().into_iter().flatten().find(|it| it["server"] == "far");
    ensure!(far.is_some_and(|far| far.to_string().contains(words)), "{listed}");
    let report = gateway.execute("return (await tools.scripted.echo({ value: 1 })).value")?;
    ensure!(report["value"] == 1, "the neighbour: {report:.2000}");
    gateway.close().map(|_| ())
}

fn names_of(bench: &Bench, listed: Vec<Value>) -> Result<(Value, String), Failed> {
    let remote = Remote::start(move |asked, out| legacy(asked, out, &listed))?;
    let mut gateway = bench.serve(&bench.config(&settings(&remote.url()))?)?;
    let report = gateway.execute("return Object.keys(tools.far)")?;
    Ok((report["value"].clone(), gateway.close()?.stderr))
}

fn odd_tools(bench: &Bench) -> Verdict {
    let mut listed = tools(&["echo", "echo"]);
    listed.extend([
        json!({ "name": "no_schema" }),
        json!({ "name": "true_schema", "inputSchema": true }),
        json!({ "name": 7, "inputSchema": {} }),
        json!("not a tool"),
        json!({ "name": "good", "inputSchema": { "type": "object" }, "outputSchema": true }),
    ]);
    let (names, log) = names_of(bench, listed)?;
    ensure!(names == json!(["echo", "good"]), "{names}");
    for words in
        ["echo: a second tool of this name", "no_schema: its inputSchema", "true_schema: its inputSchema"]
    {
        ensure!(log.contains(words), "no {words:?} in {log:.3000}");
    }
    Ok(())
}

/// The tools that came whole are kept, whether the listing comes as one text or as an event.
fn endless_listing(bench: &Bench) -> Verdict {
    for as_event in [false, true] {
        let remote = Remote::start(move |asked, out| {
            if asked.method() != "tools/list" {
                return legacy(asked, out, &[]);
            }
            let kind = if as_event { "text/event-stream" } else { "application/json" };
            let before = if as_event { "data: " } else { "" };
            let begun = answer_to(asked, &json!({ "tools": tools(&["echo"]) }));
            write!(out, "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n{before}")?;
            out.write_all(begun.trim_end_matches("]}}").as_bytes())?;
            let words = "word ".repeat(400_000);
            for n in 0..100 {
                write!(
                    out,
                    r#",{{"name":"tool_{n}","description":"{words}","inputSchema":{{"type":"object"}}}}"#
                )?;
            }
            gone()
        })?;
        let config = settings(&remote.url()).replace("start_timeout_ms = 4000", "");
        let mut gateway = bench.serve(&bench.config(&config)?)?;
        let report = gateway.execute(
            "return [Object.keys(tools.far).length, (await tools.far.echo({ value: 1 })).value, \
             (await tools.scripted.echo({ value: 2 })).value]",
        )?;
        let value = &report["value"];
        ensure!(value[0].as_u64().is_some_and(|tools| tools > 30 && tools < 36), "{report:.2000}");
        ensure!(value[1] == 1 && value[2] == 2, "{report:.2000}");
        gateway.close()?;
    }
    Ok(())
}

/// After three failures nothing is asked any more, until the pause is over.
fn left_alone(bench: &Bench) -> Verdict {
    let remote = Remote::start(|asked, out| match asked.body["params"]["arguments"]["value"].as_u64() {
        Some(0) => respond(out, "500 Internal Server Error", "text/plain", "", "no database"),
        _ => legacy(asked, out, &tools(&["echo"])),
    })?;
    let config = settings(&remote.url()) + "breaker = { failures = 3, pause_ms = 1500 }\n";
    let mut gateway = bench.serve(&bench.config(&config)?)?;
    let program = "
        const said = [];
        for (const value of [0, 0, 0, 1]) {
          try { said.push((await tools.far.echo({ value })).value); }
          catch (error) { said.push([error.code, error.retryable, error.message]); }
        }
        return said;";
    let report = gateway.execute(program)?;
    let last = &report["value"][3];
    ensure!(last[0] == "unavailable" && last[1] == true, "{report:.2000}");
    let said = last[2].as_str().unwrap_or_default();
    for words in ["3 calls in a row failed", "no database", "asked again in 2 s"] {
        ensure!(said.contains(words), "no {words:?} in {said}");
    }
    let calls = remote.asked_for("tools/call").len();
    ensure!(calls == 3, "it was called {calls} times");
    sleep(Duration::from_millis(1600));
    let report = gateway.execute("return (await tools.far.echo({ value: 1 })).value")?;
    ensure!(report["value"] == 1, "after the pause: {report:.2000}");
    gateway.close().map(|_| ())
}
