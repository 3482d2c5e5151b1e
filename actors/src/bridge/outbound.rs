//! Passes publications of sessions and of the server API to the broker.

use super::Bridge;
use crate::apart;
use crate::backend::{Appended, BackendError};
use crate::context::Context;
use crate::words::action_class::ActionClass;
use crate::words::bridge::{Errand, PublishEphemeral, PublishTopic};
use crate::words::outcome::Refusal;
use crate::words::payer::Payer;
use futures_util::FutureExt;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::event::Ack;
use hubwire_protocol::Address;

impl Bridge {
    pub(super) fn publish_topic(&mut self, message: PublishTopic, ctx: &mut Context<Self>) {
        let PublishTopic { append, ts, payer, answer } = message;
        let Some(mut answer) = self.pass_to_wshub(&append.stream, &append.envelope, answer) else { return };
        if !self.core.holds_lease() {
            return answer.give(Err(Refusal::no_lease()));
        }
        if let Err(refusal) = self.core.spend(payer.as_ref(), ActionClass::Publish, append.envelope.len()) {
            return answer.give(Err(refusal));
        }
        let kind = kind_of(&append.stream);
        self.core.metrics.published.with_label_values(&[kind]).inc();
        answer.storing();
        let stream = append.stream.clone();
        let mut appended = self.core.backend.append(append);
        let finish = move |result: Result<Appended, BackendError>| {
            result
                .map(|appended| Ack {
                    pos: Some(appended.pos),
                    duplicate: appended.duplicate,
                    ts: if appended.duplicate { appended.first_ts } else { Some(ts) },
                    ..Ack::default()
                })
                .map_err(Refusal::from)
        };
        match (&mut appended).now_or_never() {
            Some(result) => {
                answer.stored();
                self.trail(stream, payer, &result);
                answer.give(finish(result));
            }
            None => {
                let timer = self.core.metrics.append_seconds.start_timer();
                apart::wait(ctx.shared_address(), appended, move |result, bridge: &mut Bridge, _| {
                    timer.observe_duration();
                    answer.stored();
                    bridge.trail(stream, payer, &result);
                    answer.give(finish(result));
                });
            }
        }
    }

    fn trail(&mut self, stream: Address, payer: Option<Payer>, result: &Result<Appended, BackendError>) {
        if let Ok(appended) = result {
            if let Some(payer) = payer.filter(|_| appended.began()) {
                self.core.accounts.began(&payer, 1);
            }
            self.trails.appended(stream, appended.pos, ());
        }
    }

    /// Repeats the last positions of topics with a recent publication, for the nodes that follow them.
    pub(super) fn say_tails(&mut self) {
        for (stream, pos, ()) in self.trails.due() {
            let tail = ClusterMessage::Tail { stream: &stream.to_string(), pos }.encode();
            let published = self.core.backend.publish_topic(stream, tail.into());
            actix::spawn(async move {
                if let Err(error) = published.await {
                    log::debug!("cannot repeat the last position of a stream error={error}");
                    // the sweep shows it
                }
            });
        }
    }

    pub(super) fn publish_ephemeral(&mut self, message: PublishEphemeral, _: &mut Context<Self>) {
        let PublishEphemeral { topic, envelope, payer, answer } = message;
        let Some(answer) = self.pass_to_wshub(&topic, &envelope, answer) else { return };
        if !self.core.holds_lease() {
            return answer.give(Err(Refusal::no_lease()));
        }
        if let Err(refusal) = self.core.spend(payer.as_ref(), ActionClass::Publish, 0) {
            return answer.give(Err(refusal));
        }
        let encoded = ClusterMessage::Ephemeral { address: &topic.to_string(), envelope: &envelope }.encode();
        let published = self.core.backend.publish_topic(topic, encoded.into());
        actix::spawn(async move {
            answer.give(published.await.map(|()| Ack::default()).map_err(Refusal::from));
        });
    }

    /// The refusal of a node that is not ready yet.
    fn not_entered(&self) -> Refusal {
        let why = match self.core.strangers() {
            0 => "the broker has not returned the live nodes yet".to_owned(),
            1 => "a node of the cluster speaks a version of the cluster protocol that this one does not understand; \
                  this one waits until that one is gone"
                .to_owned(),
            count => format!(
                "{count} nodes of the cluster speak a version of the cluster protocol that this one does not \
                 understand; it waits until they are gone"
            ),
        };
        Refusal::new(hubwire_protocol::ErrorCode::BrokerUnavailable, why)
    }

    pub(super) fn errand(&mut self, message: Errand, _: &mut Context<Self>) {
        let message = match message {
            // a node without a lease accepts nothing, whatever the broker answers
            Errand::Ping(answer) if !self.core.holds_lease() => return drop(answer.send(Err(Refusal::no_lease()))),
            // it would consider every other node dead
            Errand::Ping(answer) if !self.core.knows_nodes() => return drop(answer.send(Err(self.not_entered()))),
            message => message,
        };
        let backend = self.core.backend.clone();
        let core = self.core.clone();
        // each ends by the backend's own deadline; a caller that has given up needs no answer
        actix::spawn(async move {
            match message {
                Errand::PutTicket { digest, content, ttl, answer } => {
                    let content = core.node_channel.close_ticket(&digest, content);
                    drop(answer.send(backend.put_ticket(digest, content, ttl).await.map_err(Refusal::from)));
                }
                Errand::HasTicket { digest, answer } => {
                    drop(answer.send(backend.has_ticket(digest).await.map_err(Refusal::from)));
                }
                Errand::TakeTicket { digest, answer } => {
                    let kept = backend.take_ticket(digest.clone()).await.map_err(Refusal::from);
                    let content = kept.map(|kept| {
                        let opened =
                            kept.as_ref().and_then(|kept| core.node_channel.open_ticket(&digest, kept.clone()));
                        if kept.is_some() && opened.is_none() {
                            core.metrics.forged.inc();
                        }
                        opened
                    });
                    drop(answer.send(content));
                }
                Errand::DeadEvents { limit, answer } => {
                    drop(answer.send(backend.dead_events(limit).await.map_err(Refusal::from)));
                }
                Errand::ReplayEvents { limit, answer } => {
                    drop(answer.send(backend.replay_events(limit).await.map_err(Refusal::from)));
                }
                Errand::Purge { stream, up_to, answer } => {
                    drop(answer.send(backend.purge(stream, up_to).await.map_err(Refusal::from)));
                }
                Errand::Erase { user, answer } => {
                    drop(answer.send(backend.erase(user).await.map_err(Refusal::from)));
                }
                // only operators ask for this
                Errand::Ping(answer) => drop(
                    answer.send(
                        backend
                            .ping()
                            .await
                            .map_err(|error| Refusal { message: error.to_string(), ..Refusal::from(error) }),
                    ),
                ),
            }
        });
    }
}

fn kind_of(address: &Address) -> &'static str {
    match address {
        Address::Org(_) => "org",
        Address::Team(..) => "team",
        Address::Channel(..) => "channel",
        Address::User(_) => "user",
        Address::Session(_) => "session",
    }
}
