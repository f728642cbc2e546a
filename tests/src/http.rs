//! HTTP/1.1 as a client speaks it, from bytes, so that it can also say what no client would.

use crate::Failed;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// No answer may take longer.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where a gateway is.
#[derive(Debug, Clone)]
pub enum At {
    /// `host:port`.
    Tcp(String),
    /// A unix socket.
    Unix(PathBuf),
}

/// One host: what it sends with every request.
#[derive(Debug, Clone)]
pub struct Host {
    at: At,
    headers: Vec<(String, String)>,
    next_id: u64,
}

/// An answer, as far as it was read.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    body: Body,
}

#[derive(Debug)]
struct Body {
    from: BufReader<Stream>,
    /// Bytes of the chunk that are still to come; of the whole body, where it is not chunked.
    left: u64,
    chunked: bool,
    ended: bool,
    /// Of a stream: what came and was not yet an event.
    pending: String,
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    fn hang_up(&self) {
        // It may be closed already.
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Host {
    /// A host that has said nothing yet.
    #[must_use]
    pub fn new(at: At) -> Self {
        let headers = [
            ("Host", "localhost"),
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { at, headers, next_id: 1 }
    }

    /// The same host with one more header, or another value for it.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same host with a token.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    /// The id of its session.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        let header = self.headers.iter().find(|(name, _)| name == "Mcp-Session-Id");
        header.map(|(_, value)| value.as_str())
    }

    /// Begins a session of this revision.
    ///
    /// # Errors
    /// When there is none.
    pub fn begin(self, version: &str) -> Result<Self, Failed> {
        let hello = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "tests", "version": "1" } });
        let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello });
        let mut reply = self.send("POST", hello.to_string().as_bytes())?;
        let session = reply.header("mcp-session-id").map(str::to_owned);
        let answer = reply.message()?;
        let session = session.ok_or_else(|| format!("{}: no session: {answer}", reply.status))?;
        let version = answer["result"]["protocolVersion"].as_str().unwrap_or(version).to_owned();
        let begun = self.with("Mcp-Session-Id", &session).with("MCP-Protocol-Version", &version);
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        begun.send("POST", initialized.to_string().as_bytes())?;
        Ok(begun)
    }

    /// Makes a request of its session; the answer is still to be read.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub fn ask(&mut self, method: &str, params: &Value) -> Result<(u64, Reply), Failed> {
        let id = self.next_id;
        self.next_id += 1;
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        Ok((id, self.send("POST", message.to_string().as_bytes())?))
    }

    /// Makes a request without a session, as revision 2026-07-28 does.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub fn ask_modern(&mut self, method: &str, params: &Value) -> Result<Reply, Failed> {
        let (host, message) = self.modern(method, params);
        host.send("POST", message.as_bytes())
    }

    /// Makes a request as [`Host::ask_modern`] does, and hangs up after a while, answered or not.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub fn ask_and_leave(&mut self, method: &str, params: &Value, after: Duration) -> Result<(), Failed> {
        let (host, message) = self.modern(method, params);
        let stream = host.connect(&host.request("POST", message.as_bytes()))?;
        std::thread::sleep(after);
        stream.hang_up();
        Ok(())
    }

    /// The request, and who sends it.
    fn modern(&mut self, method: &str, params: &Value) -> (Self, String) {
        let version = crate::gateway::MODERN;
        let id = self.next_id;
        self.next_id += 1;
        let mut params = params.clone();
        let meta = params["_meta"].take();
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "tests", "version": "1" }
        });
        if !meta["progressToken"].is_null() {
            params["_meta"]["progressToken"] = meta["progressToken"].clone();
        }
        let mut host = self.clone().with("MCP-Protocol-Version", version).with("Mcp-Method", method);
        if let Some(name) = params["name"].as_str() {
            host = host.with("Mcp-Name", name);
        }
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        (host, message.to_string())
    }

    /// Runs a program in its session; the report.
    ///
    /// # Errors
    /// When there is none.
    pub fn execute(&mut self, code: &str) -> Result<Value, Failed> {
        let call = json!({ "name": "execute", "arguments": { "code": code } });
        let (id, mut reply) = self.ask("tools/call", &call)?;
        let answer = reply.answer(id)?;
        Ok(answer["result"]["structuredContent"].clone())
    }

    /// Runs a program without a session; the report.
    ///
    /// # Errors
    /// When there is none.
    pub fn execute_modern(&mut self, code: &str) -> Result<Value, Failed> {
        let call = json!({ "name": "execute", "arguments": { "code": code } });
        let answer = self.ask_modern("tools/call", &call)?.message()?;
        Ok(answer["result"]["structuredContent"].clone())
    }

    /// Sends one request over a connection of its own; its head is read.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn send(&self, method: &str, body: &[u8]) -> Result<Reply, Failed> {
        self.raw(&self.request(method, body))
    }

    fn request(&self, method: &str, body: &[u8]) -> Vec<u8> {
        let mut head = format!("{method} /mcp HTTP/1.1\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        [head.as_bytes(), b"\r\n", body].concat()
    }

    /// Sends any bytes over a connection of its own; the head of the answer is read.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn raw(&self, bytes: &[u8]) -> Result<Reply, Failed> {
        Reply::read(BufReader::new(self.connect(bytes)?))
    }

    fn connect(&self, bytes: &[u8]) -> Result<Stream, Failed> {
        let told = |error: std::io::Error| format!("{:?}: {error}", self.at);
        let mut stream = match &self.at {
            At::Tcp(address) => TcpStream::connect(address).map(Stream::Tcp).map_err(told)?,
            At::Unix(path) => UnixStream::connect(path).map(Stream::Unix).map_err(told)?,
        };
        let patience = Some(PATIENCE);
        match &stream {
            Stream::Tcp(stream) => stream.set_read_timeout(patience).map_err(told)?,
            Stream::Unix(stream) => stream.set_read_timeout(patience).map_err(told)?,
        }
        // Who answers before all of it was sent may have closed already.
        let _ = stream.write_all(bytes);
        Ok(stream)
    }
}

impl Reply {
    fn read(mut from: BufReader<Stream>) -> Result<Self, Failed> {
        let mut lines = Vec::new();
        loop {
            let line = line(&mut from)?;
            match line.trim_end() {
                "" if lines.is_empty() => return Err("the connection was closed without an answer".into()),
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let status = lines[0].split(' ').nth(1).and_then(|status| status.parse().ok());
        let header = |line: &String| {
            line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        };
        let headers: Vec<_> = lines[1..].iter().filter_map(header).collect();
        let value = |name: &str| headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
        let chunked = value("transfer-encoding").is_some_and(|coding| coding == "chunked");
        let left = value("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let body = Body { from, left, chunked, ended: !chunked && left == 0, pending: String::new() };
        Ok(Self { status: status.ok_or("no status")?, headers, body })
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The rest of the body.
    ///
    /// # Errors
    /// When it breaks off.
    pub fn text(&mut self) -> Result<String, Failed> {
        let mut text = Vec::new();
        while let Some(bytes) = self.body.next()? {
            text.extend(bytes);
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// The next message: the body, or an event of a stream.
    ///
    /// # Errors
    /// When there is none.
    pub fn message(&mut self) -> Result<Value, Failed> {
        let is_stream = self.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
        let text = if is_stream { self.body.event()? } else { self.text()? };
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}: {text:.300}", self.status).into())
    }

    /// The answer to this request; notifications before it are passed over.
    ///
    /// # Errors
    /// When there is none.
    pub fn answer(&mut self, id: u64) -> Result<Value, Failed> {
        loop {
            let message = self.message()?;
            if message["id"] == id {
                return Ok(message);
            }
        }
    }

    /// Closes the connection, whatever is still to come.
    pub fn hang_up(self) {
        self.body.from.get_ref().hang_up();
    }
}

impl Body {
    /// The next bytes; nothing at the end.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failed> {
        if self.chunked && self.left == 0 && !self.ended {
            let size = line(&mut self.from)?;
            self.left = u64::from_str_radix(size.trim(), 16).map_err(|error| format!("{error}: {size:?}"))?;
            self.ended = self.left == 0;
        }
        if self.ended {
            return Ok(None);
        }
        let mut bytes = vec![0; usize::try_from(self.left).unwrap_or(usize::MAX).min(64 << 10)];
        let read = self.from.read(&mut bytes).map_err(|error| format!("the answer breaks off: {error}"))?;
        if read == 0 {
            return Err("the answer breaks off".into());
        }
        bytes.truncate(read);
        self.left -= read as u64;
        if self.left == 0 && self.chunked {
            line(&mut self.from)?;
        }
        self.ended = self.left == 0 && !self.chunked;
        Ok(Some(bytes))
    }

    /// The data of the next event that has any.
    fn event(&mut self) -> Result<String, Failed> {
        loop {
            while let Some((event, rest)) = self.pending.split_once("\n\n") {
                let data = event.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim_start);
                let data = data.collect::<Vec<_>>().join("\n");
                self.pending = rest.to_owned();
                if !data.is_empty() {
                    return Ok(data);
                }
            }
            let bytes = self.next()?.ok_or("the stream has ended")?;
            self.pending.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
}

fn line(from: &mut BufReader<Stream>) -> Result<String, Failed> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line).map_err(|error| format!("no answer: {error}"))?;
    Ok(String::from_utf8_lossy(&line).into_owned())
}
