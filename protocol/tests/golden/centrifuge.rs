//! The vectors of the Centrifuge protocol: one per command, reply and push, in both formats. The protobuf ones were
//! written by another implementation of the format, from the protocol's schema.

mod kinds;

use bytes::Bytes;
use hubwire_protocol::centrifuge::codes;
use hubwire_protocol::centrifuge::reply::*;
use hubwire_protocol::centrifuge::{bytes_to_json, Answered, Call, Format, Retold};
use hubwire_protocol::dialect::WireProtocol;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    json: String,
    protobuf: String,
}

fn load(file: &str) -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/centrifuge").join(file);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn a_command_is_the_same_in_both_formats_whatever_stands_behind_it() {
    for Vector { name, json, protobuf } in load("commands.json") {
        let bytes = unhex(&protobuf);
        let (texts, messages) = ([json.as_str(), "{}"].join("\n"), [&bytes[..], &[0]].concat());
        let by_json = Format::Json.commands(texts.as_bytes(), 2).unwrap();
        let by_protobuf = Format::Protobuf.commands(&messages, 2).unwrap();
        assert_eq!((by_json.len(), by_protobuf.len()), (2, 2), "{name}");
        assert_eq!(by_json[0].0, by_protobuf[0].0, "{name}");
        assert_eq!(&texts[by_json[0].1.clone()], json, "{name}: it stands where it says");
        assert_eq!(messages[by_protobuf[0].1.clone()], bytes, "{name}: it stands where it says");
        assert!(Format::Json.commands(texts.as_bytes(), 1).is_err(), "{name}: one too many");
        assert!(Format::Protobuf.commands(&messages, 1).is_err(), "{name}: one too many");
    }
}

#[test]
fn a_command_that_is_written_anew_is_read_as_it_was() {
    for Vector { name, json, .. } in load("commands.json") {
        let (command, _) = Format::Json.commands(json.as_bytes(), 1).unwrap().remove(0);
        let is_written = matches!(
            command.call,
            Some(Call::Connect(_) | Call::Subscribe(_) | Call::Unsubscribe(_) | Call::Publish(_) | Call::History(_))
        );
        for format in [Format::Json, Format::Protobuf].into_iter().filter(|_| is_written) {
            let mut frame = Vec::new();
            format.put_command(&mut frame, &command, b"");
            assert_eq!(format.commands(&frame, 1).unwrap()[0].0, command, "{name} {format:?}");
        }
    }
}

fn info() -> ClientInfo<'static> {
    ClientInfo::new("u1", "c1".into(), None)
}

fn publication(epoch: &str) -> Publication<'static> {
    Publication {
        data: Data(r#"{"n":1}"#.into()),
        is_bytes: false,
        info: Some(info()),
        offset: 8,
        epoch: epoch.into(),
        tags: [].into(),
    }
}

/// Of a server, which has no connection.
fn tagged() -> Publication<'static> {
    let tags = [("a".into(), "x".into()), ("b".into(), String::new())].into();
    Publication { info: None, tags, ..publication("99") }
}

fn subscribed() -> Subscribed<'static> {
    let epoch = "7.99".into();
    Subscribed { recoverable: true, positioned: true, epoch, offset: 7, ..Subscribed::default() }
}

fn push(what: Pushed<'static>) -> Body<'static> {
    Body::Push(Push { channel: "chat:a".into(), what })
}

/// All that a client can hear.
fn replies() -> Vec<(&'static str, u32, Body<'static>)> {
    let expiry = Expiry::after(Some(60));
    let recovered = Subscribed { expiry, was_recovering: true, recovered: true, ..subscribed() };
    let connected = Connected {
        client: "c1".into(),
        version: "0.1.0",
        expiry,
        data: None,
        subs: [("#u1".into(), subscribed())].into(),
        ping: 25,
        pong: true,
        session: String::new(),
        node: "n1",
    };
    let with_deltas = Subscribed { delta: true, ..subscribed() };
    let disconnected = Pushed::Disconnect(Disconnected { code: 3500, reason: "invalid token" });
    let posting = Connected { session: "c1.key".into(), ..connected.clone() };
    let spoken_to = Connected {
        data: Some(Data(r#"{"role":"host"}"#.into())),
        subs: [("chat:a".into(), Subscribed { data: Some(Data("[1]".into())), ..subscribed() })].into(),
        ..connected.clone()
    };
    let told = ClientInfo::new("u1", "c1".into(), Some(r#"{"conn_info":{"name":"x"},"chan_info":1}"#));
    let told = Publication { info: Some(told), ..publication("") };
    let bytes =
        Publication { data: Data(bytes_to_json(&[0, 255]).into()), is_bytes: true, info: None, ..publication("") };
    let page = Page { publications: vec![publication("")], epoch: "8.99".into(), offset: 8 };
    let unsubscribed = Unsubscribed { code: codes::INSUFFICIENT_STATE, reason: "insufficient state" };
    vec![
        ("ping", 0, Body::Ping),
        ("error", 1, Body::Error(codes::INTERNAL)),
        ("lasting_error", 1, Body::Error(codes::PERMISSION_DENIED)),
        ("failure", 1, Body::Failure { code: 404, message: "no such order".into() }),
        ("connect", 1, Body::Connect(connected)),
        ("connect_of_a_client_that_posts", 1, Body::Connect(posting)),
        ("connect_with_data", 1, Body::Connect(spoken_to)),
        ("subscribe", 2, Body::Subscribe(Subscribed::default())),
        ("subscribe_recovered", 2, Body::Subscribe(recovered)),
        ("subscribe_with_deltas", 2, Body::Subscribe(with_deltas)),
        ("unsubscribe", 3, Body::Unsubscribe),
        ("publish", 4, Body::Publish),
        ("presence", 5, Body::Presence([("c1".into(), info())].into())),
        ("presence_stats", 6, Body::PresenceStats(PresenceStats { num_clients: 2, num_users: 1 })),
        ("history", 7, Body::History(page)),
        ("rpc", 8, Body::Rpc(Data("[1]".into()))),
        ("refresh", 9, Body::Refresh(expiry)),
        ("sub_refresh", 10, Body::SubRefresh(expiry)),
        ("publication", 0, push(Pushed::Publication(publication("")))),
        ("publication_with_epoch", 0, push(Pushed::Publication(publication("99")))),
        ("publication_with_infos", 0, push(Pushed::Publication(told))),
        ("publication_with_tags", 0, push(Pushed::Publication(tagged()))),
        ("publication_of_bytes", 0, push(Pushed::Publication(bytes))),
        ("join", 0, push(Pushed::Join(info()))),
        ("leave", 0, push(Pushed::Leave(info()))),
        ("unsubscribed", 0, push(Pushed::Unsubscribe(unsubscribed))),
        ("subscribed", 0, push(Pushed::Subscribe(subscribed()))),
        ("disconnect", 0, Body::push("", disconnected)),
    ]
}

#[test]
fn each_reply_and_push_is_written_as_its_vector_says() {
    let vectors = load("replies.json");
    let names: BTreeSet<_> = vectors.iter().map(|vector| vector.name.as_str()).collect();
    let replies = replies();
    assert_eq!(replies.iter().map(|(name, ..)| *name).collect::<BTreeSet<_>>(), names);
    for (name, id, body) in replies {
        let vector = vectors.iter().find(|vector| vector.name == name).unwrap();
        let reply = Reply { id, body };
        let content = |format: Format| {
            let frame = format.frame(std::slice::from_ref(&reply));
            assert_eq!(frame[0], 0x80 | format.opcode() as u8, "{name}");
            let header = if frame[1] < 126 { 2 } else { 4 };
            frame[header..].to_vec()
        };
        assert_eq!(String::from_utf8(content(Format::Json)).unwrap(), vector.json, "{name}");
        assert_eq!(content(Format::Protobuf), unhex(&vector.protobuf), "{name}");
    }
}

/// A push, and what becomes of it for who wants deltas and has the data `before`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    name: String,
    before: Option<String>,
    data: String,
    json: String,
    protobuf: String,
    told_json: String,
    told_protobuf: String,
}

fn content(format: Format, frames: &[u8]) -> &[u8] {
    let mut parts = hubwire_protocol::frame::parts(frames);
    let part = parts.next().unwrap();
    assert!(parts.next().is_none() && frames[0] == 0x80 | format.opcode() as u8);
    &frames[part.payload]
}

#[test]
fn who_wants_deltas_is_told_what_the_vectors_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/centrifuge/deltas.json");
    let vectors: Vec<Told> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for Told { name, before, data, json, protobuf, told_json, told_protobuf } in vectors {
        let before = before.map(Bytes::from);
        let pushes = [(Format::Json, json.into_bytes(), told_json.into_bytes())];
        let pushes = pushes.into_iter().chain([(Format::Protobuf, unhex(&protobuf), unhex(&told_protobuf))]);
        for (format, push, expected) in pushes {
            let frames = hubwire_protocol::frame::frame(format.opcode(), &push);
            assert_eq!(format.channel_published(&frames).as_deref(), Some("chat:a"), "{name}");
            let Retold { frames: told, last } = format.retold(&frames, "chat:a", before.as_ref());
            let (told, expected) = (content(format, &told).escape_ascii().to_string(), expected.escape_ascii());
            assert_eq!(told, expected.to_string(), "{name} {format:?}");
            assert_eq!(last, data.as_bytes(), "{name} {format:?}");
            assert_eq!(format.retold(&frames, "chat:b", before.as_ref()).frames, frames, "{name}: another channel's");
        }
    }
}

#[test]
fn of_several_publications_in_one_write_each_is_told_by_the_one_before() {
    for format in [Format::Json, Format::Protobuf] {
        let data = |n: u32| format!(r#"{{"n":{n},"text":"this part of it stays as it was, whatever n is"}}"#);
        let push = |n| {
            let publication = Publication { data: Data(data(n).into()), ..publication("99") };
            format.frame(&[Reply { id: 0, body: push(Pushed::Publication(publication)) }])
        };
        let together = Bytes::from([push(1), push(2), push(3)].concat());
        let told = format.retold(&together, "chat:a", None);
        let mut before = None;
        let mut one_by_one = Vec::new();
        for n in 1..4 {
            let Retold { frames, last } = format.retold(&push(n), "chat:a", before.as_ref());
            one_by_one.extend_from_slice(&frames);
            before = Some(last);
        }
        assert_eq!((&told.frames[..], told.last), (&one_by_one[..], data(3).into()), "{format:?}");
        assert!(told.frames.len() < together.len() - 40, "{} {}", told.frames.len(), together.len());
    }
}

#[test]
fn what_a_reply_says_of_a_subscription_is_read_from_it() {
    for format in [Format::Json, Format::Protobuf] {
        for (name, id, body) in replies().into_iter().filter(|(_, id, _)| *id != 0) {
            let expected = match &body {
                Body::Subscribe(it) => Answered::Subscribed { delta: it.delta },
                Body::Unsubscribe => Answered::Unsubscribed,
                _ => Answered::Otherwise,
            };
            assert_eq!(format.answered(&format.frame(&[Reply { id, body }])), [(id, expected)], "{name} {format:?}");
        }
        assert_eq!(format.answered(&format.frame(&[Reply { id: 0, body: Body::Ping }])), []);
    }
}

#[test]
fn data_that_was_printed_over_several_lines_stands_on_one() {
    let reply = Reply { id: 1, body: Body::Rpc(Data("{\n  \"text\": \"a\\nb\"\n}".into())) };
    let frame = Format::Json.frame(&[reply]);
    assert_eq!(std::str::from_utf8(&frame[2..]).unwrap(), r#"{"id":1,"rpc":{"data":{   "text": "a\nb" }}}"#);
}

#[test]
fn several_replies_stand_in_one_frame() {
    let reply = |id| Reply { id, body: Body::Publish };
    assert_eq!(
        &Format::Json.frame(&[reply(1), reply(2)])[2..],
        b"{\"id\":1,\"publish\":{}}\n{\"id\":2,\"publish\":{}}"
    );
    assert_eq!(Format::Protobuf.frame(&[reply(1), reply(2)])[2..], [4, 8, 1, 66, 0, 4, 8, 2, 66, 0]);
}
