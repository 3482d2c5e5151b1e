//! Parses server-sent events (WHATWG HTML, "Interpreting an event stream"), to the extent that a node uses them.

use std::collections::VecDeque;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerEvent {
    /// The event's type, `message` by default.
    pub kind: String,
    /// The event's data; several lines are joined.
    pub data: String,
}

/// Parses events from bytes that arrive in pieces.
#[derive(Debug, Default)]
pub struct EventReader {
    rest: Vec<u8>,
    kind: String,
    data: Vec<String>,
    found: VecDeque<ServerEvent>,
}

impl EventReader {
    /// Adds a piece.
    pub fn feed(&mut self, piece: &[u8]) {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(part);
            // only LF ends a line: the node uses it, and proxies do not change it
            if self.rest.pop_if(|byte| *byte == b'\n').is_some() {
                let line = std::mem::take(&mut self.rest);
                self.line(&String::from_utf8_lossy(&line));
            }
        }
    }

    /// The next complete event.
    pub fn next(&mut self) -> Option<ServerEvent> {
        self.found.pop_front()
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() {
            let (kind, data) = (std::mem::take(&mut self.kind), std::mem::take(&mut self.data));
            if !data.is_empty() {
                let kind = if kind.is_empty() { "message".into() } else { kind };
                self.found.push_back(ServerEvent { kind, data: data.join("\n") });
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.kind),
            "data" => self.data.push(value.to_owned()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_their_bytes_are_cut() {
        let text = "event: session\ndata: {\"a\":1}\n\n:\n\ndata: one\ndata:two\n\nid: 7\ndata: ü\n\n".as_bytes();
        let event = |kind: &str, data: &str| ServerEvent { kind: kind.into(), data: data.into() };
        let wanted = [event("session", "{\"a\":1}"), event("message", "one\ntwo"), event("message", "ü")];
        for length in 1..=text.len() {
            let mut reader = EventReader::default();
            text.chunks(length).for_each(|piece| reader.feed(piece));
            assert_eq!(std::iter::from_fn(|| reader.next()).collect::<Vec<_>>(), wanted);
        }
    }
}
