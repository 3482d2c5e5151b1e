//! A cluster that writes down what it is asked.

use crate::auth::api_key::ApiKeys;
use crate::auth::cookies::Cookies;
use crate::auth::jwt::{self, Tokens};
use crate::auth::origin::{AllowedOrigins, Pages};
use crate::config::sections::Auth;
use crate::config::{Config, Secret};
use crate::http::{Answer, Cluster, Drain, HttpState, ProcessMetrics, Readiness, Requests};
use crate::operator::{Facts, Inspect, Question, Seen, Series};
use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use hubwire_actors::backend::{Denial, DirectoryEntry, Subject};
use hubwire_actors::denylist::Denied;
use hubwire_actors::environment::{Environment, Source};
use hubwire_actors::identity::Identity;
use hubwire_actors::metrics::Metrics;
use hubwire_actors::node::ServerPublish;
use hubwire_actors::words::cluster::SessionEntry;
use hubwire_actors::words::outcome::{Occupant, Refusal};
use hubwire_actors::words::rpc::{Brought, CallBody, LateReply};
use hubwire_actors::words::status::{ChannelFilter, LiveNode, SessionStatus, StreamStatus};
use hubwire_protocol::event::{Ack, Json};
use hubwire_protocol::{Address, CloseCode, DeviceId, ErrorCode, Incarnation, Limits, Position, SessionId, UserId};
use prometheus::Registry;
use serde_json::{json, Value};
use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The API key the applications accept.
pub const KEY: &str = "the-key";
/// A key with the scope `read` alone.
pub const READER: &str = "a key that may only read";
/// The clock of the applications, Unix milliseconds.
pub const NOW_MS: u64 = 1_000_000_000;

/// A ticket as it was kept.
#[derive(Debug, Clone)]
pub struct Kept {
    pub digest: String,
    pub identity: Identity,
    pub ttl: Duration,
}

/// See the module. `u1` has two sessions, everybody else none.
#[derive(Default)]
pub struct Fake {
    pub calls: Arc<Calls>,
    pub drain: Drain,
}

#[derive(Default)]
pub struct Calls {
    pub published: Mutex<Vec<ServerPublish>>,
    pub tickets: Mutex<Vec<Kept>>,
    pub drained: Mutex<Vec<Incarnation>>,
    pub disconnected: Mutex<Vec<(UserId, CloseCode)>>,
    pub denials: Mutex<Vec<Denial>>,
    pub placed: Mutex<Vec<(UserId, Address, bool)>>,
    pub refusal: Mutex<Option<Refusal>>,
    pub is_silent: Mutex<bool>,
    pub is_broken: Mutex<bool>,
}

impl Fake {
    pub fn state(&self) -> HttpState {
        let registry = Registry::new();
        registry.register(Box::new(ProcessMetrics::new().unwrap())).unwrap();
        let keys = ApiKeys::new(&[Secret::from(KEY), Secret::from(format!("@reader:read:{READER}").as_str())]);
        let pages = Pages { allowed: AllowedOrigins::parse(&["https://app.example.org"]).unwrap(), dev: false };
        HttpState {
            facts: Arc::new(facts()),
            cluster: self.calls.clone(),
            api_keys: Arc::new(ArcSwap::from_pointee(keys)),
            pages: Arc::new(ArcSwap::from_pointee(pages)),
            cookies: Arc::new(ArcSwap::from_pointee(Cookies::new(&auth()))),
            tokens: Arc::new(Tokens::new(&auth(), Environment::new(Frozen))),
            ticket_ttl: Duration::from_secs(30),
            body_bytes_max: 4096,
            body_timeout: Duration::from_secs(5),
            ready_timeout: Duration::from_millis(20),
            limits: Limits { actions_max: 3, ..Limits::default() },
            environment: Environment::new(Frozen),
            requests: Requests::new(&registry).unwrap(),
            registry,
            drain: self.drain.clone(),
            readiness: Readiness::default(),
            sockets: crate::ws::OpenSockets::new(10, 0),
            reload: crate::reload::ReloadHandle::new().0,
        }
    }

    pub fn refuses(self, code: ErrorCode) -> Self {
        *self.calls.refusal.lock().unwrap() = Some(Refusal::new(code, "made up"));
        self
    }

    pub fn published(&self) -> Vec<ServerPublish> {
        self.calls.published.lock().unwrap().clone()
    }

    pub fn ticket(&self) -> Kept {
        self.calls.tickets.lock().unwrap().last().unwrap().clone()
    }
}

fn facts() -> Facts {
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

pub fn auth() -> Auth {
    let mut auth = Config::load(None, std::iter::empty(), &[]).unwrap().config.auth;
    auth.jwt_secrets = vec![Secret::from("a secret")];
    auth.jwt_leeway_s = 0;
    auth.cookie_keys = vec![Secret::from("a key of thirty-two bytes or more")];
    auth
}

/// A token of the user `u1` that ends in 10 seconds.
pub fn token() -> String {
    let claims = serde_json::from_str(r#"{"sub":"u1","exp":1000010}"#).unwrap();
    jwt::mint(&Secret::from("a secret"), &claims).unwrap()
}

struct Frozen;

impl Source for Frozen {
    fn unix_ms(&self) -> u64 {
        NOW_MS
    }

    fn random(&self) -> u64 {
        4
    }
}

impl Calls {
    fn answer<T: 'static>(&self, value: impl FnOnce() -> T) -> Answer<'_, T> {
        if *self.is_silent.lock().unwrap() {
            return Box::pin(std::future::pending());
        }
        let refusal = self.refusal.lock().unwrap().clone();
        Box::pin(ready(refusal.map_or_else(|| Ok(value()), Err)))
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

/// A session of `n1`.
fn session(n: u64) -> SessionId {
    SessionId::new(Incarnation::from_random(5), n)
}

fn status(session: SessionId) -> Value {
    json!({
        "session": session, "user": "u1", "device": null, "address": "192.0.2.1", "codec": "hubwire.v1.json", "since_ms": 9,
        "orgs": ["acme"], "view": "ch:acme/order/1", "outbox_bytes": 3, "written_bytes": 4,
        "streams": [{ "stream": "user:u1", "pos": "11-7", "lagging": true }],
    })
}

impl Cluster for Calls {
    fn publish(&self, publication: ServerPublish) -> Answer<'_, Ack> {
        self.answer(|| {
            let mut published = self.published.lock().unwrap();
            published.push(publication);
            let pos = Position { seq: published.len() as u64, nonce: 7 };
            Ack { pos: Some(pos), sessions: Some(2), nodes: Some(1), ..Ack::default() }
        })
    }

    fn sessions(&self, user: UserId) -> Answer<'_, Vec<SessionEntry>> {
        let count = if user.as_str() == "u1" { 2 } else { 0 };
        self.answer(move || {
            let device = |n| (n == 1).then(|| "phone".parse().unwrap());
            let entry = |n| DirectoryEntry { session: session(n), device: device(n), since_ms: 10 - n };
            (0..count).map(|n| SessionEntry { entry: entry(n), node: Some("n1".into()) }).collect()
        })
    }

    fn members(&self, _: Address) -> Answer<'_, Vec<Occupant>> {
        self.answer(|| vec![Occupant { user: "u1".parse().unwrap(), sessions: 2, state: None }])
    }

    fn ask_to_drain(&self, node: Incarnation) {
        self.drained.lock().unwrap().push(node);
    }

    fn disconnect(&self, user: UserId, code: CloseCode) -> Answer<'_, usize> {
        self.answer(|| {
            self.disconnected.lock().unwrap().push((user, code));
            2
        })
    }

    fn disconnect_session(&self, session: SessionId, _: CloseCode) -> Answer<'_, bool> {
        self.answer(move || session.incarnation() == Incarnation::from_random(5))
    }

    fn call(&self, _: SessionId, body: CallBody, timeout: Duration) -> Answer<'_, Brought> {
        self.answer(move || {
            Brought::Result(Json::parse(&format!("[\"{}\",{}]", body.method, timeout.as_millis())).unwrap())
        })
    }

    fn reply(&self, session: SessionId, _: LateReply) -> Answer<'_, bool> {
        self.answer(move || session.incarnation() == Incarnation::from_random(5))
    }

    fn place(&self, user: UserId, channel: Address, joined: bool) -> Answer<'_, usize> {
        self.answer(|| {
            self.placed.lock().unwrap().push((user, channel, joined));
            2
        })
    }

    fn empty(&self, _: Address) -> Answer<'_, usize> {
        self.answer(|| 7)
    }

    fn deny(&self, denial: Denial) -> Answer<'_, ()> {
        self.answer(|| self.denials.lock().unwrap().push(denial))
    }

    fn allow(&self, subject: Subject) -> Answer<'_, bool> {
        self.answer(|| self.denials.lock().unwrap().iter().any(|denial| denial.subject == subject))
    }

    fn denials(&self) -> Answer<'_, Vec<Denial>> {
        self.answer(|| self.denials.lock().unwrap().clone())
    }

    fn judge(&self, identity: &Identity) -> Option<Denied> {
        let blocked = Subject::User(identity.user.clone());
        self.denials.lock().unwrap().iter().any(|denial| denial.subject == blocked).then_some(Denied::Blocked)
    }

    fn put_ticket(&self, digest: String, content: Bytes, ttl: Duration) -> Answer<'_, ()> {
        self.answer(|| {
            let identity = serde_json::from_slice(&content).unwrap();
            self.tickets.lock().unwrap().push(Kept { digest, identity, ttl });
        })
    }

    fn ping(&self) -> Answer<'_, ()> {
        self.answer(|| ())
    }

    fn is_broken(&self) -> bool {
        *self.is_broken.lock().unwrap()
    }
}
