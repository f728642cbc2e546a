//! Calls that were refused before they were sent: a failed run says what was tried last, too.

use crate::report::CallRecord;
use guest_protocol::message::ToolFailureCode;
use std::collections::VecDeque;

/// The latest that are kept: a program may go on asking ten thousand times.
const KEPT: usize = 64;
/// Longest name that is kept, bytes: nothing has checked it.
const NAME_BYTES: usize = 128;

/// Each with how many calls were made before it.
#[derive(Debug, Default)]
pub(super) struct Refused {
    last: VecDeque<(usize, CallRecord)>,
    forgotten: usize,
}

impl Refused {
    pub(super) fn add(&mut self, made: usize, server: &str, tool: &str, why: ToolFailureCode) {
        if self.last.len() == KEPT {
            self.last.pop_front();
            self.forgotten += 1;
        }
        let note = Some(format!("not sent: {}", words(why)));
        let (server, tool) = (bounded(server), bounded(tool));
        self.last.push_back((made, CallRecord { server, tool, ok: false, ms: 0, note }));
    }

    /// All calls in their order.
    pub(super) fn among(mut self, made: impl Iterator<Item = CallRecord>) -> Vec<CallRecord> {
        if let Some((_, CallRecord { note: Some(note), .. })) = self.last.front_mut()
            && self.forgotten > 0
        {
            note.push_str(&format!("; nor were {} before it that are not listed", self.forgotten));
        }
        let mut all = Vec::new();
        for (index, call) in made.enumerate() {
            while let Some((_, refused)) = self.last.pop_front_if(|(before, _)| *before <= index) {
                all.push(refused);
            }
            all.push(call);
        }
        all.extend(self.last.into_iter().map(|(_, refused)| refused));
        all
    }
}

fn bounded(name: &str) -> String {
    name[..name.floor_char_boundary(NAME_BYTES)].to_owned()
}

const fn words(why: ToolFailureCode) -> &'static str {
    match why {
        ToolFailureCode::Denied => "the operator's profile does not grant it",
        ToolFailureCode::Limit => "this run had used up its calls",
        ToolFailureCode::UnknownServer => "there is no such server",
        ToolFailureCode::UnknownTool => "the server has no such tool",
        ToolFailureCode::NotOffered => "the server has nothing of the kind",
        _ => "it was refused",
    }
}
