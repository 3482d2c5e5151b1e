//! What clients send.

use crate::vectors::{load, Expected, Vector};
use hubwire_protocol::request::Want;
use hubwire_protocol::{Codec, Dialect, ErrorCode, Limits};
use std::collections::BTreeSet;

fn accepted() -> Vec<Vector> {
    load("client.json").into_iter().chain(load("client_one_encoding.json")).collect()
}

#[test]
fn accepted_frames_are_decoded_to_the_same_actions_in_both_codecs() {
    for vector in accepted() {
        for (codec, frame) in vector.frames() {
            let actions = codec.decode(&frame, &Limits::default());
            let actions = actions.unwrap_or_else(|error| panic!("{} in {codec:?}: {error:?}", vector.name));
            let actions: Vec<Expected> = actions.into_iter().map(Expected::from).collect();
            assert_eq!(actions, vector.actions, "{} in {codec:?}", vector.name);
        }
    }
}

#[test]
fn vectors_of_both_codecs_have_both() {
    for vector in load("client.json").iter().chain(&load("server.json")) {
        assert_eq!(vector.frames().len(), 2, "{}", vector.name);
    }
}

#[test]
fn trailing_bytes_are_refused() {
    for vector in accepted() {
        for (codec, frame) in vector.frames() {
            let trailers: &[&[u8]] = match codec {
                Codec::Json => &[b"x", b"{}", b"\0", b",", b"]"],
                Codec::MsgPack => &[b"\0", b"\xc0", b"\x80", b"\xc1"],
            };
            for trailer in trailers {
                assert_syntax(&vector.name, codec, &[&frame, *trailer].concat());
            }
        }
    }
}

#[test]
fn cut_off_frames_are_refused() {
    for vector in accepted() {
        for (codec, frame) in vector.frames() {
            // White space after a JSON value may be missing.
            let whole = if codec == Codec::Json { frame.trim_ascii_end() } else { &frame[..] };
            for end in 0..whole.len() {
                assert_syntax(&vector.name, codec, &whole[..end]);
            }
        }
    }
}

fn assert_syntax(name: &str, codec: Codec, frame: &[u8]) {
    let refused = codec.decode(frame, &Limits::default()).map_err(|error| error.code);
    assert_eq!(refused, Err(ErrorCode::BadSyntax), "{name} in {codec:?}: {:?}", String::from_utf8_lossy(frame));
}

/// Released before nodes read the id of such frames.
const RE_WAS_LEARNT: [&str; 2] = ["json_number_too_great", "id_too_long"];

#[test]
fn refused_frames_say_why_and_which_action() {
    for vector in load("refused.json") {
        for (codec, frame) in vector.frames() {
            let what = format!("{} in {codec:?}", vector.name);
            let error = codec.decode(&frame, &Limits::default()).expect_err(&what);
            assert_eq!(Some(error.code.as_str()), vector.error.as_deref(), "{what}: {}", error.message);
            if !RE_WAS_LEARNT.contains(&&*vector.name) {
                assert_eq!(error.re, vector.re, "{what}");
            }
            if let Some(not_done) = &vector.not_done {
                assert_eq!(&error.not_done, not_done, "{what}");
            }
            assert!((10..300).contains(&error.message.len()), "{what}: {}", error.message);
            assert!(!error.message.contains(char::is_control), "{what}: {:?}", error.message);
        }
    }
}

#[test]
fn a_payload_longer_than_a_frame_as_json_is_refused() {
    // each control character takes one byte in MessagePack and six in JSON; quotes are two of the JSON text's bytes
    let frame = |characters: u16| {
        let head = [&b"\x82\xa4type\xa1x\xa7payload\xda"[..], &characters.to_be_bytes()].concat();
        [head, vec![1; characters.into()]].concat()
    };
    let limits = Limits { frame_bytes_max: 6002, ..Limits::default() };
    assert!(Codec::MsgPack.decode(&frame(1000), &limits).is_ok());
    assert_eq!(Codec::MsgPack.decode(&frame(1001), &limits).unwrap_err().code, ErrorCode::TooBig);
}

#[test]
fn a_frame_longer_than_the_limit_is_refused() {
    let limits = Limits { frame_bytes_max: 12, ..Limits::default() };
    for (codec, fits, too_big) in [
        (Codec::Json, &b"{\"type\":\"x\"}"[..], &b"{\"type\":\"xy\"}"[..]),
        (Codec::MsgPack, b"\x81\xa4type\xa5xxxxx", b"\x81\xa4type\xa6xxxxxx"),
    ] {
        assert!(codec.decode(fits, &limits).is_ok());
        assert_eq!(codec.decode(too_big, &limits).unwrap_err().code, ErrorCode::TooBig);
    }
}

/// The vectors hold every control a client can send, and each is understood.
#[test]
fn every_client_control_has_a_vector() {
    let mut seen = BTreeSet::new();
    for vector in load("client.json").iter().filter(|vector| vector.name != "reserved_type") {
        for (codec, frame) in vector.frames() {
            let dialect = Dialect::of_subprotocol(codec.subprotocol()).unwrap();
            for request in dialect.decode(&frame, &Limits::default()).unwrap() {
                seen.insert(match request.want {
                    Want::Publish(_) => continue,
                    Want::PublishInView(_) => panic!("{}: hubwire.v1 has no such request", vector.name),
                    Want::Auth(_) => "auth",
                    Want::Refresh(_) => "refresh",
                    Want::Join(_) => "join",
                    Want::Leave => "leave",
                    Want::View(_) => "view",
                    Want::State(_) => "state",
                    Want::Snapshot(_) => "snapshot",
                    Want::Kick(_) => "kick",
                    Want::Invite(_) => "invite",
                    Want::Profile(_) => "profile",
                    Want::Presence(_) => "presence",
                    Want::Watch(_) => "watch",
                    Want::Unwatch(_) => "unwatch",
                    Want::Contact(_) => "contact",
                    Want::People(_) => "people",
                    Want::Conversations(_) => "conversations",
                    Want::Read(_) => "read",
                    Want::Channels(_) => "channels",
                    Want::History(_) => "history",
                    Want::Resume(_) => "resume",
                    Want::Live => "live",
                    Want::Cursor(_) => "cursor",
                    Want::Rpc(_) => "rpc",
                    Want::Reply(_) => "reply",
                    Want::Ping => "ping",
                    Want::Unreadable { message, .. } => panic!("{}: {message}", vector.name),
                });
            }
        }
    }
    // A new variant breaks the match above; its vector raises this number.
    assert_eq!(seen.len(), 25, "{seen:?}");
}
