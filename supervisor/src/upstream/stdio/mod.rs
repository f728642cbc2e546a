//! A server that is a program of ours: JSON-RPC messages, one a line, over its standard input and output.

mod process;
mod stderr;

use std::sync::Arc;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::mpsc;

use super::cut;
use super::lines::{self, Line};
use super::message::{Answer, Heard, Incoming, MAX_MESSAGE, hear};
use super::wire::{Ends, Fate, Wire};
use crate::config::{Program, ServerConfig};

pub(super) use process::Process;

/// Starts the program, and reads and writes in the background until either end closes.
///
/// # Errors
/// When the program cannot be started; in words that name it.
pub(super) fn open(config: &Arc<ServerConfig>, program: &Program) -> Result<(Wire, Process), String> {
    let (process, pipes) = Process::spawn(config, program)?;
    let (wire, ends) = Wire::new();
    let Ends { deliver, to_send, reply, fate } = ends;
    tokio::spawn(write(pipes.stdin, to_send));
    let reader = Reader { server: config.name.clone(), deliver, reply, strays: 0 };
    tokio::spawn(read(pipes.stdout, reader, fate));
    Ok((wire, process))
}

/// A task of its own, so that a caller that gives up never leaves half a line behind.
async fn write(mut stdin: ChildStdin, mut messages: mpsc::Receiver<Vec<u8>>) {
    while let Some(mut line) = messages.recv().await {
        line.push(b'\n');
        if stdin.write_all(&line).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

struct Reader {
    server: String,
    deliver: mpsc::Sender<Incoming>,
    reply: mpsc::WeakSender<Vec<u8>>,
    strays: u64,
}

async fn read(stdout: ChildStdout, mut reader: Reader, fate: Fate) {
    let mut stdout = BufReader::with_capacity(64 << 10, stdout);
    loop {
        let message = match lines::next(&mut stdout, MAX_MESSAGE).await {
            Ok(Some(Line::Whole(line))) => reader.understand(&line),
            Ok(Some(Line::Cut(line))) => match rest_of_listing(&line, &mut stdout).await {
                Some(answer) => Some(Incoming::Answer(answer)),
                None => {
                    let _ =
                        fate.set(format!("it sent a line longer than {MAX_MESSAGE} bytes and was stopped"));
                    return;
                }
            },
            Ok(None) | Err(_) => return,
        };
        if let Some(message) = message
            && reader.deliver.send(message).await.is_err()
        {
            return;
        }
    }
}

/// Nothing but a listing is worth reading to the end of an endless line.
async fn rest_of_listing(line: &[u8], stdout: &mut BufReader<ChildStdout>) -> Option<Answer> {
    let listing = cut::listing(line)?;
    let tail = lines::skip_rest(stdout).await.ok()?;
    let (id, text) = listing.ended(&tail)?;
    Some(Answer { id, result: Ok(text) })
}

impl Reader {
    /// What a line says; `None` where it is nothing for us.
    fn understand(&mut self, line: &[u8]) -> Option<Incoming> {
        match hear(&self.server, line) {
            Heard::Message(message) => return Some(message),
            Heard::Nothing => {}
            Heard::Stray => self.stray(line),
            Heard::Refusal(refusal) => {
                // A queue that is full belongs to a server that does not read: it gets no answer.
                if let Some(reply) = self.reply.upgrade() {
                    let _ = reply.try_send(refusal);
                }
            }
        }
        None
    }

    /// Text between the messages: prints that should have gone to standard error. Only the first is told.
    fn stray(&mut self, line: &[u8]) {
        self.strays += 1;
        if self.strays == 1 {
            let bytes = line.len();
            tracing::warn!(
                target: "upstream",
                server = self.server,
                bytes,
                "it writes lines to standard output that are no JSON-RPC message; they are passed over"
            );
        }
    }
}
