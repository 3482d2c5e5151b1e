//! Fills `corpus/` with seeds: the golden vectors, and a few texts that reach deep.

use hubwire_protocol::cluster::{ClusterMessage, Envelope};
use hubwire_protocol::{CloseCode, Codec, Incarnation, Limits, Position, SessionId};
use serde_json::Value;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn main() {
    let mut count = 0;
    let mut seed = |target: &str, bytes: &[u8]| {
        let directory = Path::new(ROOT).join("corpus").join(target);
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(format!("seed-{count:04}")), bytes).unwrap();
        count += 1;
    };
    for file in ["client", "client_one_encoding", "refused", "server"] {
        let path = Path::new(ROOT).join("../protocol/tests/golden/v1").join(file).with_extension("json");
        let vectors: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for vector in &vectors {
            if let Some(text) = vector["json"].as_str() {
                seed("json_action", text.as_bytes());
                seed("frame_reader", &[&[7][..], &frame(0x81, text.as_bytes())].concat());
                envelopes(text, &mut seed);
            }
            if let Some(bytes) = vector["msgpack"].as_str().map(unhex) {
                seed("msgpack_action", &bytes);
                seed("frame_reader", &[&[3][..], &frame(0x82, &bytes)].concat());
            }
        }
    }
    frames(&mut seed);
    for text in ["org:acme", "team:acme/ops", "ch:acme/order/1842", "user:u_42", "1795239502123-4182736655"] {
        seed("address", text.as_bytes());
    }
    seed("address", format!("session:{}", session()).as_bytes());
    let example = std::fs::read_to_string(Path::new(ROOT).join("../deploy/hubwire.example.toml")).unwrap();
    let uncommented = example.lines().map(|line| line.trim_start_matches("# ").to_owned() + "\n");
    let without_comments: String = uncommented.collect();
    for text in [&example, &without_comments] {
        seed("config", text.as_bytes());
    }
    for line in example.lines().filter(|line| line.contains(" = ")) {
        seed("config", format!("[socket]\n{}\n", line.trim_start_matches("# ")).as_bytes());
    }
    for text in [
        r#"{"sub":"u1","exp":4102444800,"orgs":{"acme":{"roles":["admin"],"teams":["ops"]}}}"#,
        r#"{"sub":"u1","exp":4102444800,"nbf":1,"iss":"i","aud":["a"],"orgs":{}}"#,
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSIsImV4cCI6NDEwMjQ0NDgwMH0.AAAA",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSJ9.",
    ] {
        seed("jwt", text.as_bytes());
    }
    println!("{count} seeds");
}

/// The actions of a vector as they travel between nodes.
fn envelopes(text: &str, seed: &mut impl FnMut(&str, &[u8])) {
    let Ok(actions) = Codec::Json.decode(text.as_bytes(), &Limits::default()) else { return };
    let pos = Position { seq: 1_795_239_502_123, nonce: 7 };
    for action in &actions {
        let to = action.hub.to.as_ref().map_or("org:acme".to_owned(), ToString::to_string);
        let envelope = Envelope {
            to: &to,
            from: Some("u1"),
            session: Some(session()),
            id: action.hub.id.as_deref(),
            ts: 7,
            kind: &action.kind,
            payload: action.payload.as_deref(),
            error: action.error,
            meta: action.meta.as_deref(),
            narrowed: None,
};
        let envelope = envelope.encode();
        seed("cluster_envelope", &envelope);
        for message in [
            ClusterMessage::Publication { stream: &to, pos, prev: pos, envelope: &envelope },
            ClusterMessage::Ephemeral { address: &to, envelope: &envelope },
            ClusterMessage::Tail { stream: &to, pos },
            ClusterMessage::Tails { tops: vec![(&to, pos), (&to, pos)] },
            ClusterMessage::Presence { channel: &to, user: "u1", joined: true },
            ClusterMessage::Close { session: session(), code: CloseCode::Draining, said: b"4001 later" },
            ClusterMessage::Question { from: session().incarnation(), id: 7, question: &envelope },
            ClusterMessage::Answer { id: 7, answer: &envelope },
        ] {
            seed("cluster_message", &message.encode());
        }
    }
}

/// What a stream of frames is made of, in order and out of it.
fn frames(seed: &mut impl FnMut(&str, &[u8])) {
    let parts = [
        frame(0x01, "κόσ".as_bytes()),
        frame(0x89, b"ping"),
        frame(0x00, b"abc"),
        frame(0x8a, b""),
        frame(0x80, b"end"),
        frame(0x82, &[7; 150]),
        frame(0x88, &[0x03, 0xe8, b'o', b'k']),
        vec![0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4],
        vec![0x82, 0xfe, 0, 200, 1, 2, 3, 4],
    ];
    seed("frame_reader", &[&[5][..], &parts.concat()].concat());
    for part in &parts {
        seed("frame_reader", &[&[2][..], part].concat());
    }
}

fn session() -> SessionId {
    SessionId::new(Incarnation::from_random(7), 9)
}

/// A masked frame with a length in its shortest form.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        n @ 0..=125 => out.push(0x80 | n as u8),
        n => out.extend([&[0x80 | 126][..], &(n as u16).to_be_bytes()].concat()),
    }
    out.extend([0; 4]);
    out.extend(payload);
    out
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
