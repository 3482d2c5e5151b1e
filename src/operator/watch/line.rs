//! A publication in an operator's list.

use hubwire_actors::observer::Accepted;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::{Address, Position, SessionId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A line; see the module. `payload` is only present for keys that may see it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Line {
    /// When its node accepted it, Unix milliseconds.
    pub ts: u64,
    /// The address.
    pub to: Address,
    /// The action's `type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The sender; absent for the server API without a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The session that sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// The sender's id for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The position in its stream; absent: it skipped the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos: Option<Position>,
    /// The position of a direct message's copy in its sender's own stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_pos: Option<Position>,
    /// Bytes of payload and `meta`.
    pub bytes: usize,
    /// Sessions that a direct message goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<usize>,
    /// Their nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<usize>,
    /// Whether it is a repeat: nothing was stored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
    /// `meta.traceparent` (W3C Trace Context), if the sender gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The payload as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<hubwire_protocol::event::Json>"))]
    pub payload: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Meta {
    traceparent: Option<String>,
}

impl Line {
    /// The line of an accepted publication; `None` if it cannot be read.
    pub fn read(accepted: &Accepted) -> Option<Line> {
        let mut line = Line::stored(&accepted.envelope)?;
        let ack = &accepted.ack;
        line.pos = ack.pos;
        line.own_pos = ack.own_pos;
        line.sessions = ack.sessions;
        line.nodes = ack.nodes;
        line.duplicate = ack.duplicate;
        Some(line)
    }

    /// The line of a stored publication.
    pub fn stored(envelope: &[u8]) -> Option<Line> {
        let envelope = Envelope::decode(envelope).ok()?;
        let meta: Option<Meta> = envelope.meta.and_then(|meta| serde_json::from_str(meta).ok());
        Some(Line {
            ts: envelope.ts,
            to: envelope.to.parse().ok()?,
            kind: envelope.kind.to_owned(),
            from: envelope.from.map(str::to_owned),
            session: envelope.session,
            id: envelope.id.map(str::to_owned),
            pos: None,
            own_pos: None,
            bytes: envelope.payload.map_or(0, str::len) + envelope.meta.map_or(0, str::len),
            sessions: None,
            nodes: None,
            duplicate: false,
            traceparent: meta.and_then(|meta| meta.traceparent),
            payload: envelope.payload.and_then(|payload| RawValue::from_string(payload.to_owned()).ok()),
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use hubwire_protocol::event::Ack;

    /// A publication of `u1` with a position.
    pub fn line(to: &str, kind: &str, seq: u64) -> Line {
        let envelope = Envelope {
            to,
            from: Some("u1"),
            session: None,
            id: Some("k1"),
            ts: 7,
            kind,
            payload: Some(r#"{"n":1}"#),
            error: None,
            meta: Some(r#"{"traceparent":"00-ab-cd-01"}"#),
            narrowed: None,
        };
        let ack = Ack { pos: Some(Position { seq, nonce: 1 }), sessions: Some(2), ..Ack::default() };
        Line::read(&Accepted { envelope: envelope.encode().into(), ack }).unwrap()
    }

    #[test]
    fn a_line_says_what_was_sent_and_what_became_of_it() {
        let mut line = line("user:u2", "chat/whisper", 9);
        line.payload = None;
        assert_eq!(
            serde_json::to_value(&line).unwrap(),
            serde_json::json!({
                "ts": 7, "to": "user:u2", "type": "chat/whisper", "from": "u1", "id": "k1", "pos": "9-1",
                "bytes": 36, "sessions": 2, "traceparent": "00-ab-cd-01",
            })
        );
        assert!(Line::stored(b"something else").is_none());
    }
}
