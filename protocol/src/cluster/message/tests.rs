//! Cluster messages survive their encoding, and other bytes are refused.

use super::*;
use crate::Position;

#[test]
fn every_message_survives() {
    let pos = Position { seq: 12, nonce: 34 };
    let session = SessionId::new(Incarnation::from_random(7), 9);
    for message in [
        ClusterMessage::Publication { stream: "org:acme", pos, prev: Position::START, envelope: b"\n\0x y" },
        ClusterMessage::Direct {
            copy: StreamPlace { stream: "user:u1", pos, prev: Position::START },
            receiver: StreamPlace { stream: "user:u2", pos: Position { seq: 7, nonce: 34 }, prev: pos },
            envelope: b"\n\0x y",
        },
        ClusterMessage::Ephemeral { address: "user:u1", envelope: b"" },
        ClusterMessage::Tail { stream: "ch:acme/x", pos },
        ClusterMessage::Tails { tops: vec![("user:u1", pos), ("user:u2", Position::START)] },
        ClusterMessage::Tails { tops: Vec::new() },
        ClusterMessage::Presence { channel: "ch:acme/x", user: "u1", joined: true },
        ClusterMessage::Presence { channel: "ch:acme/x", user: "u1", joined: false },
        ClusterMessage::State { channel: "ch:acme/x", user: "u1", state: b"{\"line\":\n3}" },
        ClusterMessage::State { channel: "ch:acme/x", user: "u1", state: b"" },
        ClusterMessage::Profile { channel: "ch:acme/x", user: "u1", profile: b"{\"name\":\"A\"}" },
        ClusterMessage::Stirred { user: "u1" },
        ClusterMessage::Company { channel: "ch:acme/x" },
        ClusterMessage::Close { session, code: CloseCode::Replaced, said: b"" },
        ClusterMessage::Close { session, code: CloseCode::Draining, said: b"4001 later" },
        ClusterMessage::Drain,
        ClusterMessage::Place { session, channel: "ch:acme/x", joined: true },
        ClusterMessage::Place { session, channel: "ch:acme/x", joined: false },
        ClusterMessage::Call {
            session,
            node: Incarnation::from_random(3),
            call: 5,
            timeout_ms: 1000,
            body: b"{\"method\":\"m\"}",
        },
        ClusterMessage::Returned { call: 5, body: b"{\"result\":1}" },
        ClusterMessage::LateReply { session, body: b"{}" },
        ClusterMessage::AskLastHeard { user: "u1", node: Incarnation::from_random(3), search: 5 },
        ClusterMessage::LastHeard { search: 5, latest: Some((1_795_239_502_123, session)) },
        ClusterMessage::LastHeard { search: 5, latest: None },
        ClusterMessage::Question { from: Incarnation::from_random(7), id: u64::MAX, question: b"{\n}" },
        ClusterMessage::Answer { id: 0, answer: b"" },
    ] {
        assert_eq!(ClusterMessage::decode(&message.encode()), Ok(message));
    }
}

#[test]
fn a_script_may_write_a_publication() {
    let bytes = b"P org:acme 12-34 0-0\nbody";
    let ClusterMessage::Publication { stream, envelope, .. } = ClusterMessage::decode(bytes).unwrap() else {
        panic!("no publication")
    };
    assert_eq!((stream, envelope), ("org:acme", &b"body"[..]));
}

#[test]
fn other_bytes_are_refused() {
    for bytes in [
        "",
        "P",
        "P a 1-1\n",
        "P a 1-1 x\n",
        "T a 1-1\nrest",
        "U a 1-1\n",
        "U\na\n",
        "U\na 1-1\nb x\n",
        "T a 1-1 more\n",
        "X a\n",
        "C x 4409\n",
        "J  u\n",
        "O x 1\n",
        "I -1\n",
    ] {
        assert!(ClusterMessage::decode(bytes.as_bytes()).is_err(), "{bytes:?}");
    }
}
