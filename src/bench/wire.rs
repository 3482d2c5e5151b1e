//! Publications as the load tool writes and reads them, in both codecs.

use super::error::BenchError;
use hubwire_client::wire::{self, OutgoingHub, Received};
use hubwire_protocol::Codec;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `type` of the publications of a run.
pub const KIND: &str = "bench";

/// A publication to send.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The address.
    pub to: &'a str,
    /// The id; with an id the node answers.
    pub id: Option<&'a str>,
    /// The sender's index.
    pub sender: usize,
    /// Its number among all of the sender's.
    pub index: u64,
    /// Its number among the sender's in this stream.
    pub number: u64,
    /// When it was due, in nanoseconds of the run.
    pub at_ns: u64,
    /// Bytes of its payload as JSON, unless its fields need more.
    pub size: usize,
}

#[derive(Serialize)]
struct Sent<'a> {
    s: usize,
    k: u64,
    n: u64,
    at: u64,
    pad: &'a str,
}

impl Outgoing<'_> {
    /// Encodes it. `pad` is a string of at least `size` bytes that need no escaping.
    pub fn encode(&self, codec: Codec, pad: &str) -> Result<Vec<u8>, BenchError> {
        let Outgoing { to, id, sender, index, number, at_ns, size } = *self;
        let digits = |number: u64| number.checked_ilog10().unwrap_or(0) as usize + 1;
        let bare = r#"{"s":,"k":,"n":,"at":,"pad":""}"#.len()
            + [sender as u64, index, number, at_ns].into_iter().map(digits).sum::<usize>();
        let payload = Sent { s: sender, k: index, n: number, at: at_ns, pad: &pad[..size.saturating_sub(bare)] };
        Ok(wire::Outgoing::new(KIND, Some(payload), OutgoingHub { to: Some(to), id }).encode(codec)?)
    }
}

/// Encodes a control action; its type is its id.
pub fn control(codec: Codec, kind: &str, to: Option<&str>, payload: serde_json::Value) -> Result<Vec<u8>, BenchError> {
    Ok(wire::Outgoing::new(kind, Some(payload), OutgoingHub { to, id: Some(kind) }).encode(codec)?)
}

/// An action that arrived, with the fields that the load tool reads of any type.
pub type Arrived<'a> = Received<'a, Payload>;

/// `payload` of an arrived action.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Payload {
    /// Of a publication: the sender's index.
    #[serde(rename = "s")]
    pub sender: Option<usize>,
    /// Of a publication: its number among all of the sender's.
    #[serde(rename = "k")]
    pub index: u64,
    /// Of a publication: its number among the sender's in this stream.
    #[serde(rename = "n")]
    pub number: u64,
    /// Of a publication: when it was due.
    #[serde(rename = "at")]
    pub at_ns: u64,
    /// Of a welcome: the session's user.
    pub user: Option<String>,
    /// Of a welcome: the tops of the streams.
    pub resume: BTreeMap<String, String>,
    /// Of an answer to a resume.
    pub recovered: Option<bool>,
    /// Of an error.
    pub code: Option<String>,
    /// Of an error.
    pub message: Option<String>,
    /// Of an answer.
    pub pos: Option<String>,
    /// Of an announcement: users that came or went.
    pub users: Vec<IgnoredAny>,
    /// Of an announcement: members with a new state or profile.
    pub members: Vec<IgnoredAny>,
}

/// Parses an action. `None` for a shape that neither the load tool nor the node writes: others may publish, too.
pub fn read(codec: Codec, bytes: &[u8]) -> Option<Arrived<'_>> {
    Arrived::decode(codec, bytes).ok()
}

/// The error, if this is `@@hub/error`.
pub fn refusal(arrived: &Arrived<'_>) -> Option<BenchError> {
    let payload = arrived.payload.as_ref().filter(|_| arrived.kind == "@@hub/error")?;
    Some(BenchError::Refused {
        code: payload.code.clone().unwrap_or_default(),
        message: payload.message.clone().unwrap_or_default(),
    })
}

/// The sequence number of the position; 0 without one.
pub fn seq(arrived: &Arrived<'_>) -> u64 {
    arrived.meta.hub.pos.as_deref().and_then(|pos| pos.split('-').next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publication_has_its_size_and_comes_back_in_both_codecs() {
        let pad = "x".repeat(1000);
        for codec in [Codec::Json, Codec::MsgPack] {
            for (size, number) in [(128, 0), (128, 12_345), (1000, 9), (1000, 10)] {
                let out = Outgoing { to: "ch:o/r", id: Some("i"), sender: 3, index: 40, number, at_ns: 123_456, size };
                let bytes = out.encode(codec, &pad).unwrap();
                if codec == Codec::Json {
                    let raw: BTreeMap<&str, &serde_json::value::RawValue> = serde_json::from_slice(&bytes).unwrap();
                    assert_eq!(raw["payload"].get().len(), size);
                }
                let back = read(codec, &bytes).unwrap();
                assert_eq!((&*back.kind, back.meta.hub.to.as_deref()), (KIND, Some("ch:o/r")));
                let payload = back.payload.unwrap();
                assert_eq!((payload.sender, payload.index, payload.number), (Some(3), 40, number));
                assert_eq!(payload.at_ns, 123_456);
            }
        }
    }

    #[test]
    fn what_a_publication_must_hold_comes_before_its_size() {
        let out = Outgoing { to: "ch:o/r", id: None, sender: 0, index: 0, number: 0, at_ns: 0, size: 1 };
        assert!(read(Codec::Json, &out.encode(Codec::Json, "x").unwrap()).is_some());
    }

    #[test]
    fn an_error_is_told_with_what_to_do() {
        let text = br#"{"type":"@@hub/error","error":true,
            "payload":{"code":"rate_limited","message":"\"slow\"","retry":true}}"#;
        let refusal = refusal(&read(Codec::Json, text).unwrap()).unwrap();
        assert!(refusal.to_string().contains("limits.actions_per_second"), "{refusal}");
        assert_eq!(refusal.exit_code(), 2);
    }
}
