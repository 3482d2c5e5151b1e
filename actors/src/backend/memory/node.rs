//! One node's view of the broker in memory.

use super::super::*;
use super::endpoint::Endpoint;
use super::event_logs::{Attaching, NewEvent};
use super::log::{Origin, ReadBounds};
use super::notification::Notification;
use super::topics::Publication;
use super::MemoryCluster;
use crate::retention::StreamRetention;
use bytes::Bytes;
use hubwire_protocol::{Address, Incarnation, Position, SessionId, UserId};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// The backend of one node.
pub(super) struct MemoryBackend {
    pub(super) cluster: MemoryCluster,
    pub(super) endpoint: Rc<Endpoint>,
}

impl MemoryBackend {
    pub(super) fn new(cluster: MemoryCluster, endpoint: Rc<Endpoint>) -> Self {
        MemoryBackend { cluster, endpoint }
    }

    fn append_direct_part(
        &self,
        user: &UserId,
        now: Instant,
        publication: Publication,
    ) -> Result<DirectPart, BackendError> {
        let broker = &mut *self.cluster.broker();
        let stream = Address::User(user.clone());
        let appended = broker.topics.store(now, stream, publication)?;
        Ok(DirectPart { appended, sessions: broker.directory.session_ids(user) })
    }

    /// The sender's stream comes first, because an id that was used for another content is known there.
    fn append_both(&self, append: AppendDirect) -> Result<DirectAppended, BackendError> {
        let AppendDirect { from, to, envelope, nonce, idempotency, within, share, retention, own_retention } = append;
        if within.is_some_and(|within| !self.is_within(&to, &within)) {
            return Err(BackendError::OutOfReach);
        }
        let now = Instant::now();
        let of_sender = |share: &Share| from.clone().map(|sender| Rc::new(Origin { sender, org: share.org.clone() }));
        let origin = share.as_ref().and_then(of_sender);
        let sender = from.filter(|from| *from != to);
        let publication = Publication { envelope, nonce, idempotency, retention, origin };
        if sender.is_some() && share.is_some_and(|share| self.is_beyond(now, &to, share.of, &publication)) {
            return Err(BackendError::ShareTaken);
        }
        let own = Publication { retention: own_retention, ..publication.clone() };
        let copy = sender.map(|from| self.append_direct_part(&from, now, own)).transpose()?;
        let envelope = publication.envelope.clone();
        let receiver = self.append_direct_part(&to, now, publication)?;
        if !receiver.appended.duplicate {
            let clock = &self.cluster.0.environment;
            self.cluster.broker().tell_direct(clock, &to, receiver.appended.pos, &envelope);
        }
        Ok(DirectAppended { copy, receiver, told: false })
    }

    pub(super) fn incarnation(&self) -> Incarnation {
        self.endpoint.incarnation
    }

    /// The error for a reaped incarnation: it must not write to the directory any more.
    pub(super) fn fenced<T: 'static>(&self) -> Option<Reply<T>> {
        let incarnation = self.endpoint.incarnation;
        let reaped = self.cluster.broker().leases.is_reaped(incarnation);
        reaped.then(|| failed(BackendError::Refused { reason: format!("incarnation {incarnation} was reaped") }))
    }
}

pub(super) fn ready<T: 'static>(value: T) -> Reply<T> {
    Box::pin(std::future::ready(Ok(value)))
}

pub(super) fn failed<T: 'static>(error: BackendError) -> Reply<T> {
    Box::pin(std::future::ready(Err(error)))
}

impl Log for MemoryBackend {
    fn append(&self, append: Append) -> Reply<Appended> {
        if self.cluster.is_full(append.envelope.len()) {
            return failed(BackendError::Full);
        }
        let (stream, envelope) = (append.stream.clone(), append.envelope.clone());
        let (broker, unix_ms) = (&mut *self.cluster.broker(), self.cluster.unix_ms());
        let appended = broker.topics.append(Instant::now(), append);
        if let Some(appended) = appended.as_ref().ok().filter(|appended| !appended.duplicate) {
            if let Some(events) = &mut broker.events {
                events.published(unix_ms, &stream, appended.pos, &envelope);
            }
            let entry = Entry { pos: appended.pos, prev: appended.prev, envelope };
            broker.say(self.incarnation(), &stream, || Notification::Stored(stream.clone(), entry));
        }
        Box::pin(std::future::ready(appended))
    }

    fn append_direct(&self, append: AppendDirect, _tell: bool) -> Reply<DirectAppended> {
        if self.cluster.is_full(2 * append.envelope.len()) {
            return failed(BackendError::Full);
        }
        Box::pin(std::future::ready(self.append_both(append)))
    }

    /// Both appends of a direct message happen in one call, so there is never one to finish.
    fn finish_outbox(&self, _user: UserId, _keep: StreamRetention) -> Reply<Vec<(UserId, DirectPart, Entry)>> {
        ready(Vec::new())
    }

    fn read(&self, stream: Address, after: Position, limit: usize, bytes_max: usize) -> Reply<Range> {
        ready(self.cluster.broker().topics.read(Instant::now(), &stream, after, limit, bytes_max))
    }

    fn history(&self, stream: Address, before: Option<Position>, limit: usize, bytes_max: usize) -> Reply<Vec<Entry>> {
        let bounds = ReadBounds { limit, bytes_max };
        ready(self.cluster.broker().topics.history(Instant::now(), &stream, before, bounds))
    }

    fn history_after(&self, stream: Address, after: Position, limit: usize, bytes_max: usize) -> Reply<Vec<Entry>> {
        let bounds = ReadBounds { limit, bytes_max };
        ready(self.cluster.broker().topics.history_after(Instant::now(), &stream, after, bounds))
    }

    fn length(&self, stream: Address) -> Reply<usize> {
        ready(self.cluster.broker().topics.length(Instant::now(), &stream))
    }

    fn tops(&self, streams: Vec<Address>) -> Reply<Vec<Position>> {
        let now = Instant::now();
        let topics = &mut self.cluster.broker().topics;
        ready(streams.iter().map(|stream| topics.top(now, stream)).collect())
    }
}

impl Topics for MemoryBackend {
    fn subscribe(&self, topic: Address) -> Reply<()> {
        let broker = &mut *self.cluster.broker();
        broker.directory.follow(&topic, self.incarnation());
        broker.topics.subscribe(Instant::now(), topic, &self.endpoint);
        ready(())
    }

    fn unsubscribe(&self, topic: Address) -> Reply<()> {
        self.cluster.broker().topics.unsubscribe(Instant::now(), &topic, &self.endpoint);
        ready(())
    }

    fn publish_topic(&self, topic: Address, message: Bytes) -> Reply<()> {
        self.cluster.broker().say(self.incarnation(), &topic, || Notification::Message(message));
        ready(())
    }

    fn publish_node(&self, node: Incarnation, message: Bytes) -> Reply<bool> {
        let broker = self.cluster.broker();
        ready(broker.nodes.get(&node).is_some_and(|node| node.events.message(message) != QueueOutcome::Closed))
    }
}

impl Directory for MemoryBackend {
    fn attach(&self, attach: Attach) -> Reply<AttachOutcome> {
        if let Some(fenced) = self.fenced() {
            return fenced;
        }
        let broker = &mut *self.cluster.broker();
        let now = Instant::now();
        let top = broker.topics.top(now, &Address::User(attach.user.clone()));
        let mut live = broker.leases.live(now);
        live.push(attach.session.incarnation());
        let known = broker.directory.has_session(&attach.user, attach.session);
        let (user, session, device) = (attach.user.clone(), attach.session, attach.device.clone());
        let who = user.clone();
        let unix_ms = self.cluster.unix_ms();
        let attached = broker.directory.attach(unix_ms, top, Attach { live, ..attach });
        if let AttachOutcome::Entered { replaced, .. } = &attached {
            broker.tell_entered(unix_ms, &Attaching { user, session, device, known }, replaced);
        }
        if !known {
            broker.watched.stir(&who);
        }
        ready(attached)
    }

    fn detach(&self, user: UserId, session: SessionId) -> Reply<()> {
        let broker = &mut *self.cluster.broker();
        if broker.directory.detach(&user, session) {
            let unix_ms = self.cluster.unix_ms();
            broker.event(unix_ms, || NewEvent::disconnected(&user, session, None));
            broker.note_gone(unix_ms, &user);
        }
        broker.watched.stir(&user);
        ready(())
    }

    fn sessions(&self, user: UserId) -> Reply<Vec<DirectoryEntry>> {
        ready(self.cluster.broker().directory.sessions(&user))
    }

    fn last_seen(&self, users: Vec<UserId>) -> Reply<Vec<Option<u64>>> {
        let (broker, now) = (self.cluster.broker(), Instant::now());
        let seen = |user: &UserId| broker.last_seen.as_ref().and_then(|seen| seen.find(now, user).copied());
        ready(users.iter().map(seen).collect())
    }

    fn placed(&self) -> Reply<Vec<Placement>> {
        ready(self.cluster.broker().directory.placed(self.endpoint.incarnation))
    }
}

impl Leases for MemoryBackend {
    fn renew_lease(&self, ttl: Duration) -> Reply<Lease> {
        ready(self.cluster.broker().leases.renew(Instant::now(), self.endpoint.incarnation, ttl))
    }

    fn live(&self) -> Reply<Live> {
        let (broker, now) = (self.cluster.broker(), Instant::now());
        let (nodes, terms) = (broker.leases.live(now), broker.leases.terms(now));
        ready(Live { nodes, terms, denylist: broker.denied.version() })
    }

    fn leases(&self) -> Reply<Vec<(Incarnation, Duration)>> {
        ready(self.cluster.broker().leases.left(Instant::now()))
    }

    fn expired(&self, grace: Duration) -> Reply<Vec<Incarnation>> {
        ready(self.cluster.broker().leases.expired(Instant::now(), grace))
    }

    fn reap(&self, expired: Incarnation, _: Vec<Incarnation>, limit: usize, grace: Duration) -> Reply<Reaped> {
        let (broker, now) = (&mut *self.cluster.broker(), Instant::now());
        if !broker.leases.fence(now, expired) {
            return ready(Reaped { locked: true, ..Reaped::default() });
        }
        let unix_ms = self.cluster.unix_ms();
        let placed = broker.directory.placed(expired);
        let reaped = broker.directory.reap(expired, &broker.leases.live(now), limit, now + grace);
        broker.tell_states(self.incarnation());
        for Placement { member, .. } in placed.iter().filter(|placed| placed.channel.is_none()) {
            if !broker.directory.has_session(&member.user, member.session) {
                broker.event(unix_ms, || NewEvent::disconnected(&member.user, member.session, None));
                broker.note_gone(unix_ms, &member.user);
            }
        }
        broker.tell_vacated(unix_ms, placed.into_iter().filter_map(|placed| placed.channel).collect());
        broker.watched.stir_all(); // the users on that node are no longer known
        if reaped.done {
            broker.leases.forget(expired);
        }
        ready(reaped)
    }

    fn set_label(&self, label: String) -> Reply<()> {
        self.cluster.broker().leases.set_label(self.endpoint.incarnation, label);
        ready(())
    }

    fn labels(&self, incarnations: Vec<Incarnation>) -> Reply<Vec<Option<String>>> {
        let broker = self.cluster.broker();
        ready(incarnations.iter().map(|incarnation| broker.leases.label(*incarnation)).collect())
    }

    fn release_lease(&self) -> Reply<()> {
        self.cluster.broker().leases.release(Instant::now(), self.endpoint.incarnation);
        ready(())
    }
}

impl Health for MemoryBackend {
    fn ping(&self) -> Reply<()> {
        ready(())
    }

    fn advice(&self) -> Reply<Vec<String>> {
        ready(Vec::new())
    }
}

/// The subscriptions of a node end with it. Its routes stay for the reaper.
impl Drop for MemoryBackend {
    fn drop(&mut self) {
        let broker = &mut *self.cluster.broker();
        broker.topics.leave(Instant::now(), &self.endpoint);
        broker.watched.leave(&self.endpoint);
        broker.nodes.remove(&self.endpoint.incarnation);
    }
}
