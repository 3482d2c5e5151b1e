//! The vectors of rooms and events: one per event in both directions, and what is refused.

use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::dialect::WireProtocol;
use hubwire_protocol::event::*;
use hubwire_protocol::frame::parts;
use hubwire_protocol::request::{Auth, Begin, ChannelQuery, Presenting, Publish, Request, StreamStart, View, Want};
use hubwire_protocol::rooms::{Events, Rooms};
use hubwire_protocol::{Address, ErrorCode, Limits, Position, UserId};
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    json: String,
    code: Option<String>,
    well_formed: Option<bool>,
}

fn load(file: &str) -> Vec<Vector> {
    Rooms { org: "acme".parse().unwrap(), first: Some("general".into()), recent: 20 }.install();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/rooms").join(file);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn address(text: &str) -> Option<Address> {
    Some(text.parse().unwrap())
}

fn enters(re: &'static str, to: &str, view: View) -> Request<'static> {
    Request { re: Some(re.into()), to: address(to), want: Want::View(view) }
}

/// All that a client can want.
fn requests() -> Vec<(&'static str, Vec<Request<'static>>)> {
    let without_presence = || Presenting { wanted: false, state: None };
    let view = || View { presence: without_presence(), recent: Some(20), ..View::default() };
    let watching = View { presence: Presenting::default(), ..view() };
    let after = Begin::AfterOrOldest(Position { seq: 58123, nonce: 4182736655 });
    let going_on = View { recent: None, pos: Some(StreamStart::at(after)), ..view() };
    let payload = Some(r#"{"message":"hi \"you\" 👋"}"#.into());
    let said = Want::PublishInView(Publish { kind: "new_message".into(), payload, ..Publish::default() });
    let list =
        |query| vec![Request { re: Some("list_rooms".into()), to: address("org:acme"), want: Want::Channels(query) }];
    let behind = ChannelQuery { prefix: None, after: address("ch:acme/general"), limit: Some(10) };
    let auth = |auth| {
        let auth = Request { re: Some("auth".into()), to: None, want: Want::Auth(auth) };
        vec![auth, enters("change_room", "ch:acme/general", view())]
    };
    vec![
        ("send_message", vec![Request { re: Some("send_message".into()), to: None, want: said }]),
        ("change_room", vec![enters("change_room", "ch:acme/with%20space", view())]),
        ("change_room_and_watch", vec![enters("change_room, occupancy", "ch:acme/orders/1842", watching)]),
        ("change_room_and_go_on", vec![enters("change_room", "ch:acme/general", going_on)]),
        ("list_rooms", list(ChannelQuery::default())),
        ("list_rooms_behind_one", list(behind)),
        ("list_rooms_without_a_payload", list(ChannelQuery::default())),
        ("auth", auth(Auth { ticket: Some("t".into()), ..Auth::default() })),
        ("auth_with_a_token", auth(Auth { token: Some("a.b.c".into()), ..Auth::default() })),
    ]
}

#[test]
fn each_event_of_a_client_is_the_requests_its_vector_says() {
    let (vectors, requests) = (load("client.json"), requests());
    assert_eq!(vectors.len(), requests.len());
    for (vector, (name, expected)) in vectors.iter().zip(requests) {
        assert_eq!(vector.name, name);
        assert_eq!(Events.decode(vector.json.as_bytes(), &Limits::default()), Ok(expected), "{name}");
    }
}

#[test]
fn what_is_no_event_is_refused_with_its_code() {
    for Vector { name, json, code, well_formed } in load("refused.json") {
        let (found, is_event) = match Events.decode(json.as_bytes(), &Limits::default()) {
            Err(error) => (error.code, error.well_formed),
            Ok(requests) => match requests.as_slice() {
                [Request { want: Want::Unreadable { code, .. }, .. }] => (*code, true),
                other => panic!("{name}: {other:?}"),
            },
        };
        assert_eq!((Some(found.as_str()), Some(is_event)), (code.as_deref(), well_formed), "{name}");
    }
    let limits = Limits { frame_bytes_max: 20, ..Limits::default() };
    let refused = Events.decode(br#"{"type":"list_rooms"}"#, &limits).unwrap_err();
    assert_eq!(refused.code, ErrorCode::TooBig);
}

fn envelope(kind: &'static str, payload: &'static str) -> Envelope<'static> {
    Envelope {
        to: "ch:acme/general",
        from: Some("u1"),
        session: None,
        id: None,
        ts: 1_795_239_502_123,
        kind,
        payload: Some(payload),
        error: None,
        meta: None,
        narrowed: None,
    }
}

const SAID: &str = r#"{"message":"hi \"you\"","more":[1]}"#;
const POS: Position = Position { seq: 8, nonce: 99 };

/// The text of the single frame that a client receives.
fn text(frames: Option<bytes::Bytes>) -> Option<String> {
    let frames = frames?;
    let parts: Vec<_> = parts(&frames).collect();
    assert_eq!((parts.len(), frames[0]), (1, 0x81), "one text frame");
    Some(String::from_utf8(frames[parts[0].payload.clone()].to_vec()).unwrap())
}

fn told(event: &Event<'_>, to: &str, re: Option<&str>) -> Option<String> {
    text(Events.event(event, address(to).as_ref(), re))
}

/// All that a client can hear.
fn events() -> Vec<(&'static str, Option<String>)> {
    let users: Vec<UserId> = ["u1", "u2"].map(|user| user.parse().unwrap()).into();
    let member = |user| PresentMember { user, state: None, profile: None };
    let members = Some(users.iter().map(member).collect());
    let delivered = |kind: &str, seq: u64, from: &str| {
        let hub = format!(r#""to":"ch:acme/general","pos":"{seq}-1",{from}"ts":{seq}"#);
        format!(r#"{{"type":"{kind}","payload":{{"message":"old"}},"meta":{{"hub":{{{hub}}}}}}}"#)
    };
    let (other, of_hubwire) = (delivered("order/changed", 6, ""), delivered("new_message", 7, r#""from":"u2","#));
    let recent = Some([&other, &of_hubwire].iter().map(|text| Json::parse(text).unwrap()).collect());
    let room = "ch:acme/general";
    let joined = |joined: Joined<'_>, re| told(&Event::Joined(joined), room, re);
    let (one, two) = (address(room).unwrap(), address("ch:acme/with%20space").unwrap());
    let list = ChannelList {
        channels: vec![LiveChannel { to: &one, count: 2 }, LiveChannel { to: &two, count: 1 }],
        more: true,
    };
    let error = |code, message, retry_after_ms: Option<u64>| {
        Event::Error(ErrorBody {
            code,
            message,
            retry: retry_after_ms.is_some(),
            retry_after_ms,
            not_done: &[],
            path: None,
        })
    };
    let watching = Some("change_room, occupancy");
    let kicked = Left { users: vec![&users[0]], reason: Some(LeftReason::Kicked), ..Left::default() };
    let said = envelope("new_message", SAID);
    let of_server = Envelope { from: None, ..said.clone() };
    vec![
        ("message", text(Events.publication(&said, Some(POS)))),
        ("message_in_no_log", text(Events.publication(&said, None))),
        ("message_of_the_application", text(Events.publication(&of_server, Some(POS)))),
        ("entered_with_the_past", joined(Joined { recent, ..Joined::default() }, Some("change_room"))),
        ("entered_and_watches", joined(Joined { members, count: Some(2), ..Joined::default() }, watching)),
        ("entered_a_crowd", joined(Joined { count: Some(2000), ..Joined::default() }, watching)),
        ("entered_behind_a_gap", joined(Joined { recovered: Some(false), ..Joined::default() }, Some("change_room"))),
        ("others_joined", joined(Joined { users: vec![&users[1]], count: Some(3), ..Joined::default() }, None)),
        (
            "others_left",
            told(&Event::Left(Left { users: vec![&users[1]], count: Some(2), ..Left::default() }), room, None),
        ),
        ("counted", told(&Event::Changed(Changed { members: None, count: 2000, version: 7 }), room, None)),
        ("removed", told(&Event::Left(kicked), room, None)),
        ("missed", told(&Event::Lag(Lag { pos: POS }), room, None)),
        ("rooms", told(&Event::Channels(list), "org:acme", Some("list_rooms"))),
        ("error", told(&error(ErrorCode::RateLimited, "too many actions", Some(20)), room, watching)),
        ("error_of_what_was_no_event", text(Events.event(&error(ErrorCode::BadSyntax, "no event", None), None, None))),
    ]
}

#[test]
fn each_event_for_a_client_is_written_as_its_vector_says() {
    let (vectors, events) = (load("server.json"), events());
    assert_eq!(vectors.len(), events.len());
    for (vector, (name, told)) in vectors.iter().zip(events) {
        assert_eq!(vector.name, name);
        assert_eq!(told.as_deref(), Some(vector.json.as_str()), "{name}");
    }
}

#[test]
fn what_these_clients_have_no_word_for_they_are_not_told() {
    load("server.json");
    for elsewhere in [
        envelope("order/changed", SAID),
        envelope("new_message", r#"{"text":"hi"}"#),
        envelope("new_message", r#"{"message":1}"#),
        Envelope { to: "ch:other/general", ..envelope("new_message", SAID) },
        Envelope { to: "org:acme", ..envelope("new_message", SAID) },
        Envelope { to: "user:u1", ..envelope("new_message", SAID) },
    ] {
        assert_eq!(Events.publication(&elsewhere, Some(POS)), None, "{elsewhere:?}");
    }
    let user: UserId = "u1".parse().unwrap();
    for (event, to, re) in [
        (Event::Ack(Ack::default()), "ch:acme/general", Some("send_message")),
        (Event::Joined(Joined { count: Some(2), ..Joined::default() }), "ch:acme/general", Some("change_room")),
        (Event::Joined(Joined { users: vec![&user], ..Joined::default() }), "ch:other/general", None),
        (Event::Expiring(Expiring { expires_in_ms: 60_000 }), "org:acme", None),
        (Event::Bye(Bye { reason: "draining", retry_in_ms: 7 }), "org:acme", None),
    ] {
        assert_eq!(told(&event, to, re), None, "{event:?}");
    }
}
