//! What holds for every input: decoders never panic, and what was accepted can be delivered in both encodings.

mod delivery;

use delivery::check_decode;
use hubwire_protocol::cluster::{ClusterMessage, Envelope};
use hubwire_protocol::{Address, CloseCode, Codec, Incarnation, Limits, Position, SessionId};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, Index};
use serde_json::Value;

const CODECS: [Codec; 2] = [Codec::Json, Codec::MsgPack];

/// A payload as other libraries see it.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 20, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..20).prop_map(Value::from),
            vec((any::<String>(), inner), 0..20).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

fn frame() -> impl Strategy<Value = Value> {
    let hub = prop_oneof![
        Just(serde_json::json!({"to": "ch:acme/order/1842", "id": "k7"})),
        Just(serde_json::json!({"to": "user:u1", "ephemeral": true, "ts": [1.5]})),
    ];
    let action = ("[a-z/]{1,20}", json_value(), hub, json_value()).prop_map(|(kind, payload, hub, foreign)| {
        serde_json::json!({"type": kind, "payload": payload, "error": false, "meta": {"foreign": foreign, "hub": hub}})
    });
    let action = action.boxed();
    prop_oneof![action.clone(), vec(action, 1..4).prop_map(Value::from)]
}

fn encode(codec: Codec, value: &Value) -> Vec<u8> {
    match codec {
        Codec::Json => serde_json::to_vec(value).unwrap(),
        Codec::MsgPack => rmp_serde::to_vec_named(value).unwrap(),
    }
}

fn session() -> impl Strategy<Value = SessionId> {
    any::<(u64, u64)>().prop_map(|(node, random)| SessionId::new(Incarnation::from_random(node), random))
}

fn position() -> impl Strategy<Value = Position> {
    (0..1u64 << 53, 0..=Position::NONCE_MAX).prop_map(|(seq, nonce)| Position { seq, nonce })
}

const ID: &str = "[A-Za-z0-9_.~@+=:|%-]{1,64}";
const PATH: &str = "[A-Za-z0-9_.~@+=:|%-]{1,60}(/[A-Za-z0-9_.~@+=:|%-]{1,60}){0,3}";

fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        ID.prop_map(|org| format!("org:{org}")),
        (ID, ID).prop_map(|(org, team)| format!("team:{org}/{team}")),
        (ID, PATH).prop_map(|(org, path)| format!("ch:{org}/{path}")),
        ID.prop_map(|user| format!("user:{user}")),
        session().prop_map(|session| format!("session:{session}")),
    ]
}

/// Pieces of JSON and of what only looks like it.
const PIECES: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\"a\":",
    "\"\"",
    "\"é\\n\"",
    "\"\\u00e9\"",
    "\"\\ud800\"",
    "\"\\x\"",
    "\"\t\"",
    "\"\u{7f}\"",
    "0",
    "01",
    "-",
    "-1",
    "1.",
    "1.5",
    ".5",
    "1e9",
    "1e400",
    "true",
    "tru",
    "null",
    "[1]",
    "{\"b\":[]}",
    "[[[0]]]",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Frames a byte or two away from the usual form, where a reader in one pass could take what it must not.
    #[test]
    fn frames_close_to_the_usual_form_are_read_by_its_reader_as_by_the_other(
        payload in vec(select(PIECES.to_vec()), 1..4),
        hub in select(vec![r#""id":"k""#, r#""to":"user:u1","id":"k""#, r#""ephemeral":true"#, r#""id":"k","id":"l""#]),
        changes in vec((any::<Index>(), select(b" \t\x0c\"\\,:{}[]-.0e\x7f".to_vec())), 0..3),
        depth_max in 1usize..5,
    ) {
        let payload = payload.concat();
        let meta = format!(r#"{{"hub":{{{hub}}}}}"#);
        let mut frame = format!(r#"{{"type":"a/b","payload":{payload},"error":true,"meta":{meta}}}"#).into_bytes();
        for (index, byte) in changes {
            let at = index.index(frame.len());
            frame[at] = byte;
        }
        // both are compared within, where debug assertions are on
        let _ = Codec::Json.decode(&frame, &Limits { depth_max, ..Limits::default() });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in vec(any::<u8>(), 0..200)) {
        CODECS.iter().for_each(|codec| check_decode(*codec, &bytes));
        let _ = Envelope::decode(&bytes);
        let _ = ClusterMessage::decode(&bytes);
    }

    #[test]
    fn arbitrary_text_does_not_panic(text in r#"[\[\]{},:"\\utype0-9eE+. -]{0,60}"#) {
        check_decode(Codec::Json, text.as_bytes());
        check_decode(Codec::Json, format!("{{\"type\":\"x\",\"payload\":{text}}}").as_bytes());
        let _ = text.parse::<Address>();
        let _ = text.parse::<Position>();
    }

    #[test]
    fn well_formed_frames_are_accepted_and_delivered(frame in frame()) {
        for codec in CODECS {
            let message = encode(codec, &frame);
            prop_assert!(codec.decode(&message, &Limits::default()).is_ok());
            check_decode(codec, &message);
        }
    }

    #[test]
    fn mutated_frames_do_not_panic(
        frame in frame(),
        changes in vec((any::<Index>(), any::<u8>(), select(vec!["set", "insert", "remove", "cut", "double"])), 1..6),
    ) {
        for codec in CODECS {
            let mut message = encode(codec, &frame);
            for (index, byte, change) in &changes {
                let at = index.index(message.len().max(1));
                match *change {
                    "insert" => message.insert(at, *byte),
                    "cut" => message.truncate(at),
                    "double" => message.extend_from_within(at..),
                    _ if at == message.len() => {}
                    "remove" => drop(message.remove(at)),
                    _ => message[at] = *byte,
                }
            }
            check_decode(codec, &message);
        }
    }

    #[test]
    fn both_encodings_of_a_payload_are_the_same_json(payload in json_value()) {
        let frame = serde_json::json!({"type": "x", "payload": payload});
        for codec in CODECS {
            let message = encode(codec, &frame);
            let actions = codec.decode(&message, &Limits::default());
            let actions = actions.map_err(|error| TestCaseError::fail(error.message))?;
            let text = actions[0].payload.as_deref().unwrap_or_default();
            prop_assert_eq!(&serde_json::from_str::<Value>(text)?, &payload);
        }
    }

    #[test]
    fn addresses_survive_print_and_parse(text in address()) {
        let parsed: Address = text.parse()?;
        prop_assert_eq!(parsed.to_string(), text);
    }

    #[test]
    fn positions_and_sessions_survive_print_and_parse(position in position(), session in session()) {
        prop_assert_eq!(position.to_string().parse(), Ok(position));
        prop_assert_eq!(session.to_string().parse(), Ok(session));
    }

    #[test]
    fn envelopes_survive(
        (to, kind) in (address(), any::<String>()),
        (from, id, payload, meta) in any::<(Option<String>, Option<String>, Option<String>, Option<String>)>(),
        (session, ts, error) in (proptest::option::of(session()), any::<u64>(), any::<Option<bool>>()),
        noise in any::<(Index, u8)>(),
    ) {
        let (from, id) = (from.as_deref(), id.as_deref());
        let (payload, meta) = (payload.as_deref(), meta.as_deref());
        let envelope = Envelope { to: &to, from, session, id, ts, kind: &kind, payload, error, meta, narrowed: None };
        let mut bytes = envelope.encode();
        prop_assert_eq!(Envelope::decode(&bytes), Ok(envelope));
        let at = noise.0.index(bytes.len());
        bytes[at] = noise.1;
        let _ = Envelope::decode(&bytes);
        bytes.truncate(at);
        prop_assert!(Envelope::decode(&bytes).is_err());
    }

    #[test]
    fn cluster_messages_survive(
        (stream, user, envelope) in (address(), ID, vec(any::<u8>(), 0..100)),
        (pos, prev, session, joined) in (position(), position(), session(), any::<bool>()),
        code in select(CloseCode::ALL),
    ) {
        for message in [
            ClusterMessage::Publication { stream: &stream, pos, prev, envelope: &envelope },
            ClusterMessage::Ephemeral { address: &stream, envelope: &envelope },
            ClusterMessage::Tail { stream: &stream, pos },
            ClusterMessage::Tails { tops: vec![(&stream, pos), (&stream, prev)] },
            ClusterMessage::Presence { channel: &stream, user: &user, joined },
            ClusterMessage::Close { session, code, said: b"4001 later" },
            ClusterMessage::Question { from: session.incarnation(), id: pos.seq, question: &envelope },
            ClusterMessage::Answer { id: pos.seq, answer: &envelope },
        ] {
            let bytes = message.encode();
            prop_assert_eq!(ClusterMessage::decode(&bytes), Ok(message));
        }
    }
}
