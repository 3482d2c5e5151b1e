//! Turns events of clients into requests.

use super::table::Rooms;
use crate::dialect::DecodeError;
use crate::request::{self, Auth, Begin, ChannelQuery, Presenting, Publish, Request, StreamStart, View, Want};
use crate::{Address, ErrorCode, Limits, Position};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The type of a message in a room, as its receivers see it.
pub const NEW_MESSAGE: &str = "new_message";

// the types of the events that clients send
pub(super) const AUTH: &str = "auth";
pub(super) const CHANGE_ROOM: &str = "change_room";
pub(super) const LIST_ROOMS: &str = "list_rooms";
pub(super) const SEND_MESSAGE: &str = "send_message";

/// The id of a `change_room` request that asks for the occupants of the room.
pub(super) const CHANGE_ROOM_SEEN: &str = "change_room, occupancy";

/// An event: its type and payload. Other keys are ignored.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

/// A message to send. The node knows the sender, so a `from` is ignored.
#[derive(Deserialize)]
struct SendMessage<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
}

/// A change of the room.
#[derive(Deserialize)]
struct ChangeRoom<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    /// Whether to receive the occupants and who enters and leaves.
    #[serde(default)]
    occupancy: bool,
    /// The last message of this room that the client has: the messages after it follow.
    #[serde(default)]
    after: Option<Position>,
}

/// A query for a page of occupied rooms.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ListRooms<'a> {
    #[serde(borrow)]
    after: Option<Cow<'a, str>>,
    limit: Option<u32>,
}

/// Credentials, for clients that sent none with the handshake.
#[derive(Deserialize)]
struct Credentials {
    otp: Option<String>,
    token: Option<String>,
}

/// Why an event cannot become a request.
struct Refused(ErrorCode, String);

impl From<serde_json::Error> for Refused {
    fn from(error: serde_json::Error) -> Self {
        Refused(ErrorCode::BadPayload, format!("the payload: {error}"))
    }
}

/// The event with which a client enters a room, in the form a client would send it.
pub fn entrance(room: &str) -> String {
    serde_json::json!({ "type": CHANGE_ROOM, "payload": { "name": room } }).to_string()
}

/// A request, and the address it is about.
type Wanted<'a> = Result<(Option<Address>, Want<'a>), Refused>;

/// The requests of a frame, which contains one event. Never panics.
pub(super) fn requests<'a>(frame: &'a [u8], rooms: &Rooms, limits: &Limits) -> Result<Vec<Request<'a>>, DecodeError> {
    let malformed = |code, message| DecodeError { code, message, well_formed: false, re: None, not_done: Vec::new() };
    if frame.len() > limits.frame_bytes_max {
        let message = format!("the frame has {} bytes, at most {} are taken", frame.len(), limits.frame_bytes_max);
        return Err(malformed(ErrorCode::TooBig, message));
    }
    let Event { kind, payload } = serde_json::from_slice(frame)
        .map_err(|error| malformed(ErrorCode::BadSyntax, format!("an event is {{\"type\", \"payload\"}}: {error}")))?;
    let payload = payload.map_or("{}", RawValue::get);
    let (re, wanted) = match &*kind {
        SEND_MESSAGE => (Some(SEND_MESSAGE), send_message(payload)),
        CHANGE_ROOM => return Ok(vec![change_room(payload, rooms)]),
        LIST_ROOMS => (Some(LIST_ROOMS), list_rooms(payload, rooms)),
        AUTH => return Ok(auth(payload, rooms)),
        other => {
            let known = [SEND_MESSAGE, CHANGE_ROOM, LIST_ROOMS, AUTH].join(", ");
            let message = format!("there is no event {other:?} for clients to send; there are {known}");
            (None, Err(Refused(ErrorCode::UnknownType, message)))
        }
    };
    Ok(vec![request(re, wanted)])
}

fn request<'a>(re: Option<&'static str>, wanted: Wanted<'a>) -> Request<'a> {
    let (to, want) = wanted.unwrap_or_else(|Refused(code, message)| (None, Want::Unreadable { code, message }));
    Request { re: re.map(Cow::Borrowed), to, want }
}

fn send_message<'a>(payload: &str) -> Wanted<'a> {
    let SendMessage { message } = serde_json::from_str(payload)?;
    let payload = Some(serde_json::json!({ "message": message }).to_string().into());
    let publish = Publish { kind: NEW_MESSAGE.into(), payload, ..Publish::default() };
    Ok((None, Want::PublishInView(publish)))
}

fn change_room<'a>(payload: &str, rooms: &Rooms) -> Request<'a> {
    let wanted = || -> Result<_, Refused> {
        let ChangeRoom { name, occupancy, after } = serde_json::from_str(payload)?;
        let to = address(&name, rooms)?;
        let view = View {
            presence: Presenting { wanted: occupancy, state: None },
            // messages after a position are sent anyway: do not send them twice
            recent: (rooms.recent > 0 && after.is_none()).then_some(rooms.recent),
            pos: after.map(|after| StreamStart::at(Begin::AfterOrOldest(after))),
            ..View::default()
        };
        Ok((if occupancy { CHANGE_ROOM_SEEN } else { CHANGE_ROOM }, (Some(to), Want::View(view))))
    };
    match wanted() {
        Ok((re, wanted)) => request(Some(re), Ok(wanted)),
        Err(refused) => request(Some(CHANGE_ROOM), Err(refused)),
    }
}

fn list_rooms<'a>(payload: &str, rooms: &Rooms) -> Wanted<'a> {
    let ListRooms { after, limit } = serde_json::from_str(payload)?;
    let after = after.map(|name| address(&name, rooms)).transpose()?;
    let query = ChannelQuery { prefix: None, after, limit };
    Ok((Some(Address::Org(rooms.org.clone())), Want::Channels(query)))
}

/// Authenticates and enters the first room.
fn auth<'a>(payload: &str, rooms: &Rooms) -> Vec<Request<'a>> {
    let auth = serde_json::from_str(payload)
        .map_err(Refused::from)
        .map(|Credentials { otp, token }| (None, Want::Auth(Auth { token, ticket: otp, ..request::Auth::default() })));
    let enters = rooms.first.as_deref().filter(|_| auth.is_ok());
    let enter = enters.map(|name| change_room(&serde_json::json!({ "name": name }).to_string(), rooms));
    [request(Some(AUTH), auth)].into_iter().chain(enter).collect()
}

fn address(name: &str, rooms: &Rooms) -> Result<Address, Refused> {
    let no_room = || Refused(ErrorCode::BadAddress, format!("no room can be named {name:?}"));
    rooms.address(name).ok_or_else(no_room)
}
