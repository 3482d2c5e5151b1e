//! Turns publications and events of the node into events for clients.

use super::read::{CHANGE_ROOM, CHANGE_ROOM_SEEN, NEW_MESSAGE};
use super::table::Rooms;
use super::time::rfc3339;
use crate::cluster::Envelope;
use crate::event::{self, ErrorBody, Json, LeftReason};
use crate::frame::{frame, Opcode};
use crate::{Address, Position};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An event for a client.
#[derive(Debug, Serialize)]
#[serde(tag = "type", content = "payload", rename_all = "snake_case")]
enum Told<'a> {
    NewMessage(NewMessage<'a>),
    Occupancy(Occupancy<'a>),
    Rooms(RoomList),
    /// The node took the client out of its room.
    Removed {
        name: &'a str,
        reason: LeftReason,
    },
    /// Messages before the next one are missing: the room's log no longer contains them.
    Missed {
        name: &'a str,
    },
    Error(Error<'a>),
}

/// A message in a room.
#[derive(Debug, Serialize)]
struct NewMessage<'a> {
    message: Cow<'a, str>,
    /// The user; empty if the server API sent it.
    from: &'a str,
    /// When the node accepted it.
    sent: String,
    room: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pos: Option<Position>,
}

/// The occupants of a room, and who entered or left.
#[derive(Debug, Default, Serialize)]
struct Occupancy<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    joined: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left: Vec<&'a str>,
}

/// A page of occupied rooms.
#[derive(Debug, Serialize)]
struct RoomList {
    rooms: Vec<Room>,
    more: bool,
}

#[derive(Debug, Serialize)]
struct Room {
    name: String,
    count: usize,
}

/// Why an event was refused.
#[derive(Debug, Serialize)]
struct Error<'a> {
    /// The type of the refused event, if it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    code: &'a str,
    message: &'a str,
    retry: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

/// The payload of a published message.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
}

/// A publication of the log, in the form of hubwire's own protocol.
#[derive(Deserialize)]
struct Delivered<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    payload: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow)]
    meta: Meta<'a>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow)]
    hub: Hub<'a>,
}

#[derive(Deserialize)]
struct Hub<'a> {
    #[serde(borrow, default)]
    from: Option<Cow<'a, str>>,
    ts: u64,
    pos: Option<Position>,
}

/// A message; `None` for anything else that is published in a room.
pub(super) fn publication(envelope: &Envelope<'_>, pos: Option<Position>, rooms: &Rooms) -> Option<Bytes> {
    let room = rooms.name(&envelope.to.parse().ok()?)?;
    let told = new_message(envelope.kind, envelope.payload, envelope.from, envelope.ts, pos, &room)?;
    Some(framed(&told))
}

fn new_message<'a>(
    kind: &str,
    payload: Option<&'a str>,
    from: Option<&'a str>,
    ts: u64,
    pos: Option<Position>,
    room: &'a str,
) -> Option<Told<'a>> {
    let Said { message } = serde_json::from_str(payload.filter(|_| kind == NEW_MESSAGE)?).ok()?;
    Some(Told::NewMessage(NewMessage { message, from: from.unwrap_or_default(), sent: rfc3339(ts), room, pos }))
}

/// The frame for an event; `None` if clients are not told of it.
pub(super) fn event(event: &event::Event<'_>, to: Option<&Address>, re: Option<&str>, rooms: &Rooms) -> Option<Bytes> {
    let name = to.and_then(|to| rooms.name(to));
    let told = match (event, name.as_deref()) {
        (event::Event::Joined(joined), Some(name)) => return entered(joined, name, re),
        (event::Event::Left(event::Left { reason: Some(reason), .. }), Some(name)) => {
            Told::Removed { name, reason: *reason }
        }
        (event::Event::Left(left), Some(name)) if re.is_none() => {
            let left_users = left.users.iter().map(|user| user.as_str()).collect();
            Told::Occupancy(Occupancy { name, count: left.count, left: left_users, ..Occupancy::default() })
        }
        (event::Event::Changed(changed), Some(name)) => {
            Told::Occupancy(Occupancy { name, count: Some(changed.count), ..Occupancy::default() })
        }
        (event::Event::Lag(_), Some(name)) => Told::Missed { name },
        (event::Event::Channels(list), _) => {
            let room = |it: &event::LiveChannel<'_>| Some(Room { name: rooms.name(it.to)?, count: it.count });
            Told::Rooms(RoomList { rooms: list.channels.iter().filter_map(room).collect(), more: list.more })
        }
        (event::Event::Error(body), _) => Told::Error(error(body, re)),
        _ => return None,
    };
    Some(framed(&told))
}

/// The client or another user entered a room.
fn entered(joined: &event::Joined<'_>, name: &str, re: Option<&str>) -> Option<Bytes> {
    let mut frames = Vec::new();
    if joined.recovered == Some(false) {
        frames.push(framed(&Told::Missed { name }));
    }
    frames.extend(joined.recent.iter().flatten().filter_map(|one| recent(one, name)));
    let users = || joined.members.as_ref().map(|members| members.iter().map(|it| it.user.as_str()).collect());
    let occupancy = Occupancy { name, count: joined.count, ..Occupancy::default() };
    match re {
        None if !joined.users.is_empty() => {
            let others = joined.users.iter().map(|user| user.as_str()).collect();
            frames.push(framed(&Told::Occupancy(Occupancy { joined: others, ..occupancy })));
        }
        Some(CHANGE_ROOM_SEEN) => frames.push(framed(&Told::Occupancy(Occupancy { users: users(), ..occupancy }))),
        _ => {}
    }
    (!frames.is_empty()).then(|| frames.concat().into())
}

/// A message of the room's history.
fn recent(one: &Json, room: &str) -> Option<Bytes> {
    let Delivered { kind, payload, meta: Meta { hub: Hub { from, ts, pos } } } =
        serde_json::from_str(one.get()).ok()?;
    let told = new_message(&kind, payload.map(|it| it.get()), from.as_deref(), ts, pos, room)?;
    Some(framed(&told))
}

fn error<'a>(body: &ErrorBody<'a>, re: Option<&'a str>) -> Error<'a> {
    let event = match re {
        Some(CHANGE_ROOM_SEEN) => Some(CHANGE_ROOM),
        re => re,
    };
    let ErrorBody { code, message, retry, retry_after_ms, .. } = *body;
    Error { event, code: code.as_str(), message, retry, retry_after_ms }
}

fn framed(told: &Told<'_>) -> Bytes {
    // cannot fail: strings and numbers
    let text = serde_json::to_vec(told);
    debug_assert!(text.is_ok());
    frame(Opcode::Text, &text.unwrap_or_default())
}
