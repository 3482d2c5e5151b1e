//! Decoding what a client sends, encoding what members get.

use criterion::{Criterion, Throughput};
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::{Codec, Limits};
use serde_json::{json, Value};
use std::hint::black_box;

const CODECS: [(&str, Codec); 2] = [("json", Codec::Json), ("msgpack", Codec::MsgPack)];

/// An action with a payload of about 128 bytes.
fn action() -> Value {
    json!({
        "type": "order/lineChanged",
        "payload": { "line": 3, "quantity": 12.5, "note": "x".repeat(80) },
        "meta": { "hub": { "to": "ch:acme/order/1842", "id": "k7-17" } },
    })
}

pub fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec");
    for (name, codec) in CODECS {
        let bytes = match codec {
            Codec::Json => action().to_string().into_bytes(),
            Codec::MsgPack => rmp_serde::to_vec_named(&action()).unwrap(),
        };
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        let limits = Limits::default();
        group.bench_function(format!("decode_{name}"), |bencher| {
            bencher.iter(|| codec.decode(black_box(&bytes), &limits).map(|actions| actions.len()));
        });
    }
    let payload = action()["payload"].to_string();
    let envelope = Envelope {
        to: "ch:acme/order/1842",
        from: Some("u_77"),
        session: None,
        id: Some("k7-17"),
        ts: 1_795_239_502_123,
        kind: "order/lineChanged",
        payload: Some(&payload),
        error: None,
        meta: None,
        narrowed: None,
    };
    let pos = "1795239502123-4182736655".parse().ok();
    group.throughput(Throughput::Elements(1));
    for (name, codec) in CODECS {
        group.bench_function(format!("publication_{name}"), |bencher| {
            bencher.iter(|| codec.publication(black_box(&envelope), pos));
        });
    }
    let stored = envelope.encode();
    group.bench_function("envelope_encode", |bencher| bencher.iter(|| black_box(&envelope).encode()));
    group.bench_function("envelope_decode", |bencher| bencher.iter(|| Envelope::decode(black_box(&stored)).is_ok()));
    group.finish();
}
