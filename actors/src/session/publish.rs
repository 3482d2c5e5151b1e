//! Publishing: the application's own actions.

use super::asked;
use super::membership::{HeldPublication, Wish};
use super::{Session, SessionContext};
use crate::access::within::Within;
use crate::access::{may, AccessError, Capability};
use crate::backend::{Append, AppendDirect, IdempotencyKey, Share};
use crate::idempotency;
use crate::identity::Identity;
use crate::mail;
use crate::words::answer::{Answer, Pending};
use crate::words::bridge::{PublishEphemeral, PublishTopic};
use crate::words::hooks::HookQuestion;
use crate::words::outcome::Refusal;
use crate::words::payer::Payer;
use crate::words::presence::{Direct, DirectEphemeral};
use bytes::Bytes;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::request::Publish;
use hubwire_protocol::{Address, ErrorCode};

impl Session {
    pub(super) fn publish(
        &mut self,
        publish: &Publish<'_>,
        to: Option<&Address>,
        re: Option<&str>,
        ctx: &mut SessionContext,
    ) {
        let Some(identity) = self.credentials.identity().cloned() else { return };
        let Some(to) = to else {
            return self.refuse(ErrorCode::MissingAddress, "`to` is missing: this action needs an address", re);
        };
        let rules = self.worker.node.rules();
        if let Err(denial) = may(&identity, &rules.policy, Capability::Publish, to) {
            return self.refuse_at(denial.code(), denial.reason(), Some(to), re);
        }
        if !rules.types.allows(&identity, &publish.kind, to) {
            let message = format!("the node's rules (access.types) do not let clients send {:?} there", publish.kind);
            return self.refuse_at(ErrorCode::ForbiddenType, &message, Some(to), re);
        }
        if let Some(message) = publish.narrowing.misplaced_at(to) {
            return self.refuse_at(ErrorCode::BadAddress, message, Some(to), re);
        }
        let within = match self.reach(&identity, to) {
            Ok(within) => within,
            Err(denial) => return self.refuse_at(denial.code(), denial.reason(), Some(to), re),
        };
        if !self.fits_schema(&rules.schemas, &identity, publish, to, re) {
            return;
        }
        let question = || HookQuestion::Publish { to: to.clone(), kind: (&*publish.kind).into() };
        let held = || asked::HeldAction::Publish {
            publish: Box::new(publish.to_owned()),
            to: to.clone(),
            re: re.map(Box::from),
        };
        match self.consult(question, held) {
            Some(Ok(())) => self.publish_within(publish, to, within, re, ctx),
            Some(Err(refusal)) => self.pass_on(&refusal, Some(to), re),
            None => {} // continues when the application has answered
        }
    }

    /// Publishes to the channel that the session views, including a view whose join is still in flight.
    pub(super) fn publish_in_view(&mut self, publish: &Publish<'_>, re: Option<&str>, ctx: &mut SessionContext) {
        let viewed = self.memberships.viewed().cloned();
        match viewed {
            Some(to) => self.publish(publish, Some(&to), re, ctx),
            None => self.refuse(ErrorCode::NotJoined, "the session views no channel; nothing was sent", re),
        }
    }

    /// Whether the user may reach a user or session, and within which bounds.
    fn reach(&self, identity: &Identity, to: &Address) -> Result<Option<Within>, AccessError> {
        match to {
            Address::User(_) | Address::Session(_) => self.worker.node.settings().reaches.judge_direct(identity, to),
            _ => Ok(None),
        }
    }

    /// Whether the user may learn how many sessions a message reached: if it may ask whether the receiver is online.
    fn may_know_sessions(&self, identity: &Identity, to: &Address) -> bool {
        let is_seen = || may(identity, &self.worker.node.rules().policy, Capability::Presence, to).is_ok();
        match to {
            Address::User(_) => self.worker.node.settings().reaches.shows_sessions(identity, to) && is_seen(),
            Address::Session(_) => self.worker.node.settings().reaches.shows_sessions(identity, to),
            _ => true,
        }
    }

    /// Publishes an action that the application has allowed. Meanwhile the receiver may have moved out of reach.
    pub(super) fn publish_allowed(
        &mut self,
        publish: &Publish<'_>,
        to: &Address,
        re: Option<&str>,
        ctx: &mut SessionContext,
    ) {
        let Some(identity) = self.credentials.identity().cloned() else { return };
        match self.reach(&identity, to) {
            Ok(within) => self.publish_within(publish, to, within, re, ctx),
            Err(denial) => self.refuse_at(denial.code(), denial.reason(), Some(to), re),
        }
    }

    fn publish_within(
        &mut self,
        publish: &Publish<'_>,
        to: &Address,
        within: Option<Within>,
        re: Option<&str>,
        ctx: &mut SessionContext,
    ) {
        if publish.ephemeral && self.is_paced(publish, to, re, ctx) {
            return;
        }
        let Some(identity) = self.credentials.identity().cloned() else { return };
        let ts = self.worker.node.environment().unix_ms();
        let address = to.to_text();
        let envelope = self.envelope(&identity, &address, publish, ts);
        let idempotency = publish.id.as_deref().map(|id| self.idempotency(&identity, id, &envelope));
        let traced = self.worker.node.tracer().publishing(&envelope);
        let envelope: Bytes = envelope.encode().into();
        let hides = re.is_some() && !self.may_know_sessions(&identity, to);
        let answer = self.answer(re).discreet(hides).watched(self.worker.node.observer(), &envelope).traced(traced);
        let payer = Some(Payer::of(&identity.user, identity.orgs.keys(), to, self.handle.network));
        match to {
            _ if publish.ephemeral || !to.has_stream() => self.send_ephemeral(to, envelope, within, payer, answer),
            Address::User(user) => {
                let settings = self.worker.node.settings();
                let keep = &settings.retention;
                let append = AppendDirect {
                    from: Some(identity.user.clone()),
                    to: user.clone(),
                    envelope,
                    nonce: self.worker.node.environment().nonce(),
                    idempotency,
                    within,
                    share: keep
                        .shares
                        .any()
                        .then(|| Share { org: identity.orgs.keys().next().cloned(), of: keep.shares }),
                    retention: keep.of_user(user),
                    own_retention: keep.of_user(&identity.user),
                };
                let selects = publish.narrowing.select.looks_for_one();
                let direct = Direct { origin: Some(self.id), append, ts, selects, payer, answer };
                if let Err(direct) = mail::offer(self.worker.node.presence(), direct) {
                    direct.answer.give(Err(Refusal::overloaded()));
                }
            }
            stream => self.append(stream, envelope, ts, idempotency, payer, answer),
        }
    }

    /// Sends an ephemeral action that was delayed.
    pub(super) fn send_unasked(&self, identity: &Identity, publish: &Publish<'_>, to: &Address) {
        let Ok(within) = self.reach(identity, to) else { return };
        let ts = self.worker.node.environment().unix_ms();
        let address = to.to_text();
        let envelope = self.envelope(identity, &address, publish, ts).encode().into();
        let payer = Some(Payer::of(&identity.user, identity.orgs.keys(), to, self.handle.network));
        // nobody waits for its outcome
        let answer = Answer::Session(Pending::new(self.permit(), None));
        match to {
            Address::User(_) | Address::Session(_) => self.send_direct(to, envelope, within, payer, answer),
            topic => {
                let topic = topic.clone();
                self.send_held(HeldPublication::Ephemeral(PublishEphemeral { topic, envelope, payer, answer }));
            }
        }
    }

    fn append(
        &mut self,
        stream: &Address,
        envelope: Bytes,
        ts: u64,
        idempotency: Option<IdempotencyKey>,
        payer: Option<Payer>,
        answer: Answer,
    ) {
        let node = self.worker.node.clone();
        let retention = node.settings().retention.of(stream).unwrap_or(node.settings().retention.channel);
        let nonce = node.environment().nonce();
        let append = Append { stream: stream.clone(), envelope, nonce, idempotency, retention };
        self.in_turn(stream, HeldPublication::Append(PublishTopic { append, ts, payer, answer }));
    }

    fn send_ephemeral(
        &mut self,
        to: &Address,
        envelope: Bytes,
        within: Option<Within>,
        payer: Option<Payer>,
        answer: Answer,
    ) {
        match to {
            Address::User(_) | Address::Session(_) => self.send_direct(to, envelope, within, payer, answer),
            topic => {
                let publish = PublishEphemeral { topic: topic.clone(), envelope, payer, answer };
                self.in_turn(topic, HeldPublication::Ephemeral(publish));
            }
        }
    }

    fn send_direct(&self, to: &Address, envelope: Bytes, within: Option<Within>, payer: Option<Payer>, answer: Answer) {
        let direct = DirectEphemeral { to: to.clone(), envelope, within, payer, answer };
        if let Err(direct) = mail::offer(self.worker.node.presence(), direct) {
            direct.answer.give(Err(Refusal::overloaded()));
        }
    }

    /// Holds a publication until a pending join of its channel is complete, so that a client that joins and publishes
    /// without waiting receives its own publication. Held publications count as in flight, so they are bounded.
    fn in_turn(&mut self, topic: &Address, held: HeldPublication) {
        match self.memberships.is_busy(topic) {
            true => self.memberships.wish(topic, Wish::Publish(held)),
            false => self.send_held(held),
        }
    }

    /// The receiver for the outcome of an action.
    pub(super) fn answer(&self, re: Option<&str>) -> Answer {
        Answer::Session(Pending::new(self.accept(), re))
    }

    pub(super) fn send_held(&self, held: HeldPublication) {
        let bridge = self.worker.node.bridge();
        let refused = match held {
            HeldPublication::Append(publish) => mail::offer(bridge, publish).map_err(|publish| publish.answer),
            HeldPublication::Ephemeral(publish) => mail::offer(bridge, publish).map_err(|publish| publish.answer),
        };
        if let Err(answer) = refused {
            answer.give(Err(Refusal::overloaded()));
        }
    }

    fn envelope<'a>(&self, identity: &'a Identity, to: &'a str, publish: &'a Publish<'_>, ts: u64) -> Envelope<'a> {
        Envelope {
            to,
            from: Some(identity.user.as_str()),
            session: Some(self.id),
            id: publish.id.as_deref(),
            ts,
            kind: &publish.kind,
            payload: publish.payload.as_deref(),
            error: publish.error,
            meta: publish.meta.as_deref(),
            narrowed: publish.narrowing.narrowed(),
        }
    }

    /// The key of an action's id, which is scoped to the device, or to the session if there is no device.
    fn idempotency(&self, identity: &Identity, id: &str, envelope: &Envelope<'_>) -> IdempotencyKey {
        let user = identity.user.as_str();
        let key = match &identity.device {
            Some(device) => idempotency::key(user, device.as_str(), id),
            None => idempotency::key(user, &format!("#{}", self.id), id),
        };
        let window = self.worker.node.settings().idempotency_window;
        IdempotencyKey { key, window, digest: Some(idempotency::digest(envelope)), ts: envelope.ts }
    }
}
