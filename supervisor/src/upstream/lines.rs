//! Lines of a stream, none longer than its bound: what an upstream writes is read into memory only up to there.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// One line, without its newline.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// All of it.
    Whole(Vec<u8>),
    /// Its first bytes, up to the bound. The rest is still in the stream.
    Cut(Vec<u8>),
}

/// Reads one line of at most `bound` bytes; `None` at the end of the stream.
///
/// # Errors
/// When the stream cannot be read.
pub(crate) async fn next<R: AsyncBufRead + Unpin>(from: &mut R, bound: usize) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    loop {
        let available = from.fill_buf().await?;
        if available.is_empty() {
            return Ok((!line.is_empty()).then_some(Line::Whole(line)));
        }
        let newline = available.iter().position(|&byte| byte == b'\n');
        let room = bound - line.len();
        let part = available.get(..newline.unwrap_or(available.len()).min(room)).unwrap_or_default();
        line.extend_from_slice(part);
        let taken = part.len();
        if newline == Some(taken) {
            from.consume(taken + 1);
            return Ok(Some(Line::Whole(line)));
        }
        let more = available.len() > taken;
        from.consume(taken);
        if more {
            return Ok(Some(Line::Cut(line)));
        }
    }
}

/// How much of the end of a passed line is given, bytes.
const TAIL: usize = 128;

/// Passes over the rest of a line that was cut, and gives its last bytes.
///
/// # Errors
/// When the stream cannot be read.
pub(crate) async fn skip_rest<R: AsyncBufRead + Unpin>(from: &mut R) -> io::Result<Vec<u8>> {
    let mut tail = Vec::new();
    loop {
        let available = from.fill_buf().await?;
        let newline = available.iter().position(|&byte| byte == b'\n');
        let (taken, done) = newline.map_or((available.len(), available.is_empty()), |at| (at + 1, true));
        let passed = available.get(..newline.unwrap_or(taken)).unwrap_or_default();
        tail.extend_from_slice(passed.get(passed.len().saturating_sub(TAIL)..).unwrap_or_default());
        tail.drain(..tail.len().saturating_sub(TAIL));
        from.consume(taken);
        if done {
            return Ok(tail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, next, skip_rest};

    #[tokio::test]
    async fn a_line_is_cut_at_its_bound_and_the_next_one_is_whole() {
        let mut stream = &b"12345\n123456\nx"[..];
        let mut line = async |bound| next(&mut stream, bound).await.ok().flatten();
        assert_eq!(line(5).await, Some(Line::Whole(b"12345".to_vec())));
        assert_eq!(line(5).await, Some(Line::Cut(b"12345".to_vec())));
        assert_eq!(skip_rest(&mut stream).await.ok().as_deref(), Some(&b"6"[..]));
        let mut line = async |bound| next(&mut stream, bound).await.ok().flatten();
        assert_eq!(line(5).await, Some(Line::Whole(b"x".to_vec())));
        assert_eq!(line(5).await, None);
    }
}
