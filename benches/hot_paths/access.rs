//! What it costs to decide: an action by the rules, its payload by a schema, a token by its signature, and what shares
//! add to a direct message in memory.

use criterion::{Criterion, Throughput};
use futures_util::FutureExt;
use hubwire::auth::jwt::Tokens;
use hubwire::config::Config;
use hubwire_actors::access::schemas::Document;
use hubwire_actors::access::{may, Capability, Policy, Rules, SchemaPolicy, TypePolicy};
use hubwire_actors::backend::memory::MemoryCluster;
use hubwire_actors::backend::{AppendDirect, Retention, Share};
use hubwire_actors::environment::Environment;
use hubwire_actors::identity::Identity;
use hubwire_actors::retention::Shares;
use hubwire_protocol::{Address, Codec, Limits};
use jsonwebtoken::{encode, Algorithm, EncodingKey, Header};
use serde_json::json;
use std::hint::black_box;
use std::time::Duration;
use tokio::sync::mpsc;

const KIND: &str = "order/lineChanged";
const PAYLOAD: &str = r#"{"line":3,"qty":2,"note":"two more","price":12.5,"tags":["a","b"]}"#;
const SCHEMA: &str = r#"{
    "type": "object", "required": ["line", "qty"], "additionalProperties": false,
    "properties": {
        "line": { "type": "integer", "minimum": 1 }, "qty": { "type": "integer", "minimum": 0 },
        "note": { "type": "string", "maxLength": 200 }, "price": { "type": "number" },
        "tags": { "type": "array", "items": { "type": "string", "pattern": "^[a-z]+$" }, "maxItems": 10 }
    }
}"#;
const SECRET: &str = "0123456789abcdef0123456789abcdef";

pub fn bench(criterion: &mut Criterion) {
    actions(criterion);
    tokens(criterion);
    shares(criterion);
}

/// The decision of a session about an action of its client.
fn is_allowed(identity: &Identity, rules: &Rules, to: &Address) -> bool {
    may(identity, &rules.policy, Capability::Publish, to).is_ok()
        && rules.types.allows(identity, KIND, to)
        && rules.schemas.check(identity, KIND, to, Some(PAYLOAD)).is_ok()
}

fn actions(criterion: &mut Criterion) {
    let identity = Identity {
        orgs: [("acme".parse().unwrap(), Default::default())].into_iter().collect(),
        ..Identity::of("u1".parse().unwrap())
    };
    let to: Address = "ch:acme/order/1842".parse().unwrap();
    let one = || Policy::new(["member may publish on ch:{org}/**".parse().unwrap()]);
    let many = (0..100).map(|n| format!("clerk{n} may join publish on ch:{{org}}/desk{n}/**").parse().unwrap());
    let many = Policy::new(many.chain(["member may publish on ch:{org}/order/*".parse().unwrap()]));
    let document = Document { path: "/s/order.json".into(), text: SCHEMA.into() };
    let rule = "order/* on ch:{org}/** as /s/order.json".parse().unwrap();
    let schemas = SchemaPolicy::compile([rule], &[document]).unwrap();
    let no_types = TypePolicy::new([]);
    let mut group = criterion.benchmark_group("access");
    group.throughput(Throughput::Elements(1));
    for (name, rules) in [
        ("one_rule", Rules { policy: one(), types: no_types.clone(), ..Rules::default() }),
        ("starter_set", Rules::default()),
        ("of_101_rules_the_last", Rules { policy: many, ..Rules::default() }),
        ("starter_set_and_a_schema", Rules { schemas, ..Rules::default() }),
    ] {
        assert!(is_allowed(&identity, &rules, &to), "{name}");
        group.bench_function(name, |bencher| bencher.iter(|| is_allowed(black_box(&identity), &rules, black_box(&to))));
    }
    let frame = format!(r#"{{"type":"{KIND}","payload":{PAYLOAD},"meta":{{"hub":{{"to":"{to}","id":"k7-17"}}}}}}"#);
    let limits = Limits::default();
    group.bench_function("decoding_it", |bencher| {
        bencher.iter(|| Codec::Json.decode(black_box(frame.as_bytes()), &limits).is_ok());
    });
    group.finish();
}

fn tokens(criterion: &mut Criterion) {
    let fixture = |name: &str| format!("{}/src/auth/jwt/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let keys = format!("RS256={},ES256={},EdDSA={}", fixture("rsa.pem"), fixture("ec.pem"), fixture("ed.pem"));
    let flags = [("auth-jwt-secrets".to_owned(), SECRET.to_owned()), ("auth-jwt-keys".to_owned(), keys)];
    let config = Config::load(None, std::iter::empty(), &flags).unwrap().config;
    let tokens = Tokens::new(&config.auth, Environment::real()).unwrap();
    let pem = |name: &str| std::fs::read(fixture(name)).unwrap();
    let (rsa, ec, ed) = (pem("rsa.key.pem"), pem("ec.key.pem"), pem("ed.key.pem"));
    let claims =
        json!({ "sub": "u1", "exp": 4_000_000_000_u64, "orgs": { "acme": { "roles": ["admin"], "teams": [] } } });
    let mut group = criterion.benchmark_group("tokens");
    group.throughput(Throughput::Elements(1));
    for (algorithm, key) in [
        (Algorithm::HS256, EncodingKey::from_secret(SECRET.as_bytes())),
        (Algorithm::RS256, EncodingKey::from_rsa_pem(&rsa).unwrap()),
        (Algorithm::ES256, EncodingKey::from_ec_pem(&ec).unwrap()),
        (Algorithm::EdDSA, EncodingKey::from_ed_pem(&ed).unwrap()),
    ] {
        let token = encode(&Header::new(algorithm), &claims, &key).unwrap();
        tokens.verify(&token).unwrap();
        group.bench_function(format!("{algorithm:?}"), |bencher| {
            bencher.iter(|| tokens.verify(black_box(&token)).is_ok());
        });
    }
    group.finish();
}

fn shares(criterion: &mut Criterion) {
    let environment = Environment::real();
    let (sender, _events) = mpsc::channel(16);
    let backend = MemoryCluster::new(environment.clone()).node(environment.incarnation(), sender);
    let retention = Retention { count: 1000, age: Duration::from_secs(3600), bytes: 1 << 24 };
    let append = AppendDirect {
        from: Some("u1".parse().unwrap()),
        to: "u2".parse().unwrap(),
        envelope: vec![b'x'; 200].into(),
        nonce: environment.nonce(),
        idempotency: None,
        within: None,
        share: None,
        retention,
        own_retention: retention,
    };
    let share = Share { org: Some("acme".parse().unwrap()), of: Shares { sender: 25, org: 50 } };
    // the memory backend is done when it returns; beyond the share it refuses, which costs the same look
    let run = |append: AppendDirect| backend.append_direct(append, false).now_or_never().unwrap().is_ok();
    let mut group = criterion.benchmark_group("direct_in_memory");
    group.throughput(Throughput::Elements(1));
    for (name, share) in [("without_shares", None), ("with_shares", Some(share))] {
        let append = AppendDirect { share, ..append.clone() };
        group.bench_function(name, |bencher| bencher.iter(|| run(append.clone())));
    }
    group.finish();
}
