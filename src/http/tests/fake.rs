//! A fake cluster that records calls.

pub use super::fake_inspect::auth;
use super::fake_inspect::{facts, session, Frozen};
pub use super::keys::{KEY, READER};
use crate::admin::door::Door;
use crate::auth::api_key::ApiKeys;
use crate::auth::cookies::Cookies;
use crate::auth::jwt::{self, Tokens};
use crate::auth::origin::{AllowedOrigins, Pages};
use crate::config::Secret;
use crate::http::{Answer, Cluster, Drain, HttpState, ProcessMetrics, Readiness, Requests};
use crate::operator::Watch;
use crate::sse::PostOffice;
use arc_swap::ArcSwap;
use bytes::Bytes;
use hubwire_actors::audit::Audit;
use hubwire_actors::backend::{Denial, DenialSubject, DirectoryEntry, Entry, Erased, StoredEvent};
use hubwire_actors::denylist::Denied;
use hubwire_actors::environment::Environment;
use hubwire_actors::identity::Identity;
use hubwire_actors::node::ServerPublish;
use hubwire_actors::observer::Observer;
use hubwire_actors::words::cluster::SessionEntry;
use hubwire_actors::words::log_reader::PageStart;
use hubwire_actors::words::outcome::{MembersPage, Occupant, Refusal};
use hubwire_actors::words::rpc::{Brought, CallBody, LateReply};
use hubwire_actors::wrong_credentials::{Attempt, WrongCredentials};
use hubwire_protocol::event::{Ack, Json};
use hubwire_protocol::{Address, CloseCode, ErrorCode, Incarnation, Limits, Position, Profile, SessionId, UserId};
use prometheus::Registry;
use std::future::ready;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The clock of the applications, Unix milliseconds.
pub const NOW_MS: u64 = 1_000_000_000;

/// A stored ticket.
#[derive(Debug, Clone)]
pub struct Kept {
    pub digest: String,
    pub identity: Identity,
    pub ttl: Duration,
}

/// The fake cluster; see the module. `u1` has two sessions, other users have none.
#[derive(Default)]
pub struct Fake {
    pub calls: Arc<Calls>,
    pub drain: Drain,
    pub door: Door,
    pub audit: Trail,
    pub internal_tls: bool,
}

/// The audit trail, at the frozen time.
#[derive(Clone)]
pub struct Trail(pub Arc<Audit>);

impl Default for Trail {
    fn default() -> Self {
        Trail(Arc::new(Audit::new(Environment::new(Frozen))))
    }
}

#[derive(Default)]
pub struct Calls {
    pub published: Mutex<Vec<ServerPublish>>,
    pub tickets: Mutex<Vec<Kept>>,
    pub drained: Mutex<Vec<Incarnation>>,
    pub disconnected: Mutex<Vec<(UserId, CloseCode)>>,
    pub denials: Mutex<Vec<Denial>>,
    pub placed: Mutex<Vec<(UserId, Address, bool)>>,
    pub profiles: Mutex<Vec<(UserId, Profile)>>,
    pub refusal: Mutex<Option<Refusal>>,
    pub is_silent: Mutex<bool>,
    pub is_broken: Mutex<bool>,
    pub wrong: WrongCredentials,
    /// Wrong credentials that an address may try; 0: any number.
    pub wrong_max: Mutex<u32>,
}

impl Fake {
    pub fn state(&self) -> HttpState {
        let registry = Registry::new();
        registry.register(Box::new(ProcessMetrics::new().unwrap())).unwrap();
        let keys = ApiKeys::new(&super::keys::keys());
        let pages = Pages { allowed: AllowedOrigins::parse(&["https://app.example.org"]).unwrap(), dev: false };
        HttpState {
            facts: Arc::new(facts()),
            watch: Watch::new(Observer::default(), Environment::new(Frozen), 0),
            door: self.door.clone(),
            cluster: self.calls.clone(),
            api_keys: Arc::new(ArcSwap::from_pointee(keys)),
            pages: Arc::new(ArcSwap::from_pointee(pages)),
            proxies: Arc::default(),
            cookies: Arc::new(ArcSwap::from_pointee(Cookies::new(&auth()))),
            tokens: Arc::new(Tokens::new(&auth(), Environment::new(Frozen)).unwrap()),
            ticket_ttl: Duration::from_secs(30),
            snapshot_bytes_max: 1024,
            message_bytes_max: 64 * 1024,
            body_bytes_max: 4096,
            body_timeout: Duration::from_secs(5),
            ready_timeout: Duration::from_millis(20),
            limits: Arc::new(ArcSwap::from_pointee(Limits { actions_max: 3, ..Limits::default() })),
            environment: Environment::new(Frozen),
            requests: Requests::new(&registry).unwrap(),
            registry,
            drain: self.drain.clone(),
            readiness: Readiness::default(),
            writes_events: true,
            posts: PostOffice::new(Incarnation::from_random(1)),
            sockets: crate::ws::OpenSockets::new(10, 0),
            internal_tls: self.internal_tls,
            audit: self.audit.0.clone(),
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

/// A token of the user `u1` that expires in 10 seconds.
pub fn token() -> String {
    let claims = serde_json::from_str(r#"{"sub":"u1","exp":1000010}"#).unwrap();
    jwt::mint(&Secret::from("a secret"), &claims).unwrap()
}

impl Calls {
    pub(super) fn answer<T: 'static>(&self, value: impl FnOnce() -> T) -> Answer<'_, T> {
        if *self.is_silent.lock().unwrap() {
            return Box::pin(std::future::pending());
        }
        let refusal = self.refusal.lock().unwrap().clone();
        Box::pin(ready(refusal.map_or_else(|| Ok(value()), Err)))
    }
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

    fn members_page(&self, _: Address, after: Option<UserId>, limit: usize) -> Answer<'_, MembersPage> {
        self.answer(move || {
            let all = ["u1"].map(|user| user.parse().unwrap());
            let behind: Vec<UserId> = all.into_iter().filter(|user| after.as_ref() < Some(user)).collect();
            let more = behind.len() > limit;
            let users = behind.into_iter().take(limit).map(|user| Occupant::there(user, 2)).collect();
            MembersPage { users, count: 1, more }
        })
    }

    fn ask_to_drain(&self, node: Incarnation) {
        self.drained.lock().unwrap().push(node);
    }

    fn presence_of(&self, user: UserId) -> Answer<'_, Vec<Occupant>> {
        let count = if user.as_str() == "u1" { 2 } else { 0 };
        self.answer(move || Vec::from_iter((count > 0).then(|| Occupant::there(user, count))))
    }

    fn set_profile(&self, user: UserId, profile: Profile) -> Answer<'_, ()> {
        self.answer(|| self.profiles.lock().unwrap().push((user, profile)))
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

    fn dead_events(&self, _: usize) -> Answer<'_, (Vec<StoredEvent>, usize)> {
        self.answer(|| (Vec::new(), 0))
    }

    fn replay_events(&self, limit: usize) -> Answer<'_, usize> {
        self.answer(move || limit)
    }

    fn history(&self, _: Address, _: PageStart, _: usize) -> Answer<'_, (Vec<Entry>, bool)> {
        self.answer(|| (Vec::new(), false))
    }

    fn put_snapshot(&self, _: Address, pos: Position, _: Bytes) -> Answer<'_, Ack> {
        self.answer(move || Ack { pos: Some(pos), ..Ack::default() })
    }

    fn purge(&self, _: Address, _: Option<Position>) -> Answer<'_, usize> {
        self.answer(|| 3)
    }

    fn erase(&self, _: UserId) -> Answer<'_, Erased> {
        self.answer(Erased::default)
    }

    fn place(&self, user: UserId, channel: Address, joined: bool) -> Answer<'_, usize> {
        self.placed.lock().unwrap().push((user, channel, joined));
        self.answer(|| 2)
    }

    fn place_for_good(&self, user: UserId, channel: Address) -> Answer<'_, usize> {
        self.place(user, channel, true)
    }

    fn empty(&self, _: Address) -> Answer<'_, usize> {
        self.answer(|| 7)
    }

    fn deny(&self, denial: Denial) -> Answer<'_, ()> {
        self.answer(|| self.denials.lock().unwrap().push(denial))
    }

    fn allow(&self, subject: DenialSubject) -> Answer<'_, bool> {
        self.answer(|| self.denials.lock().unwrap().iter().any(|denial| denial.subject == subject))
    }

    fn denials(&self) -> Answer<'_, Vec<Denial>> {
        self.answer(|| self.denials.lock().unwrap().clone())
    }

    fn judge_address(&self, _: IpAddr) -> Option<Denied> {
        None
    }

    fn count_wrong_credentials(&self, address: IpAddr) -> Attempt {
        self.wrong.add(address, *self.wrong_max.lock().unwrap())
    }

    fn judge(&self, identity: &Identity) -> Option<Denied> {
        let blocked = DenialSubject::User(identity.user.clone());
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
