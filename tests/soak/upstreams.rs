//! The eight upstream servers: of the four programs and of the four remote ones, one each is healthy.

use oubliette_tests::Failed;
use oubliette_tests::bench::Bench;
use oubliette_tests::dice::Dice;
use oubliette_tests::remote::{
    Asked, Remote, answer_to, begin_events, echoed, event, legacy, modern, respond, tools,
};
use serde_json::json;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// All of them: they all have a tool `echo` that works.
pub(super) const SERVERS: [&str; 8] =
    ["steady", "frail", "noisy", "victim", "far", "late", "flood", "garbage"];
/// The program that is killed at random.
pub(super) const VICTIM: &str = "victim";
/// The programs among them.
const PROGRAMS: usize = 4;

/// A call of a bad server may not take longer, and it is not left alone for longer, milliseconds.
const TIMEOUT_MS: u64 = 1_000;
/// Longest run, milliseconds: the machine may be busy with other things than this.
const WALL_MS: u64 = 15_000;

/// The remote servers.
pub(super) struct Upstreams([Remote; 4]);

type Answer = fn(&Asked, &mut TcpStream) -> io::Result<()>;

const FLOODS: [Answer; 4] = [
    |_, out| {
        begin_events(out)?;
        let message =
            json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "data": "x" } });
        flood(out, &format!("data: {message}\n\n"))
    },
    |_, out| {
        begin_events(out)?;
        flood(out, "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n\n")
    },
    |_, out| {
        write!(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")?;
        flood(out, &"x".repeat(1 << 16))
    },
    |_, out| {
        write!(out, "HTTP/1.1 200 OK\r\n")?;
        flood(out, "X-More: and more\r\n")
    },
];

const GARBAGE: [Answer; 8] = [
    |_, out| respond(out, "200 OK", "application/json", "", "warming up \u{fffd} {["),
    |asked, out| {
        let text = answer_to(asked, &echoed(asked)).replacen("\"id\":", "\"id\":9999", 1);
        respond(out, "200 OK", "application/json", "", &text)
    },
    |_, out| respond(out, "200 OK", "text/html", "", "<html>"),
    |_, out| respond(out, "500 Internal Server Error", "text/plain", "", "no database"),
    |_, out| respond(out, "202 Accepted", "text/plain", "", ""),
    |_, out| {
        write!(
            out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{{\"js"
        )?;
        gone()
    },
    |_, out| {
        begin_events(out)?;
        event(out, "{}")?;
        gone()
    },
    |_, _| gone(),
];

impl Upstreams {
    /// Starts the remote ones.
    pub(super) fn start() -> Result<Self, Failed> {
        let listed = || tools(&["echo", "broken"]);
        let floods = any_of(&FLOODS);
        let garbage = any_of(&GARBAGE);
        let late = any_of(&[|_, _| Ok(()), |_, _| pause(TIMEOUT_MS / 2), |_, _| pause(TIMEOUT_MS * 2)]);
        Ok(Self([
            Remote::start(move |asked, out| legacy(asked, out, &listed()))?,
            Remote::start(move |asked, out| {
                if asked.tool() == "broken" {
                    late(asked, out)?;
                }
                modern(asked, out, &listed())
            })?,
            Remote::start(move |asked, out| match asked.tool() {
                "broken" => floods(asked, out),
                _ => legacy(asked, out, &listed()),
            })?,
            Remote::start(move |asked, out| match asked.tool() {
                "broken" => garbage(asked, out),
                _ => legacy(asked, out, &listed()),
            })?,
        ]))
    }

    /// The configuration of all eight. Only the healthy ones have their time.
    pub(super) fn config(&self, bench: &Bench) -> Result<String, Failed> {
        let program = bench.binary("scripted-upstream")?;
        let programs =
            SERVERS[..PROGRAMS].iter().map(|name| format!("command = {program:?}\nargs = [{name:?}]"));
        let remotes = self.0.iter().map(|remote| format!("url = {:?}", remote.url()));
        let mut config = format!(
            "[limits]\nwall_ms = {WALL_MS}\n[http]\nconnections = 1024\nsessions = 256\nidle_s = 1\n"
        );
        for (name, reach) in SERVERS.iter().zip(programs.chain(remotes)) {
            let hasty = format!("timeout_ms = {TIMEOUT_MS}\nbreaker = {{ pause_ms = {TIMEOUT_MS} }}\n");
            let more = if matches!(*name, "steady" | "far") { "" } else { &hasty };
            config.push_str(&format!("[servers.{name}]\n{reach}\n{more}"));
        }
        Ok(config)
    }

    /// Closes every connection to the remote ones.
    pub(super) fn hang_up(&self) {
        self.0.iter().for_each(Remote::hang_up);
    }

    /// Forgets what the remote ones were asked.
    pub(super) fn forget(&self) {
        self.0.iter().for_each(Remote::forget);
    }
}

fn any_of<const N: usize>(
    answers: &[Answer; N],
) -> impl Fn(&Asked, &mut TcpStream) -> io::Result<()> + use<N> {
    let (answers, dice) = (*answers, Mutex::new(Dice(u64::MAX / 3)));
    move |asked, out| {
        let answer = *dice.lock().unwrap_or_else(PoisonError::into_inner).pick(&answers);
        answer(asked, out)
    }
}

fn pause(ms: u64) -> io::Result<()> {
    sleep(Duration::from_millis(ms));
    Ok(())
}

fn gone() -> io::Result<()> {
    Err(io::ErrorKind::BrokenPipe.into())
}

/// Until the client has had enough.
fn flood(out: &mut TcpStream, text: &str) -> io::Result<()> {
    let until = Instant::now() + Duration::from_millis(TIMEOUT_MS * 5);
    while Instant::now() < until {
        out.write_all(text.as_bytes())?;
    }
    gone()
}
