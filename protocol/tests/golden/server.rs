//! What the node sends.

use crate::vectors::{hex, load};
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::event::*;
use hubwire_protocol::{Address, Codec, ErrorCode, OrgId, Position, TeamId, UserId};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const TO: &str = "ch:acme/order/1842";
const SESSION: &str = "0190a5b2-7c41-8abc-9def-0123456789ab";
pub(crate) const TS: u64 = 1_795_239_502_123;

/// A message of a node, and the name of its vector.
pub(crate) struct Said<'a> {
    name: &'a str,
    encode: Box<dyn Fn(Codec) -> Vec<u8> + 'a>,
}

pub(crate) fn control<'a>(name: &'a str, control: Event<'a>, to: Option<&str>, re: Option<&'a str>) -> Said<'a> {
    let to: Option<Address> = to.map(|to| to.parse().unwrap());
    Said { name, encode: Box::new(move |codec| unframed(&codec.control(&control, to.as_ref(), re))) }
}

pub(crate) fn publication<'a>(name: &'a str, envelope: Envelope<'a>, pos: Option<&str>) -> Said<'a> {
    let pos: Option<Position> = pos.map(|pos| pos.parse().unwrap());
    Said { name, encode: Box::new(move |codec| unframed(&codec.publication(&envelope, pos))) }
}

/// The payload behind the frame's header.
fn unframed(frame: &[u8]) -> Vec<u8> {
    let header_bytes = match frame[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    frame[header_bytes..].to_vec()
}

pub(crate) fn pos(text: &str) -> Position {
    text.parse().unwrap()
}

/// Checks that the node writes exactly the vectors of those names.
pub(crate) fn assert_said(said: Vec<Said<'_>>) {
    let vectors = load("server.json");
    for Said { name, encode } in said {
        let vector = vectors.iter().find(|vector| vector.name == name).unwrap_or_else(|| panic!("no vector {name}"));
        for (codec, frame) in vector.frames() {
            let written = encode(codec);
            let (written, expected) = match codec {
                Codec::Json => (String::from_utf8(written).unwrap(), String::from_utf8(frame).unwrap()),
                Codec::MsgPack => (hex(&written), hex(&frame)),
            };
            assert_eq!(written, expected, "{name} in {codec:?}");
        }
    }
}

fn welcome<'a>(node: &'a str, user: &'a UserId, orgs: Vec<&'a OrgId>, features: &'a [&'a str]) -> Welcome<'a> {
    let session = SESSION.parse().unwrap();
    let (ping_ms, max_frame_bytes) = (25_000, 65_536);
    Welcome {
        session,
        node,
        user,
        orgs,
        resume: BTreeMap::new(),
        ping_ms,
        max_frame_bytes,
        features,
        version: "0.1.0",
        now: None,
        expires_in_ms: None,
        memberships: None,
        limits: None,
    }
}

#[test]
fn welcomes_are_written_as_the_vectors_say() {
    let (user, short): (UserId, UserId) = ("u_42".parse().unwrap(), "u".parse().unwrap());
    let orgs: [OrgId; 2] = ["acme".parse().unwrap(), "system".parse().unwrap()];
    let mut full = welcome("node-1", &user, orgs.iter().collect(), &["history", "presence"]);
    full.resume = [("org:acme", "58123-4182736655"), ("user:u_42", "0-0")]
        .map(|(stream, position)| (stream.to_string(), pos(position)))
        .into();
    let bare = welcome("n", &short, vec![], &[]);
    assert_said(vec![
        control("welcome", Event::Welcome(full), None, Some("a1")),
        control("welcome_by_ticket_of_the_upgrade", Event::Welcome(bare), None, None),
    ]);
}

#[test]
fn answers_about_channels_are_written_as_the_vectors_say() {
    let [u7, u8]: [UserId; 2] = ["u_7".parse().unwrap(), "u_8".parse().unwrap()];
    let joined = |users, pos, recovered| Event::Joined(Joined { users, pos, recovered, ..Joined::default() });
    let at = Some(pos("58123-4182736655"));
    let present = [(&u7, 2), (&u8, 1)]
        .map(|(user, sessions)| PresentUser {
            user,
            online: None,
            sessions,
            ids: &[],
            states: &[],
            state: None,
            profile: None,
            last_seen: None,
        })
        .into();
    let presence = |users| Event::Presence(Presence { users, ..Presence::default() });
    assert_said(vec![
        control("joined_answer", joined(vec![], at, None), Some(TO), Some("j1")),
        control("joined_answer_recovered", joined(vec![], at, Some(true)), Some(TO), Some("j2")),
        control("others_joined", joined(vec![&u7, &u8], None, None), Some(TO), None),
        control("left_answer", Event::Left(Left::default()), Some(TO), Some("l1")),
        control("others_left", Event::Left(Left { users: vec![&u7], ..Left::default() }), Some(TO), None),
        control("presence", presence(present), Some(TO), Some("p1")),
        control("presence_of_nobody", presence(vec![]), Some("user:u_9"), Some("p2")),
    ]);
}

#[test]
fn history_is_written_as_the_vectors_say() {
    let older = envelope("order/lineChanged", Some(r#"{"line":2}"#));
    let newer = envelope("order/lineChanged", Some(r#"[1.5,null,"é"]"#));
    let publications = vec![(older, pos("58122-58162")), (newer, pos("58123-58163"))];
    let full = Event::History(HistoryPage { publications, more: true, top: None });
    let empty = Event::History(HistoryPage { publications: vec![], more: false, top: None });
    assert_said(vec![
        control("history", full, Some(TO), Some("h1")),
        control("history_empty", empty, Some("org:acme"), Some("h2")),
    ]);
}

#[test]
fn other_controls_are_written_as_the_vectors_say() {
    let at = pos("58123-4182736655");
    let resumed = |recovered, pos| Event::Resumed(Resumed { recovered, pos: Some(pos), ..Resumed::default() });
    let ack = Event::Ack;
    let direct = Ack { pos: Some(pos("12-9920417731")), sessions: Some(2), nodes: Some(1), ..Ack::default() };
    let error = |code, message, retry_after_ms| {
        let retry = ErrorCode::retry(code);
        Event::Error(ErrorBody { code, message, retry, retry_after_ms, not_done: &[], path: None })
    };
    let limited = error(ErrorCode::RateLimited, "more than 20 actions per second", Some(1500));
    let syntax = error(ErrorCode::BadSyntax, "frame is not JSON: \"é\" at line 1", None);
    assert_said(vec![
        control("resumed", resumed(true, at), Some(TO), Some("s1")),
        control("not_resumed", resumed(false, pos("60000-17")), Some(TO), Some("s1")),
        control("lag", Event::Lag(Lag { pos: pos("60000-17") }), Some(TO), None),
        control("ack_publication", ack(Ack { pos: Some(at), ..Ack::default() }), None, Some("k7-17")),
        control("ack_direct_message", ack(direct), None, Some("k7-19")),
        control("ack_duplicate", ack(Ack { pos: Some(at), duplicate: true, ..Ack::default() }), None, Some("k7-17")),
        control("ack_alone", ack(Ack::default()), None, Some("p3")),
        control("error_retry", limited, None, Some("k7-18")),
        control("error_without_id", syntax, None, None),
        control("ping", Event::Ping {}, None, None),
        control("expiring", Event::Expiring(Expiring { expires_in_ms: 60_000 }), None, None),
        control("bye", Event::Bye(Bye { reason: "draining", retry_in_ms: 850 }), None, None),
    ]);
}

/// Forms that older nodes do not send.
#[test]
fn answers_with_more_fields_are_written_as_the_vectors_say() {
    let at = pos("58123-4182736655");
    let top = Some(pos("58140-9"));
    let (user, acme, ops): (UserId, OrgId, TeamId) =
        ("u_42".parse().unwrap(), "acme".parse().unwrap(), "ops".parse().unwrap());
    let joined = Joined { pos: Some(at), recovered: Some(true), top, ..Joined::default() };
    let resumed = Resumed { pos: Some(pos("57141-3")), top, ..Resumed::default() };
    let error = StreamError { code: ErrorCode::Forbidden, message: "not a member of that organisation" };
    let refused = Resumed { error: Some(error), ..Resumed::default() };
    let left = Left { users: vec![&user], reason: Some(LeftReason::Forbidden), ..Left::default() };
    let kicked = Left { reason: Some(LeftReason::Kicked), ..left.clone() };
    let ended = Left { reason: Some(LeftReason::Expired), ..left.clone() };
    let memberships = |roles| WelcomeMemberships::from([(&acme, WelcomeMembership { roles, teams: vec![&ops] })]);
    let resume = [("team:acme/ops".to_string(), at)].into();
    let orgs = Orgs { orgs: vec![&acme], memberships: memberships(vec![]), resume };
    let limits = WelcomeLimits {
        frame_bytes_max: 65_536,
        actions_per_frame_max: 64,
        in_flight_max: 256,
        channels_max: 100,
        history_max: 100,
        actions_per_second: 20,
        actions_burst: 40,
        type_bytes_max: 128,
        id_bytes_max: 64,
        idempotency_window_ms: 120_000,
    };
    let welcome = Welcome {
        now: Some(TS),
        expires_in_ms: Some(3_600_000),
        memberships: Some(memberships(vec!["admin"])),
        limits: Some(limits),
        ..welcome("node-1", &user, vec![&acme], &["limits"])
    };
    assert_said(vec![
        control("welcome_with_limits", Event::Welcome(welcome), None, Some("a1")),
        control("joined_answer_with_top", Event::Joined(joined), Some(TO), Some("j2")),
        control("resumed_with_top", Event::Resumed(resumed), Some("user:u_42"), Some("s1")),
        control("resume_refused", Event::Resumed(refused), Some("org:beta"), Some("s1")),
        control("left_forbidden", Event::Left(left), Some("ch:beta/c"), None),
        control("left_kicked", Event::Left(kicked), Some("ch:beta/c"), None),
        control("left_expired", Event::Left(ended), Some("ch:beta/c"), None),
        control("orgs", Event::Orgs(orgs), None, None),
    ]);
}

#[test]
fn acks_and_errors_with_more_fields_are_written_as_the_vectors_say() {
    let direct = Ack {
        pos: Some(pos("12-9920417731")),
        own_pos: Some(pos("58123-4182736655")),
        sessions: Some(2),
        nodes: Some(1),
        ts: Some(TS),
        ..Ack::default()
    };
    let refreshed = Ack { expires_in_ms: Some(3_600_000), ..Ack::default() };
    let not_done = ["k1".to_string(), "k2".to_string()];
    let error =
        |code, message| ErrorBody { code, message, retry: false, retry_after_ms: None, not_done: &[], path: None };
    let frame = ErrorBody { not_done: &not_done, ..error(ErrorCode::BadAction, "action 1: type is missing") };
    let forbidden = error(ErrorCode::Forbidden, "not a member of that organisation");
    let message = "the payload of \"order/paid\" does not fit its schema: has to be at least 1";
    let misfit = ErrorBody { path: Some("/lines/0/qty"), ..error(ErrorCode::SchemaMismatch, message) };
    let expired = error(ErrorCode::TokenExpired, "the credentials have expired");
    assert_said(vec![
        control("ack_direct_message_with_own_position", Event::Ack(direct), None, Some("k7-19")),
        control("ack_refresh", Event::Ack(refreshed), None, Some("f1")),
        control("error_of_a_whole_frame", Event::Error(frame), None, Some("k2")),
        control("error_about_an_address", Event::Error(forbidden), Some("ch:beta/c"), Some("j3")),
        control("error_about_a_payload", Event::Error(misfit), Some(TO), Some("k7-17")),
        control("error_before_a_close", Event::Error(expired), None, None),
    ]);
}

fn envelope<'a>(kind: &'a str, payload: Option<&'a str>) -> Envelope<'a> {
    Envelope {
        to: TO,
        from: Some("u_77"),
        session: None,
        id: None,
        ts: TS,
        kind,
        payload,
        error: None,
        meta: None,
        narrowed: None,
    }
}

#[test]
fn publications_are_written_as_the_vectors_say() {
    let line = envelope("order/lineChanged", Some(r#"{"line":3}"#));
    let whisper = envelope("chat/whisper", Some(r#"{"text":"hi"}"#));
    let news = envelope("news/posted", Some(r#"{"n":1}"#));
    let failed = envelope("order/failed", Some(r#"{"reason":"no stock"}"#));
    let foreign_meta = Some(r#"{"trace":"00-4bf9","ui":{"optimistic":true}}"#);
    let typing = envelope("chat/typing", None);
    let offer = envelope("call/offer", Some(r#"{"sdp":"v=0\r\n"}"#));
    let session = format!("session:{SESSION}");
    let id = Some("k7-19");
    let direct = Envelope { to: "user:u_42", id, ..whisper };
    let offer = Envelope { to: &session, id: Some("c1"), ..offer };
    assert_said(vec![
        publication("publication", Envelope { id: Some("k7-17"), ..line }, Some("58123-4182736655")),
        publication("publication_direct", direct, Some("12-9920417731")),
        publication("publication_by_the_server_api", Envelope { to: "org:system", from: None, ..news }, Some("1-5")),
        publication("publication_without_payload", envelope("order/closed", None), Some("58124-7")),
        publication("publication_error", Envelope { error: Some(true), ..failed }, Some("58125-8")),
        publication(
            "publication_error_false",
            Envelope { error: Some(false), ..envelope("order/done", None) },
            Some("58126-9"),
        ),
        publication(
            "publication_foreign_meta",
            Envelope { meta: foreign_meta, ..envelope("x", Some("1")) },
            Some("58127-1"),
        ),
        publication("ephemeral", Envelope { to: "ch:acme/room/7", ..typing }, None),
        publication("ephemeral_with_id", offer, None),
    ]);
}

/// The payload is taken from the vector's own JSON: here it is about the values, not about the envelope.
#[test]
fn payloads_of_every_kind_are_written_as_the_vectors_say() {
    let payload = |name: &str| {
        let vector = load("server.json").into_iter().find(|vector| vector.name == name).unwrap();
        let json = vector.frames().swap_remove(0).1;
        let action: BTreeMap<String, Box<serde_json::value::RawValue>> = serde_json::from_slice(&json).unwrap();
        action["payload"].get().to_string()
    };
    let server_api = |kind, payload| Envelope { from: None, ts: 0, ..envelope(kind, payload) };
    let unicode = payload("publication_unicode");
    let unicode = Envelope { id: Some("ид-1"), ..envelope("größe/变更", Some(&unicode)) };
    let quotes = Envelope { ts: u64::MAX, ..server_api("a\"b\\c", None) };
    let [integers, floats, containers] =
        ["integers", "floats", "containers"].map(|n| payload(&format!("publication_{n}")));
    assert_said(vec![
        publication("publication_unicode", unicode, Some("58128-2")),
        publication("publication_integers", server_api("x", Some(&integers)), Some("58129-3")),
        publication("publication_floats", server_api("x", Some(&floats)), Some("58130-4")),
        publication("publication_containers", server_api("x", Some(&containers)), Some("58131-5")),
        publication("publication_type_with_quotes", quotes, Some("9007199254740991-281474976710655")),
    ]);
}

/// An independent decoder reads the same value from both encodings, so that no vector rests on this crate alone.
#[test]
fn both_encodings_of_a_vector_are_the_same_value() {
    for vector in load("server.json") {
        let [(_, json), (_, msgpack)]: [_; 2] = vector.frames().try_into().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let msgpack: serde_json::Value = rmp_serde::from_slice(&msgpack).unwrap();
        assert_eq!(json, msgpack, "{}", vector.name);
    }
}

#[test]
fn every_server_control_has_a_vector() {
    let types: BTreeSet<String> = load("server.json")
        .iter()
        .map(|vector| serde_json::from_slice::<serde_json::Value>(&vector.frames()[0].1).unwrap())
        .filter_map(|action| action["type"].as_str().and_then(|kind| kind.strip_prefix("@@hub/")).map(String::from))
        .collect();
    let all = "ack bye changed channels contact conversations error expiring history invited joined \
               lag left orgs people ping presence read reply resumed rpc welcome";
    assert_eq!(types, all.split(' ').map(String::from).collect());
}

/// A vector that no test above names would be believed without ever having been written by the node.
#[test]
fn every_vector_is_compared_with_what_the_node_writes() {
    let files =
        [include_str!("server.rs"), include_str!("presence.rs"), include_str!("rpc.rs"), include_str!("past.rs")];
    let source = files.concat();
    let source: String = source.split_whitespace().collect();
    for vector in load("server.json") {
        assert!(source.contains(&format!("(\"{}\",", vector.name)), "{}", vector.name);
    }
}
