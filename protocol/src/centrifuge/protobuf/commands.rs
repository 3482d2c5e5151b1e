//! Reads commands from a frame, and encodes those that the node changed.

use super::wire::{prefixed, put_prefixed, Fields, Message, NoMessage, Value};
use crate::centrifuge::command::*;
use crate::centrifuge::json::{Malformed, Part};
use crate::rpc::Json;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Never from clients: see [`Subscribe::ttl`].
const TTL: u32 = 1000;
/// Never from clients: see [`Publish::info`].
const INFO: u32 = 1001;
/// Never from clients: see [`Subscribe::refused`].
const REFUSED: u32 = 1003;
/// Never from clients: see [`Connect::begun`].
const BEGUN: u32 = 1002;

/// The commands of a frame, at most `commands_max`. Never panics.
pub fn decode(frame: &[u8], commands_max: usize) -> Result<Vec<Part<'_>>, Malformed> {
    let malformed = |NoMessage| Malformed(NoMessage.to_string());
    let mut rest = frame;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let begin = frame.len() - rest.len();
        let message = prefixed(&mut rest).map_err(malformed)?;
        if parts.len() == commands_max {
            return Err(Malformed(format!("a frame has at most {commands_max} commands")));
        }
        parts.push((command(message).map_err(malformed)?, begin..frame.len() - rest.len()));
    }
    match parts.is_empty() {
        true => Err(Malformed("the frame holds no command".into())),
        false => Ok(parts),
    }
}

/// Decodes a command. If it has several requests, the one with the lowest field number counts.
fn command(message: &[u8]) -> Result<Command<'_>, NoMessage> {
    let mut id = 0;
    let mut first: Option<(u32, &[u8])> = None;
    for field in Fields(message) {
        match field? {
            (1, value) => id = number(value)?,
            (field @ 4..=15, value) if first.is_none_or(|(before, _)| field < before) => {
                first = Some((field, value.bytes()?));
            }
            _ => {}
        }
    }
    let call = first.map(|(field, message)| call(field, message)).transpose()?;
    Ok(Command { id, call })
}

fn call(field: u32, message: &[u8]) -> Result<Call<'_>, NoMessage> {
    Ok(match field {
        4 => Call::Connect(connect(message)?),
        5 => Call::Subscribe(subscribe(message)?),
        6 => Call::Unsubscribe(of_channel(message)?),
        7 => Call::Publish(publish(message)?),
        8 => Call::Presence(of_channel(message)?),
        9 => Call::PresenceStats(of_channel(message)?),
        10 => Call::History(history(message)?),
        11 => Call::Ping,
        12 => Call::Send,
        13 => Call::Rpc(rpc(message)?),
        14 => {
            let [token] = texts::<1>(message)?;
            Call::Refresh(Refresh { token })
        }
        _ => {
            let [channel, token] = texts::<2>(message)?;
            Call::SubRefresh(SubRefresh { channel, token })
        }
    })
}

/// The fields 1 to `N`, which are strings.
fn texts<const N: usize>(message: &[u8]) -> Result<[Cow<'_, str>; N], NoMessage> {
    let mut texts: [Cow<'_, str>; N] = std::array::from_fn(|_| Cow::Borrowed(""));
    for field in Fields(message) {
        let (field, value) = field?;
        if let Some(text) = texts.get_mut(field as usize - 1) {
            *text = value.text()?.into();
        }
    }
    Ok(texts)
}

fn of_channel(message: &[u8]) -> Result<OfChannel<'_>, NoMessage> {
    let [channel] = texts::<1>(message)?;
    Ok(OfChannel { channel })
}

fn connect(message: &[u8]) -> Result<Connect<'_>, NoMessage> {
    let mut connect = Connect::default();
    for field in Fields(message) {
        match field? {
            (1, value) => connect.token = value.text()?.into(),
            (2, value) => connect.data = Some(value.text()?.into()),
            (3, value) => {
                let (channel, subscription) = entry(value.bytes()?)?;
                connect.subs.insert(channel.into(), subscribe(subscription)?);
            }
            (4, value) => connect.name = value.text()?.into(),
            (BEGUN, value) => connect.begun = serde_json::from_slice(value.bytes()?).map_err(|_| NoMessage)?,
            _ => {}
        }
    }
    Ok(connect)
}

/// An entry of a map.
fn entry(message: &[u8]) -> Result<(&str, &[u8]), NoMessage> {
    let (mut key, mut value): (&str, &[u8]) = ("", &[]);
    for field in Fields(message) {
        match field? {
            (1, text) => key = text.text()?,
            (2, bytes) => value = bytes.bytes()?,
            _ => {}
        }
    }
    Ok((key, value))
}

fn subscribe(message: &[u8]) -> Result<Subscribe<'_>, NoMessage> {
    let mut subscribe = Subscribe::default();
    for field in Fields(message) {
        match field? {
            (1, value) => subscribe.channel = value.text()?.into(),
            (2, value) => subscribe.token = value.text()?.into(),
            (3, value) => subscribe.recover = value.number()? != 0,
            (6, value) => subscribe.epoch = value.text()?.into(),
            (7, value) => subscribe.offset = value.number()?,
            (12, value) => subscribe.delta = value.text()?.into(),
            (13, value) => subscribe.filtered = value.bytes().is_ok(),
            (14, value) => subscribe.flag = value.number()? as i64,
            (TTL, value) => subscribe.ttl = Some(number(value)?),
            (INFO, value) => subscribe.info = Some(value.text()?.into()),
            (REFUSED, value) => subscribe.refused = number(value)?,
            _ => {}
        }
    }
    Ok(subscribe)
}

fn publish(message: &[u8]) -> Result<Publish<'_>, NoMessage> {
    let mut publish = Publish::default();
    for field in Fields(message) {
        match field? {
            (1, value) => publish.channel = value.text()?.into(),
            (2, value) => {
                let bytes = value.bytes()?;
                match serde_json::from_slice::<&RawValue>(bytes) {
                    Ok(json) => publish.data = Some(json.get().into()),
                    Err(_) => publish.bytes = Some(bytes.into()),
                }
            }
            (INFO, value) => publish.info = Some(value.text()?.into()),
            _ => {}
        }
    }
    Ok(publish)
}

fn history(message: &[u8]) -> Result<History<'_>, NoMessage> {
    let mut history = History::default();
    for field in Fields(message) {
        match field? {
            (1, value) => history.channel = value.text()?.into(),
            (7, value) => history.limit = value.number()? as i32,
            (8, value) => history.since = Some(since(value.bytes()?)?),
            (9, value) => history.reverse = value.number()? != 0,
            _ => {}
        }
    }
    Ok(history)
}

fn since(message: &[u8]) -> Result<Since<'_>, NoMessage> {
    let mut since = Since::default();
    for field in Fields(message) {
        match field? {
            (1, value) => since.offset = value.number()?,
            (2, value) => since.epoch = value.text()?.into(),
            _ => {}
        }
    }
    Ok(since)
}

fn rpc(message: &[u8]) -> Result<Rpc<'_>, NoMessage> {
    let mut rpc = Rpc::default();
    for field in Fields(message) {
        match field? {
            (1, value) if !value.bytes()?.is_empty() => rpc.data = Some(Json::parse(value.text()?).ok_or(NoMessage)?),
            (2, value) => rpc.method = value.text()?.into(),
            _ => {}
        }
    }
    Ok(rpc)
}

fn number(value: Value<'_>) -> Result<u32, NoMessage> {
    u32::try_from(value.number()?).map_err(|_| NoMessage)
}

/// Appends a `connect` to a frame.
pub fn put_connect(out: &mut Vec<u8>, id: u32, connect: &Connect<'_>) {
    put_command(out, id, 4, |message| {
        message.bytes(1, connect.token.as_bytes());
        message.bytes(2, connect.data.as_deref().unwrap_or_default().as_bytes());
        for (channel, subscription) in &connect.subs {
            message.entry(3, channel, |entry| put_fields(entry, subscription));
        }
        message.bytes(4, connect.name.as_bytes());
        // cannot fail: strings and numbers
        let begun = connect.begun.as_ref().and_then(|begun| serde_json::to_vec(begun).ok());
        message.bytes(BEGUN, &begun.unwrap_or_default());
    });
}

/// Appends a `subscribe` to a frame.
pub fn put_subscribe(out: &mut Vec<u8>, id: u32, subscribe: &Subscribe<'_>) {
    put_command(out, id, 5, |message| put_fields(message, subscribe));
}

/// Appends an `unsubscribe` to a frame.
pub fn put_unsubscribe(out: &mut Vec<u8>, id: u32, unsubscribe: &OfChannel<'_>) {
    put_command(out, id, 6, |message| message.bytes(1, unsubscribe.channel.as_bytes()));
}

/// Appends a `publish` to a frame.
pub fn put_publish(out: &mut Vec<u8>, id: u32, publish: &Publish<'_>) {
    put_command(out, id, 7, |message| {
        message.bytes(1, publish.channel.as_bytes());
        let bytes = || publish.bytes.as_deref().unwrap_or_default();
        message.bytes(2, publish.data.as_deref().map_or_else(bytes, str::as_bytes));
        message.bytes(INFO, publish.info.as_deref().unwrap_or_default().as_bytes());
    });
}

/// Appends a `history` to a frame.
pub fn put_history(out: &mut Vec<u8>, id: u32, history: &History<'_>) {
    put_command(out, id, 10, |message| {
        message.bytes(1, history.channel.as_bytes());
        // protobuf encodes a negative int32 with sign extension to 64 bits
        message.number(7, i64::from(history.limit) as u64);
        if let Some(since) = &history.since {
            message.message(8, |it| {
                it.number(1, since.offset);
                it.bytes(2, since.epoch.as_bytes());
            });
        }
        message.flag(9, history.reverse);
    });
}

fn put_fields(message: &mut Message, subscribe: &Subscribe<'_>) {
    message.bytes(1, subscribe.channel.as_bytes());
    message.bytes(2, subscribe.token.as_bytes());
    message.flag(3, subscribe.recover);
    message.bytes(6, subscribe.epoch.as_bytes());
    message.number(7, subscribe.offset);
    message.bytes(12, subscribe.delta.as_bytes());
    if subscribe.filtered {
        message.message(13, |_| ());
    }
    message.number(14, subscribe.flag as u64);
    message.number(TTL, u64::from(subscribe.ttl.unwrap_or_default()));
    message.bytes(INFO, subscribe.info.as_deref().unwrap_or_default().as_bytes());
    message.number(REFUSED, u64::from(subscribe.refused));
}

fn put_command(out: &mut Vec<u8>, id: u32, field: u32, put: impl FnOnce(&mut Message)) {
    let mut command = Message::default();
    command.number(1, u64::from(id));
    command.message(field, put);
    put_prefixed(out, &command.0);
}
