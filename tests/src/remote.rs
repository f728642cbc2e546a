//! A remote upstream server: Streamable HTTP on loopback, written by hand, so that it can also say what no library
//! would. It remembers what it was asked.

use crate::Failed;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

/// Longest message that it reads, bytes.
const MAX_BODY: u64 = 8 << 20;

/// One request, as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `POST`, `GET`, `DELETE`.
    pub verb: String,
    /// The path, with the query.
    pub path: String,
    /// By names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body; null where it is no JSON.
    pub body: Value,
}

impl Asked {
    /// A header; empty where it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The method of the message; empty where there is none.
    #[must_use]
    pub fn method(&self) -> &str {
        self.body["method"].as_str().unwrap_or_default()
    }

    /// The tool that is called; empty for anything else.
    #[must_use]
    pub fn tool(&self) -> &str {
        if self.method() == "tools/call" {
            self.body["params"]["name"].as_str().unwrap_or_default()
        } else {
            ""
        }
    }
}

/// A running remote server. Dropping it closes its door; connections end by themselves.
#[derive(Debug)]
pub struct Remote {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    open: Arc<Mutex<Vec<Weak<TcpStream>>>>,
    over: Arc<AtomicBool>,
}

impl Remote {
    /// Starts one that answers each request as `answer` does.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start<F>(answer: F) -> Result<Self, Failed>
    where
        F: Fn(&Asked, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let (asked, open, over) = (Arc::default(), Arc::default(), Arc::new(AtomicBool::new(false)));
        let remote =
            Self { address, asked: Arc::clone(&asked), open: Arc::clone(&open), over: Arc::clone(&over) };
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (asked, answer, stream) = (Arc::clone(&asked), Arc::clone(&answer), Arc::new(stream));
                remember(&open, &stream);
                // The client may go at any time: that is what some trials are about.
                thread::spawn(move || serve(&stream, &asked, answer.as_ref()).ok());
            }
        });
        Ok(remote)
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// What it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets what it was asked so far, for who lets it be asked for long.
    pub fn forget(&self) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Closes every connection that a client keeps.
    pub fn hang_up(&self) {
        let open = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        for stream in open.iter().filter_map(Weak::upgrade) {
            // The client may have closed it.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// What it was asked so far by messages of this method.
    #[must_use]
    pub fn asked_for(&self, method: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.method() == method).collect()
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // So that the thread that listens looks.
        drop(TcpStream::connect(self.address));
    }
}

fn remember(open: &Mutex<Vec<Weak<TcpStream>>>, stream: &Arc<TcpStream>) {
    let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
    open.retain(|stream| stream.strong_count() > 0);
    open.push(Arc::downgrade(stream));
}

fn serve(
    stream: &TcpStream,
    asked: &Mutex<Vec<Asked>>,
    answer: &(dyn Fn(&Asked, &mut TcpStream) -> io::Result<()> + Send + Sync),
) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream.try_clone()?;
    while let Some(request) = read(&mut reader)? {
        asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        answer(&request, &mut stream)?;
        stream.flush()?;
    }
    Ok(())
}

fn read(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Asked>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (verb, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = Vec::new();
    reader.take(length.min(MAX_BODY)).read_to_end(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Ok(Some(Asked { verb, path, headers, body }))
}

/// Answers with a status, a media type and a body; the connection stays.
///
/// # Errors
/// When the client has gone.
pub fn respond(out: &mut TcpStream, status: &str, kind: &str, more: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    write!(out, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n{body}")
}

/// Answers a request with a result.
///
/// # Errors
/// When the client has gone.
pub fn result(asked: &Asked, out: &mut TcpStream, result: &Value) -> io::Result<()> {
    respond(out, "200 OK", "application/json", "", &answer_to(asked, result))
}

/// Answers a request with a JSON-RPC error.
///
/// # Errors
/// When the client has gone.
pub fn error(asked: &Asked, out: &mut TcpStream, status: &str, code: i32) -> io::Result<()> {
    let error = json!({ "code": code, "message": "refused by the script" });
    let text = json!({ "jsonrpc": "2.0", "id": asked.body["id"], "error": error }).to_string();
    respond(out, status, "application/json", "", &text)
}

/// The text of an answer.
#[must_use]
pub fn answer_to(asked: &Asked, result: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": asked.body["id"], "result": result }).to_string()
}

/// Begins a stream of events that ends with the connection.
///
/// # Errors
/// When the client has gone.
pub fn begin_events(out: &mut TcpStream) -> io::Result<()> {
    write!(out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
}

/// Sends one event.
///
/// # Errors
/// When the client has gone.
pub fn event(out: &mut TcpStream, data: &str) -> io::Result<()> {
    write!(out, "data: {data}\n\n")?;
    out.flush()
}

/// One tool called `echo`, and whatever else a trial wants to call.
#[must_use]
pub fn tools(names: &[&str]) -> Vec<Value> {
    let schema = json!({ "type": "object", "properties": { "value": {} } });
    names.iter().map(|name| json!({ "name": name, "inputSchema": schema })).collect()
}

/// The answer of a server that keeps to 2025-06-18, with sessions.
///
/// # Errors
/// When the client has gone.
pub fn legacy(asked: &Asked, out: &mut TcpStream, tools: &[Value]) -> io::Result<()> {
    match (asked.verb.as_str(), asked.method()) {
        ("POST", "initialize") => {
            let hello = json!({
                "protocolVersion": "2025-06-18",
                "capabilities": { "tools": {} },
                "serverInfo": { "name": "remote", "version": "1" }
            });
            respond(out, "200 OK", "application/json", "Mcp-Session-Id: first\r\n", &answer_to(asked, &hello))
        }
        ("POST", _) if asked.header("mcp-session-id").is_empty() => {
            respond(out, "400 Bad Request", "text/plain", "", "no session")
        }
        ("POST", "tools/list") => result(asked, out, &json!({ "tools": tools })),
        ("POST", "tools/call") => result(asked, out, &echoed(asked)),
        ("POST", method) if method.starts_with("notifications/") => {
            respond(out, "202 Accepted", "text/plain", "", "")
        }
        ("POST", _) => error(asked, out, "200 OK", -32601),
        ("DELETE", _) => respond(out, "200 OK", "text/plain", "", ""),
        _ => respond(out, "405 Method Not Allowed", "text/plain", "", ""),
    }
}

/// The answer of a server that speaks 2026-07-28 only.
///
/// # Errors
/// When the client has gone.
pub fn modern(asked: &Asked, out: &mut TcpStream, tools: &[Value]) -> io::Result<()> {
    match asked.method() {
        "server/discover" => {
            let hello = json!({
                "resultType": "complete",
                "supportedVersions": ["2026-07-28"],
                "capabilities": { "tools": { "listChanged": true } },
                "ttlMs": 0, "cacheScope": "private"
            });
            result(asked, out, &hello)
        }
        "tools/list" => result(
            asked,
            out,
            &json!({ "resultType": "complete", "tools": tools, "ttlMs": 0, "cacheScope": "private" }),
        ),
        "tools/call" => result(asked, out, &echoed(asked)),
        _ => error(asked, out, "404 Not Found", -32601),
    }
}

/// What `echo` returns.
#[must_use]
pub fn echoed(asked: &Asked) -> Value {
    let content = json!({ "value": asked.body["params"]["arguments"]["value"] });
    json!({ "content": [], "structuredContent": content, "resultType": "complete" })
}
