//! What an accepted frame promises: it can be delivered in both encodings and means the same in both. The property
//! tests and the fuzz targets share it.

use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::hubwire_v1::action::Action;
use hubwire_protocol::{Address, Codec, Limits, Position};
use serde_json::value::RawValue;
use serde_json::Value;

/// The message in a server's frame.
fn unframed(frame: &[u8]) -> &[u8] {
    let header_bytes = match frame[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    &frame[header_bytes..]
}

/// The action as the node would publish it, in both codecs; reads both back.
fn check_delivery(action: &Action<'_>) {
    let to = action.hub.to.as_ref().map_or("org:acme".to_string(), Address::to_string);
    let envelope = Envelope {
        to: &to,
        from: Some("u1"),
        session: None,
        id: action.hub.id.as_deref(),
        ts: 7,
        kind: &action.kind,
        payload: action.payload.as_deref(),
        error: action.error,
        meta: action.meta.as_deref(),
        narrowed: None,
    };
    let pos = (!action.hub.ephemeral).then_some(Position { seq: 1, nonce: 2 });
    let json = Codec::Json.publication(&envelope, pos);
    let json: Value = serde_json::from_slice(unframed(&json)).expect("a publication is JSON");
    let msgpack = Codec::MsgPack.publication(&envelope, pos);
    let msgpack: Value = rmp_serde::from_slice(unframed(&msgpack)).expect("a publication is MessagePack");
    assert_eq!(json, msgpack, "another decoder reads the same from both");

    let limits = Limits { frame_bytes_max: usize::MAX, ..Limits::default() };
    let json = Codec::Json.publication(&envelope, pos);
    let again = Codec::Json.decode(unframed(&json), &limits).expect("what was accepted is accepted again");
    assert_eq!(again[0].payload, action.payload, "payloads pass byte for byte");
    assert_eq!(again[0].meta, action.meta, "and so does foreign meta");
    assert_eq!((&again[0].kind, again[0].error, &again[0].hub.id), (&action.kind, action.error, &action.hub.id));

    // Once a payload was MessagePack its text is settled.
    let msgpack = Codec::MsgPack.publication(&envelope, pos);
    let settled = &Codec::MsgPack.decode(unframed(&msgpack), &limits).expect("accepted again")[0];
    let envelope = Envelope { payload: settled.payload.as_deref(), meta: settled.meta.as_deref(), ..envelope };
    assert_eq!(Codec::MsgPack.publication(&envelope, pos), msgpack, "a second rewrite changes nothing");
}

/// Decodes; what is accepted keeps the promises of [`Action`] and can be delivered.
pub fn check_decode(codec: Codec, message: &[u8]) {
    let limits = Limits::default();
    let Ok(actions) = codec.decode(message, &limits) else { return };
    assert!((1..=limits.actions_max).contains(&actions.len()));
    for action in &actions {
        assert!((1..=limits.type_bytes_max).contains(&action.kind.len()));
        assert!(action.hub.id.as_ref().is_none_or(|id| (1..=limits.id_bytes_max).contains(&id.len())));
        for text in [&action.payload, &action.meta].into_iter().flatten() {
            serde_json::from_str::<&RawValue>(text).expect("payload and meta are JSON");
        }
        assert!(action.meta.as_ref().is_none_or(|meta| meta.starts_with('{') && meta.len() > 2));
        check_delivery(action);
    }
}
