//! Server-sent events (WHATWG HTML, 9.2.6), as far as MCP uses them: the data of each, none longer than its bound.

use std::time::Duration;

use super::super::message::MAX_MESSAGE;

/// Longest name of a field, `id` and `retry` with their values; longer lines other than data are passed over.
const MAX_FIELD: usize = 4096;
/// The pauses that a server may ask for before it is asked again.
const MIN_RETRY: Duration = Duration::from_millis(10);
const MAX_RETRY: Duration = Duration::from_secs(60);

/// A stream of events, in pieces of any size.
#[derive(Default)]
pub(super) struct Events {
    /// The line that is not over.
    line: Vec<u8>,
    /// The data of the event that is not over.
    data: Vec<u8>,
    has_data: bool,
    /// Whether the event is one of another type than `message`.
    foreign: bool,
    /// Whether the last byte was a carriage return: a line feed after it ends no second line.
    after_return: bool,
    /// The last id; empty where the server took it back.
    pub(super) last_id: Option<String>,
    /// How long to wait before asking again, where the server says so.
    pub(super) retry: Option<Duration>,
}

/// An event longer than any may be; its beginning.
#[derive(Debug)]
pub(super) struct TooLong(pub(super) Vec<u8>);

impl Events {
    /// The data of the next event in `piece`, of which what was read is taken off; `None` at its end.
    ///
    /// # Errors
    /// When an event is too long.
    pub(super) fn next(&mut self, piece: &mut &[u8]) -> Result<Option<Vec<u8>>, TooLong> {
        loop {
            if self.after_return && piece.first() == Some(&b'\n') {
                *piece = piece.get(1..).unwrap_or_default();
            }
            self.after_return &= piece.is_empty();
            let end = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = piece.get(..end.unwrap_or(piece.len())).unwrap_or_default();
            self.take(part)?;
            let Some(end) = end else {
                *piece = &[];
                return Ok(None);
            };
            self.after_return = piece.get(end) == Some(&b'\r');
            *piece = piece.get(end + 1..).unwrap_or_default();
            if let Some(data) = self.line_over() {
                return Ok(Some(data));
            }
        }
    }

    /// Where to go on after this stream, in another.
    pub(super) fn resumable(&self) -> Option<&str> {
        self.last_id.as_deref().filter(|id| !id.is_empty())
    }

    /// The state for a stream that goes on where this one ended.
    pub(super) fn resumed(&self) -> Self {
        Self { last_id: self.last_id.clone(), retry: self.retry, ..Self::default() }
    }

    /// How many bytes are in memory.
    pub(super) fn held(&self) -> usize {
        self.line.len() + self.data.len()
    }

    fn take(&mut self, part: &[u8]) -> Result<(), TooLong> {
        if self.held() + part.len() > MAX_MESSAGE {
            let line = std::mem::take(&mut self.line);
            let mut begun = std::mem::take(&mut self.data);
            begun.extend_from_slice(value_of(&line, b"data").unwrap_or_default());
            return Err(TooLong(begun));
        }
        // Only data is worth keeping however long it is.
        if self.line.len() < MAX_FIELD || self.line.starts_with(b"data") {
            self.line.extend_from_slice(part);
        }
        Ok(())
    }

    /// The event's data where the line that is over was empty, which ends it.
    fn line_over(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            let ours = std::mem::take(&mut self.has_data) && !std::mem::take(&mut self.foreign);
            let data = std::mem::take(&mut self.data);
            return ours.then_some(data);
        }
        if let Some(value) = value_of(&line, b"data") {
            if std::mem::replace(&mut self.has_data, true) {
                self.data.push(b'\n');
                self.data.extend_from_slice(value);
            } else {
                self.data = value.to_vec();
            }
        } else if let Some(value) = value_of(&line, b"event") {
            self.foreign = !value.is_empty() && value != b"message";
        } else if let Some(value) = value_of(&line, b"id") {
            self.last_id = String::from_utf8(value.to_vec()).ok().filter(|id| !id.contains('\0'));
        } else if let Some(value) = value_of(&line, b"retry") {
            let ms = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            self.retry = ms.map(|ms| Duration::from_millis(ms).clamp(MIN_RETRY, MAX_RETRY)).or(self.retry);
        }
        None
    }
}

/// The value of a line, where it is of this field.
fn value_of<'l>(line: &'l [u8], field: &[u8]) -> Option<&'l [u8]> {
    let rest = line.strip_prefix(field)?;
    let value = match rest.strip_prefix(b":") {
        Some(value) => value,
        None if rest.is_empty() => rest,
        None => return None,
    };
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::Events;
    use crate::upstream::message::MAX_MESSAGE;

    fn all(text: &str, size: usize) -> (Vec<String>, Events) {
        let (mut events, mut found) = (Events::default(), Vec::new());
        for piece in text.as_bytes().chunks(size) {
            let mut piece = piece;
            while let Some(data) = events.next(&mut piece).expect("none is too long") {
                found.push(String::from_utf8_lossy(&data).into_owned());
            }
        }
        (found, events)
    }

    #[test]
    fn events_are_the_same_however_they_are_cut() {
        let stream = ": comment\r\nid: 7\r\ndata: a\r\ndata:b\r\n\r\nevent: ping\ndata: no\n\n\
                      event: message\rdata:  c\r\rretry: 20\nid\ndata\n\ndata: unfinished\n";
        for size in 1..stream.len() {
            let (found, events) = all(stream, size);
            assert_eq!(found, ["a\nb", " c", ""], "in pieces of {size}");
            assert_eq!(events.last_id.as_deref(), Some(""));
            assert_eq!(events.retry.map(|retry| retry.as_millis()), Some(20));
        }
    }

    #[test]
    fn an_endless_event_is_cut_and_an_endless_comment_is_passed_over() {
        let piece = vec![b'x'; 1 << 20];
        let mut events = Events::default();
        events.next(&mut &b"data: "[..]).expect("it is short");
        let mut fed = 0;
        let cut = loop {
            match events.next(&mut piece.as_slice()) {
                Ok(_) => fed += piece.len(),
                Err(cut) => break cut.0,
            }
        };
        assert!(fed <= MAX_MESSAGE && cut.len() == fed, "{fed} fed, {} kept", cut.len());
        let mut events = Events::default();
        events.next(&mut &b":"[..]).expect("it is short");
        for _ in 0..100 {
            events.next(&mut piece.as_slice()).expect("nothing is kept");
        }
        assert!(events.held() <= (1 << 20) + 1, "{} held", events.held());
    }
}
