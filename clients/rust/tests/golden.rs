//! The golden vectors of the protocol: what nodes write, this library reads, in both codecs alike.

use hubwire_client::protocol::Codec;
use hubwire_client::wire::{pack, unpack, Received};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::Value;

#[derive(Deserialize)]
struct Vector {
    name: String,
    json: Option<String>,
    msgpack: Option<String>,
}

fn vectors(file: &str) -> Vec<Vector> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol/tests/golden/v1/");
    let text = std::fs::read_to_string(format!("{directory}{file}")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn every_action_of_a_node_is_read_the_same_in_both_codecs() {
    let vectors = vectors("server.json");
    assert!(vectors.len() > 20);
    for Vector { name, json, msgpack } in vectors {
        let (json, packed) = (json.unwrap(), unhex(&msgpack.unwrap()));
        assert_eq!(value(&unpack(&packed).unwrap()), value(&json), "{name}");
        let received = Received::<&RawValue>::parse(&json).unwrap();
        let from_packed = Received::<Value>::decode(Codec::MsgPack, &packed).unwrap();
        let expected = value(&json);
        assert_eq!(Value::from(&*received.kind), expected["type"], "{name}");
        assert_eq!(from_packed.payload.unwrap_or_default(), expected["payload"], "{name}");
        for (key, read) in [
            ("to", &received.meta.hub.to),
            ("id", &received.meta.hub.id),
            ("from", &received.meta.hub.from),
            ("pos", &received.meta.hub.pos),
            ("re", &received.meta.hub.re),
        ] {
            assert_eq!(read.as_deref(), expected["meta"]["hub"][key].as_str(), "{name}: {key}");
        }
        assert_eq!(received.meta.hub.ts, expected["meta"]["hub"]["ts"].as_u64(), "{name}: ts");
    }
}

#[test]
fn every_action_of_a_client_is_written_as_a_node_takes_it_in_both_codecs() {
    let vectors = vectors("client.json");
    assert!(vectors.len() > 20);
    for Vector { name, json, msgpack } in vectors {
        let (Some(json), Some(_)) = (json, msgpack) else { continue };
        let packed = pack(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
        let decode = |codec: Codec, bytes: &[u8]| {
            let actions = codec.decode(bytes, &Default::default()).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            let shown =
                actions.iter().map(|it| (it.kind.to_string(), it.hub.to.clone(), it.hub.id.clone(), it.hub.ephemeral));
            shown.map(|it| format!("{it:?}")).collect::<Vec<_>>()
        };
        assert_eq!(decode(Codec::MsgPack, &packed), decode(Codec::Json, json.as_bytes()), "{name}");
    }
}
