//! Commands and replies as JSON: documents in a text frame, separated by line feeds.

use super::command::*;
use super::reply::Reply;
use serde::Deserialize;
use std::ops::Range;

/// A command and its byte range in the frame.
pub type Part<'a> = (Command<'a>, Range<usize>);

/// A frame that does not conform to the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// The JSON form of a command; if it has several requests, the first one of this order counts.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Document<'a> {
    id: u32,
    #[serde(borrow)]
    connect: Option<Connect<'a>>,
    #[serde(borrow)]
    subscribe: Option<Subscribe<'a>>,
    #[serde(borrow)]
    unsubscribe: Option<OfChannel<'a>>,
    #[serde(borrow)]
    publish: Option<Publish<'a>>,
    #[serde(borrow)]
    presence: Option<OfChannel<'a>>,
    #[serde(borrow)]
    presence_stats: Option<OfChannel<'a>>,
    #[serde(borrow)]
    history: Option<History<'a>>,
    ping: Option<serde::de::IgnoredAny>,
    send: Option<serde::de::IgnoredAny>,
    #[serde(borrow)]
    rpc: Option<Rpc<'a>>,
    #[serde(borrow)]
    refresh: Option<Refresh<'a>>,
    #[serde(borrow)]
    sub_refresh: Option<SubRefresh<'a>>,
}

impl<'a> Document<'a> {
    fn call(self) -> Option<Call<'a>> {
        let Document { id: _, connect, subscribe, unsubscribe, publish, presence, presence_stats, .. } = self;
        let Document { history, ping, send, rpc, refresh, sub_refresh, .. } = self;
        connect
            .map(Call::Connect)
            .or(subscribe.map(Call::Subscribe))
            .or(unsubscribe.map(Call::Unsubscribe))
            .or(publish.map(Call::Publish))
            .or(presence.map(Call::Presence))
            .or(presence_stats.map(Call::PresenceStats))
            .or(history.map(Call::History))
            .or(ping.map(|_| Call::Ping))
            .or(send.map(|_| Call::Send))
            .or(rpc.map(Call::Rpc))
            .or(refresh.map(Call::Refresh))
            .or(sub_refresh.map(Call::SubRefresh))
    }
}

/// The commands of a frame, at most `commands_max`. Never panics.
pub fn decode(frame: &[u8], commands_max: usize) -> Result<Vec<Part<'_>>, Malformed> {
    let mut documents = serde_json::Deserializer::from_slice(frame).into_iter::<Document>();
    let mut parts = Vec::new();
    loop {
        let begin = documents.byte_offset();
        let Some(document) = documents.next() else { break };
        let document = document.map_err(|error| Malformed(error.to_string()))?;
        if parts.len() == commands_max {
            return Err(Malformed(format!("a frame has at most {commands_max} commands")));
        }
        let id = document.id;
        parts.push((Command { id, call: document.call() }, begin..documents.byte_offset()));
    }
    match parts.is_empty() {
        true => Err(Malformed("the frame holds no command".into())),
        false => Ok(parts),
    }
}

/// Appends a command to a frame.
pub fn put_call(out: &mut Vec<u8>, id: u32, name: &str, call: &impl serde::Serialize) {
    if !out.is_empty() {
        out.push(b'\n');
    }
    out.extend_from_slice(format!("{{\"id\":{id},\"{name}\":").as_bytes());
    // writing to a vector cannot fail, and all map keys are strings
    let written = serde_json::to_writer(&mut *out, call);
    debug_assert!(written.is_ok());
    out.push(b'}');
}

/// Appends a reply to a frame.
pub fn put_reply(out: &mut Vec<u8>, reply: &Reply<'_>) {
    if !out.is_empty() {
        out.push(b'\n');
    }
    // as above
    let written = serde_json::to_writer(&mut *out, reply);
    debug_assert!(written.is_ok());
}
