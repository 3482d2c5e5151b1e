//! Sending: the application's own actions.

use super::channels::{Held, Place};
use super::Session;
use crate::access::{may, Capability};
use crate::backend::{Append, AppendDirect, IdempotencyKey};
use crate::idempotency;
use crate::identity::Identity;
use crate::mail::{self, Undelivered};
use crate::words::answer::Answer;
use crate::words::bridge::{PublishEphemeral, PublishTopic};
use crate::words::payer::Payer;
use crate::words::presence::{Direct, DirectEphemeral};
use bytes::Bytes;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::{Action, Address, ErrorCode};
use std::rc::Rc;

impl Session {
    pub(super) fn publish(&mut self, action: &Action<'_>) {
        let re = action.hub.id.as_deref();
        let Some(identity) = self.identity.clone() else { return };
        let Some(to) = &action.hub.to else {
            return self.refuse(ErrorCode::MissingAddress, "meta.hub.to says where an action goes", re);
        };
        if let Err(denial) = may(&identity, &self.worker.node.settings().policy, Capability::Publish, to) {
            return self.refuse(denial.code(), denial.reason(), re);
        }
        if !self.worker.node.settings().types.allows(&identity, &action.kind, to) {
            let message = format!("the node's rules (access.types) do not let clients send {:?} there", action.kind);
            return self.refuse(ErrorCode::ForbiddenType, &message, re);
        }
        let envelope: Bytes = self.envelope(&identity, to, action).into();
        let answer = self.answer(re);
        let idempotency = re.map(|id| self.idempotency(&identity, id));
        let payer = Some(Payer::of(&identity.user, identity.orgs.keys(), to));
        let told = match to {
            _ if action.hub.ephemeral || !to.has_stream() => self.send_ephemeral(to, envelope, payer, answer),
            Address::User(user) => {
                let append = AppendDirect {
                    from: Some(identity.user.clone()),
                    to: user.clone(),
                    envelope,
                    nonce: self.worker.node.environment().nonce(),
                    idempotency,
                    retention: self.worker.node.settings().retention.user,
                };
                mail::tell(self.worker.node.presence(), Direct { origin: Some(self.id), append, payer, answer })
            }
            stream => self.append(stream, envelope, idempotency, payer, answer),
        };
        match told {
            Ok(()) => self.sent(),
            Err(_) => self.refuse(ErrorCode::Overloaded, "the node is busy; nothing was stored", re),
        }
    }

    fn append(
        &mut self,
        stream: &Address,
        envelope: Bytes,
        idempotency: Option<IdempotencyKey>,
        payer: Option<Payer>,
        answer: Answer,
    ) -> Result<(), Undelivered> {
        let node = self.worker.node.clone();
        let retention = node.settings().retention.of(stream).unwrap_or(node.settings().retention.channel);
        let nonce = node.environment().nonce();
        let append = Append { stream: stream.clone(), envelope, nonce, idempotency, retention };
        self.after_join(stream, Held::Append(PublishTopic { append, payer, answer }))
    }

    fn send_ephemeral(
        &mut self,
        to: &Address,
        envelope: Bytes,
        payer: Option<Payer>,
        answer: Answer,
    ) -> Result<(), Undelivered> {
        let node = self.worker.node.clone();
        match to {
            Address::User(_) | Address::Session(_) => {
                mail::tell(node.presence(), DirectEphemeral { to: to.clone(), envelope, payer, answer })
            }
            topic => {
                let publish = PublishEphemeral { topic: topic.clone(), envelope, payer, answer };
                self.after_join(topic, Held::Ephemeral(publish))
            }
        }
    }

    /// A client that joins a channel and publishes there without waiting gets its own publication: it is held until the
    /// join is done. What is held counts as in flight, so it is bounded.
    fn after_join(&mut self, topic: &Address, held: Held) -> Result<(), Undelivered> {
        match self.channels.get_mut(topic) {
            Some(Place::Joining { held: before }) => {
                before.push(held);
                Ok(())
            }
            _ => self.send_held(held),
        }
    }

    /// Where the outcome of an action goes.
    pub(super) fn answer(&self, re: Option<&str>) -> Answer {
        Answer::Session { session: self.handle.clone(), re: re.map(Box::from) }
    }

    pub(super) fn send_held(&self, held: Held) -> Result<(), Undelivered> {
        match held {
            Held::Append(publish) => mail::tell(self.worker.node.bridge(), publish),
            Held::Ephemeral(publish) => mail::tell(self.worker.node.bridge(), publish),
        }
    }

    fn envelope(&self, identity: &Rc<Identity>, to: &Address, action: &Action<'_>) -> Vec<u8> {
        Envelope {
            to: &to.to_string(),
            from: Some(identity.user.as_str()),
            session: Some(self.id),
            id: action.hub.id.as_deref(),
            ts: self.worker.node.environment().unix_ms(),
            kind: &action.kind,
            payload: action.payload.as_deref(),
            error: action.error,
            meta: action.meta.as_deref(),
        }
        .encode()
    }

    /// The id of one device names one action; without a device the user's sessions share their ids.
    fn idempotency(&self, identity: &Identity, id: &str) -> IdempotencyKey {
        let device = identity.device.as_ref().map_or("", |device| device.as_str());
        let key = idempotency::key(identity.user.as_str(), device, id);
        IdempotencyKey { key, window: self.worker.node.settings().idempotency_window }
    }

    /// One more action waits for the broker: at the bound nothing more is read until one is answered.
    pub(super) fn sent(&mut self) {
        self.worker.node.metrics().actions_accepted.inc();
        if self.handle.in_flight.begin(self.worker.node.settings().in_flight_max) {
            self.gate.set_closed(true);
        }
    }
}
