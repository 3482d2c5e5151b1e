//! The fake cluster, as operators see it.

use super::fake::{Calls, NOW_MS};
use crate::config::sections::Auth;
use crate::config::{Config, Secret};
use crate::operator::watch::TailFilter;
use crate::operator::{Facts, Inspect, Question, Seen, Series};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use hubwire_actors::environment::Source;
use hubwire_actors::metrics::Metrics;
use hubwire_actors::words::status::{ChannelFilter, LiveNode, SessionStatus, StreamStatus};
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::{Address, DeviceId, Incarnation, Position, SessionId, UserId};
use serde_json::{json, Value};
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

/// The clock of the applications, which stands still.
pub struct Frozen;

impl Source for Frozen {
    fn unix_ms(&self) -> u64 {
        NOW_MS
    }

    fn random(&self) -> u64 {
        4
    }
}

pub fn facts() -> Facts {
    Facts {
        incarnation: Incarnation::from_random(5),
        label: "n1".into(),
        up_since_ms: 7,
        broker: "redis://10.0.0.1".into(),
        metrics: Arc::new(Metrics::new().unwrap()),
        series: Series::default(),
        settings: Facts::settings_of(&Config::load(None, std::iter::empty(), &[]).unwrap()),
    }
}

/// Two nodes: `n1`, which answers, and one that is silent and has no label.
impl Inspect for Calls {
    fn nodes(&self) -> Seen<'_, Vec<LiveNode>> {
        self.answer(|| {
            let node = |random, label: Option<&str>| LiveNode {
                incarnation: Incarnation::from_random(random),
                label: label.map(str::to_owned),
                left: Duration::from_millis(4200),
            };
            vec![node(5, Some("n1")), node(6, None)]
        })
    }

    fn inquire(&self, node: Incarnation, question: Bytes, _: Duration) -> LocalBoxFuture<'_, Option<Bytes>> {
        let answers = node == Incarnation::from_random(5);
        let answer = move || match serde_json::from_slice(&question).unwrap() {
            Question::Node => json!({ "now_ms": NOW_MS + 30, "sessions": 2 }),
            Question::Series => json!([{ "at_ms": 1 }]),
            Question::Sessions(sessions) => sessions.into_iter().filter(|it| *it != session(9)).map(status).collect(),
            Question::Channels(filter) => {
                let names = ["ch:acme/order/1", "ch:acme/order/2", "ch:acme/stock", "ch:beta/x"];
                let names = names.into_iter().map(|name| name.parse::<Address>().unwrap());
                names.filter(|name| filter.takes(name)).take(filter.limit).map(|name| json!([name, 2])).collect()
            }
            Question::Following(_) => json!(2),
            Question::Post(posted) => json!(if posted.frame.is_some() { "for_session" } else { "full" }),
            Question::Tail { id, filter } => json!({ "dropped": 3, "lines": [line(id, &filter)] }),
            Question::Message { .. } => json!({ "traces": true, "accepted": [], "delivered": [
                { "at_ms": 8, "sessions": 2, "lagging": 1 },
            ]}),
            Question::Audit { limit, .. } => {
                let event = |at_ms| json!({ "number": 1, "at_ms": at_ms, "event": "session_ended", "code": 4001 });
                (7..9).map(event).take(limit).collect()
            }
            Question::Settings { salt } => {
                let mut settings = facts().settings(salt);
                settings.iter_mut().filter(|it| it.option == "directory.lease_ms").for_each(|it| {
                    it.mark += 1;
                    it.value = "9000".into();
                });
                json!(settings)
            }
        };
        Box::pin(ready(answers.then(|| answer().to_string().into())))
    }

    fn describe(&self, sessions: Vec<SessionId>) -> LocalBoxFuture<'_, Vec<SessionStatus>> {
        Box::pin(ready(sessions.into_iter().map(|session| serde_json::from_value(status(session)).unwrap()).collect()))
    }

    fn channels(&self, _: ChannelFilter) -> LocalBoxFuture<'_, Vec<(Address, usize)>> {
        Box::pin(ready(Vec::new()))
    }

    fn sessions_following(&self, _: Address) -> LocalBoxFuture<'_, usize> {
        Box::pin(ready(2))
    }

    fn stream(&self, _: Address) -> Seen<'_, StreamStatus> {
        let pos = |seq| Position { seq, nonce: 7 };
        self.answer(move || StreamStatus { top: pos(12), oldest: Some(pos(3)), length: 10 })
    }

    fn publication(&self, stream: Address, pos: Position) -> Seen<'_, Option<Bytes>> {
        let envelope = Envelope {
            to: &stream.to_string(),
            from: Some("u1"),
            session: None,
            id: None,
            ts: 7,
            kind: "order/closed",
            payload: Some(r#"{"secret":1}"#),
            error: None,
            meta: None,
            narrowed: None,
        };
        let stored = (pos.seq == 12).then(|| envelope.encode().into());
        self.answer(move || stored)
    }

    fn cursors(&self, user: UserId, devices: Vec<DeviceId>) -> Seen<'_, Vec<Vec<(Address, Position)>>> {
        let at = vec![(Address::User(user), Position { seq: 11, nonce: 7 })];
        self.answer(move || vec![at; devices.len()])
    }

    fn occupancy(&self, channels: Vec<Address>) -> Seen<'_, Vec<(usize, Position)>> {
        self.answer(move || vec![(1, Position { seq: 12, nonce: 7 }); channels.len()])
    }

    fn advice(&self) -> Seen<'_, Vec<String>> {
        self.answer(|| vec!["the broker forgets".to_owned()])
    }
}

fn line(_: u64, filter: &TailFilter) -> Value {
    let mut line = json!({ "ts": 7, "to": format!("{}a", filter.prefix), "type": "x", "bytes": 2 });
    if filter.payload {
        line["payload"] = json!({});
    }
    line
}

/// A session of `n1`.
pub fn session(n: u64) -> SessionId {
    SessionId::new(Incarnation::from_random(5), n)
}

fn status(session: SessionId) -> Value {
    json!({
        "session": session, "user": "u1", "device": null, "address": "192.0.2.1", "codec": "hubwire.v1.json",
        "since_ms": 9, "orgs": ["acme"], "view": "ch:acme/order/1", "outbox_bytes": 3, "written_bytes": 4,
        "streams": [{ "stream": "user:u1", "pos": "11-7", "lagging": true }],
    })
}

/// Tokens of a known secret without leeway, and cookies.
pub fn auth() -> Auth {
    let mut auth = Config::load(None, std::iter::empty(), &[]).unwrap().config.auth;
    auth.jwt_secrets = vec![Secret::from("a secret")];
    auth.jwt_leeway_s = 0;
    auth.cookie_keys = vec![Secret::from("a key of thirty-two bytes or more")];
    auth
}
