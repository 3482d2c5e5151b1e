//! Publications in the form that clients with deltas read: the data is a string, either whole or a delta against the
//! previous data (see [`super::fossil`]).

use super::dialect::Format;
use super::fossil;
use super::protobuf::wire::{prefixed, put_prefixed, Fields, Message, Value};
use crate::dialect::WireProtocol;
use crate::frame::{frame, parts};
use bytes::{Bytes, BytesMut};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Frames with publications of one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retold {
    /// The frames in that form.
    pub frames: Bytes,
    /// The data of the last publication in them.
    pub last: Bytes,
}

/// What a reply tells about a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// The subscription has started, with or without deltas.
    Subscribed {
        /// With deltas.
        delta: bool,
    },
    /// The subscription has ended.
    Unsubscribed,
    /// Anything else.
    Otherwise,
}

/// A publication within the payload of a frame.
struct Published<'a> {
    channel: Cow<'a, str>,
    data: &'a [u8],
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    push: Push<'a>,
}

#[derive(Deserialize)]
struct Push<'a> {
    #[serde(borrow)]
    channel: Cow<'a, str>,
    #[serde(rename = "pub", borrow)]
    publication: Publication<'a>,
}

#[derive(Deserialize)]
struct Publication<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reply {
    id: u32,
    subscribe: Option<Subscribed>,
    unsubscribe: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Subscribed {
    delta: bool,
}

/// The number of the field `delta` of a publication.
const DELTA: u32 = 8;

impl Format {
    /// The channel of the first publication in frames that the node wrote; `None` if they contain none.
    pub fn channel_published(self, frames: &[u8]) -> Option<String> {
        let mut published = parts(frames).filter_map(|part| self.published(frames.get(part.payload)?));
        published.next().map(|published| published.channel.into_owned())
    }

    /// Converts frames with publications of one channel for a client whose previous data is `before`.
    pub fn retold(self, frames: &Bytes, channel: &str, before: Option<&Bytes>) -> Retold {
        let mut last = before.cloned();
        let mut out = BytesMut::with_capacity(frames.len());
        for part in parts(frames) {
            let payload = frames.slice(part.payload.clone());
            let Some(published) = self.published(&payload).filter(|it| it.channel == channel) else {
                out.extend_from_slice(&frames[part.start..part.payload.end]);
                continue;
            };
            // deltas are computed between valid UTF-8 only
            let text = |data| std::str::from_utf8(data).ok();
            let texts = last.as_deref().and_then(text).zip(text(published.data));
            let delta = texts.and_then(|(old, new)| fossil::delta(old, new));
            out.extend_from_slice(&frame(self.opcode(), &self.told(&payload, published.data, delta)));
            last = Some(payload.slice_ref(published.data));
        }
        Retold { frames: out.freeze(), last: last.unwrap_or_default() }
    }

    /// What the replies in a frame that the node wrote tell about subscriptions, each with the command's id.
    pub fn answered(self, frames: &[u8]) -> Vec<(u32, Answered)> {
        let payloads = parts(frames).filter_map(|part| frames.get(part.payload));
        payloads.flat_map(|payload| self.answers(payload)).filter(|(id, _)| *id != 0).collect()
    }

    fn published(self, payload: &[u8]) -> Option<Published<'_>> {
        match self {
            Format::Json => {
                let Document { push } = serde_json::from_slice(payload).ok()?;
                Some(Published { channel: push.channel, data: push.publication.data.get().as_bytes() })
            }
            Format::Protobuf => {
                let push = field(prefixed(&mut &*payload).ok()?, 4)?;
                let channel = std::str::from_utf8(field(push, 2)?).ok()?.into();
                Some(Published { channel, data: field(field(push, 4)?, 4)? })
            }
        }
    }

    /// A payload with its data as a string, or with the delta in its place.
    fn told(self, payload: &Bytes, data: &[u8], delta: Option<String>) -> Vec<u8> {
        let text = delta.as_ref().map_or(data, String::as_bytes);
        match self {
            Format::Json => {
                let begin = data.as_ptr() as usize - payload.as_ptr() as usize;
                let flag: &[u8] = if delta.is_some() { b",\"delta\":true" } else { b"" };
                let text = serde_json::Value::from(String::from_utf8_lossy(text)).to_string();
                [&payload[..begin], text.as_bytes(), flag, &payload[begin + data.len()..]].concat()
            }
            Format::Protobuf => {
                // cannot fail: this payload was parsed before
                let reply = prefixed(&mut &payload[..]).unwrap_or_default();
                let publication = |old: &[u8]| {
                    let mut it = Message::default();
                    let fields: Vec<_> = Fields(old).map_while(Result::ok).collect();
                    let (before, behind): (Vec<_>, Vec<_>) = fields.into_iter().partition(|(of, _)| *of < DELTA);
                    put_fields(&mut it, before, 4, |_| text.to_vec());
                    it.flag(DELTA, delta.is_some());
                    put_fields(&mut it, behind, 4, <[u8]>::to_vec);
                    it.0
                };
                let push = |old: &[u8]| {
                    let mut it = Message::default();
                    put_fields(&mut it, Fields(old).map_while(Result::ok), 4, publication);
                    it.0
                };
                let mut message = Message::default();
                put_fields(&mut message, Fields(reply).map_while(Result::ok), 4, push);
                let mut out = Vec::with_capacity(payload.len());
                put_prefixed(&mut out, &message.0);
                out
            }
        }
    }

    fn answers(self, payload: &[u8]) -> Vec<(u32, Answered)> {
        let answered = |delta: Option<bool>, is_over: bool| match delta {
            Some(delta) => Answered::Subscribed { delta },
            None if is_over => Answered::Unsubscribed,
            None => Answered::Otherwise,
        };
        match self {
            Format::Json => {
                let replies = serde_json::Deserializer::from_slice(payload).into_iter::<Reply>().map_while(Result::ok);
                let answer = |it: Reply| (it.id, answered(it.subscribe.map(|it| it.delta), it.unsubscribe.is_some()));
                replies.map(answer).collect()
            }
            Format::Protobuf => {
                let mut rest = payload;
                let replies = std::iter::from_fn(|| prefixed(&mut rest).ok());
                let answer = |reply| {
                    let delta = field(reply, 6).map(|it| number(it, 13) != 0);
                    (number(reply, 1) as u32, answered(delta, field(reply, 7).is_some()))
                };
                replies.map(answer).collect()
            }
        }
    }
}

/// A nested message, bytes or a string of a message.
fn field(message: &[u8], number: u32) -> Option<&[u8]> {
    let mut fields = Fields(message).map_while(Result::ok);
    fields.find_map(|(of, value)| (of == number).then(|| value.bytes().ok()).flatten())
}

/// An integer of a message; 0 if it is absent.
fn number(message: &[u8], number: u32) -> u64 {
    let mut fields = Fields(message).map_while(Result::ok);
    fields.find_map(|(of, value)| (of == number).then(|| value.number().ok()).flatten()).unwrap_or_default()
}

/// Copies fields; those with a given number are changed.
fn put_fields<'a>(
    out: &mut Message,
    fields: impl IntoIterator<Item = (u32, Value<'a>)>,
    number: u32,
    change: impl Fn(&[u8]) -> Vec<u8>,
) {
    for (of, value) in fields {
        match value {
            Value::Bytes(bytes) if of == number => out.whole(of, &change(bytes)),
            Value::Bytes(bytes) => out.whole(of, bytes),
            Value::Varint(value) => out.number(of, value),
            Value::Fixed => {} // no message of ours has one
        }
    }
}
