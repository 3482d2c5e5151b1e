//! Publications and profiles by the server API.

use super::{overloaded, stopping, Node};
use crate::backend::{Append, AppendDirect, IdempotencyKey};
use crate::idempotency;
use crate::mail;
use crate::trace::with_traceparent;
use crate::words::answer::Answer;
use crate::words::bridge::{PublishEphemeral, PublishTopic};
use crate::words::outcome::Refusal;
use crate::words::presence::{Direct, DirectEphemeral, SetProfile};
use bytes::Bytes;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::event::Ack;
use hubwire_protocol::{Address, Narrowing, Profile, UserId};
use std::sync::Arc;
use tokio::sync::oneshot;

/// A publication by the server API. `payload` and `meta` are JSON texts; `meta` is an object without `hub`.
#[derive(Debug, Clone)]
pub struct ServerPublish {
    /// The address; any.
    pub to: Address,
    /// The user in whose name it is published; absent: nobody.
    pub from: Option<UserId>,
    /// `type`; not one of the protocol's own.
    pub kind: String,
    /// `payload`.
    pub payload: Option<String>,
    /// `error`.
    pub error: Option<bool>,
    /// The rest of `meta`.
    pub meta: Option<String>,
    /// `meta.traceparent`, if `meta` has none. A repeated request has another span, but is the same publication.
    pub traceparent: Option<String>,
    /// Idempotency id.
    pub id: Option<String>,
    /// Skips the log.
    pub ephemeral: bool,
    /// Receivers, if they are not all at the address.
    pub narrowing: Narrowing,
    /// The name of the API key of the request: an id belongs to the key.
    pub key_name: Arc<str>,
}

impl Node {
    /// Publishes in the name of the server.
    pub async fn publish(&self, publish: ServerPublish) -> Result<Ack, Refusal> {
        let (answer, outcome) = oneshot::channel();
        self.send_publication(publish, Answer::Api(answer))?;
        outcome.await.map_err(|_| stopping())?
    }

    /// Replaces the profile of a user; an empty one removes it.
    pub async fn set_profile(&self, user: UserId, profile: Profile) -> Result<(), Refusal> {
        let (answer, outcome) = oneshot::channel();
        let set = SetProfile { user, profile, payer: None, answer: Answer::Api(answer) };
        mail::tell(self.presence(), set).map_err(|_| overloaded())?;
        outcome.await.map_err(|_| stopping())?.map(|_| ())
    }

    fn send_publication(&self, publish: ServerPublish, answer: Answer) -> Result<(), Refusal> {
        let ServerPublish { to, from, kind, payload, error, meta, traceparent, id, ephemeral, narrowing, key_name } =
            publish;
        let ts = self.environment().unix_ms();
        let envelope = Envelope {
            to: &to.to_string(),
            from: from.as_ref().map(UserId::as_str),
            session: None,
            id: id.as_deref(),
            ts,
            kind: &kind,
            payload: payload.as_deref(),
            error,
            meta: meta.as_deref(),
            narrowed: narrowing.narrowed(),
        };
        let idempotency = id.as_ref().map(|id| IdempotencyKey {
            key: idempotency::key("", &key_name, id),
            window: self.settings().idempotency_window,
            digest: Some(idempotency::digest(&envelope)),
            ts,
        });
        let in_trace = traceparent.and_then(|traceparent| with_traceparent(meta.as_deref(), &traceparent));
        let envelope = Envelope { meta: in_trace.as_deref().or(meta.as_deref()), ..envelope };
        let traced = self.tracer().publishing(&envelope);
        let envelope: Bytes = envelope.encode().into();
        let answer = answer.watched(self.observer(), &envelope).traced(traced);
        let (nonce, selects) = (self.environment().nonce(), narrowing.select.looks_for_one());
        let told = match (&to, self.settings().retention.of(&to).filter(|_| !ephemeral)) {
            (Address::User(_) | Address::Session(_), None) => {
                mail::tell(self.presence(), DirectEphemeral { to, envelope, within: None, payer: None, answer })
            }
            (_, None) => mail::tell(self.bridge(), PublishEphemeral { topic: to, envelope, payer: None, answer }),
            (Address::User(user), Some(retention)) => {
                let (from, to, within) = (None, user.clone(), None);
                let append = AppendDirect {
                    from,
                    to,
                    envelope,
                    nonce,
                    idempotency,
                    within,
                    share: None,
                    retention,
                    own_retention: retention,
                };
                mail::tell(self.presence(), Direct { origin: None, append, ts, selects, payer: None, answer })
            }
            (_, Some(retention)) => {
                let append = Append { stream: to, envelope, nonce, idempotency, retention };
                mail::tell(self.bridge(), PublishTopic { append, ts, payer: None, answer })
            }
        };
        told.map_err(|_| overloaded())
    }
}
