//! The start of a session: the client's identity, the positions to resume from, and the effects of the *welcome*.

use super::answers::{known, Tops, Welcome};
use super::core::Core;
use super::desk::Pending;
use crate::clock;
use crate::event::State;
use crate::options::Start;
use hubwire_protocol::Address;
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

impl Core {
    /// The socket is open: the first frame identifies the client and names the positions to resume from.
    pub fn opened(&mut self, credentials: Option<(&str, String)>) {
        self.desk.disconnected();
        self.retry_in = None;
        self.has_heard = false;
        self.liveness.opened(clock::now());
        let resume: BTreeMap<Address, _> = self
            .streams
            .positions()
            // channels are resumed by joins
            .filter(|(stream, _)| !matches!(stream, Address::Channel(..)))
            .map(|(stream, position)| (stream.clone(), position))
            .collect();
        resume.keys().for_each(|stream| self.streams.gate(stream));
        match credentials {
            Some((key, secret)) => {
                let mut payload = json!({ "device": self.device() });
                if let Some(class) = &self.options.device_class {
                    payload["device_class"] = json!(class);
                }
                payload[key] = json!(secret);
                if !resume.is_empty() {
                    payload["resume"] = json!(resume);
                }
                self.desk.introduce("@@hub/auth", Some(payload));
            }
            None if resume.is_empty() => self.desk.introduce("@@hub/live", None),
            None => self.desk.introduce("@@hub/resume", Some(json!({ "positions": resume }))),
        }
    }

    /// The session started.
    pub(super) fn welcomed(&mut self, welcome: Welcome) {
        let now = clock::now();
        let own = Address::User(welcome.user.clone());
        self.streams.own_stream_is(&own);
        self.own = Some(own);
        self.orgs.clone_from(&welcome.orgs);
        self.expires_in = welcome.expires_in_ms.map(Duration::from_millis);
        if let Some(ping_ms) = welcome.ping_ms {
            self.liveness.ping_after(Duration::from_millis(ping_ms));
        }
        self.channels.shows_states = welcome.has("presence_state");
        self.channels.has_recent = welcome.has("recent");
        self.channels.has_snapshots = welcome.has("snapshots");
        self.channels.joins_name_members = self.channels.shows_states || welcome.has("members");
        let limits = welcome.limits.clone().unwrap_or_default();
        let (tops, oldest) = (welcome.resume.clone(), welcome.has("replay_oldest"));
        self.welcome = Some(Arc::new(welcome));
        self.follow(&tops, oldest);
        self.enter_state(State::Connected, None, None);
        self.sender.connected(limits, now);
        self.channels(|channels, cx| channels.connected(cx));
        self.watches.connected(&mut self.desk);
        self.org_watches.connected(&mut self.desk);
        if self.streams.is_synced() {
            self.synced();
        }
        self.restored(now);
    }

    /// Streams named in the resume continue there; others start where the options say, or with the next publication.
    fn follow(&mut self, tops: &Tops, has_oldest: bool) {
        let tops = known(tops);
        let gone: Vec<Address> = self
            .streams
            .positions()
            .map(|(stream, _)| stream.clone())
            .filter(|stream| !tops.contains_key(stream) && !matches!(stream, Address::Channel(..)))
            .collect();
        gone.iter().for_each(|stream| self.streams.forget(stream));
        let mut asked = BTreeMap::new();
        for (stream, top) in tops {
            if self.streams.position(&stream).is_some() {
                continue;
            }
            let start = match self.start(&stream) {
                Start::Now => {
                    self.streams.open(&stream, Some(top), None);
                    continue;
                }
                Start::Cursor => Value::Null,
                Start::Beginning if has_oldest => json!({ "from": "oldest" }),
                Start::Beginning => json!("0-0"),
                Start::After(position) => json!(position),
            };
            self.streams.gate(&stream);
            asked.insert(stream, start);
        }
        if !asked.is_empty() {
            self.desk.ask("@@hub/resume", None, Some(json!({ "positions": asked })), Pending::Told);
        }
    }

    fn start(&self, stream: &Address) -> Start {
        let options = &self.options;
        match stream {
            Address::User(_) => {
                options.start_user.unwrap_or(if options.device.is_some() { Start::Cursor } else { Start::Now })
            }
            Address::Team(..) => options.start_team,
            _ => options.start_org,
        }
    }
}
