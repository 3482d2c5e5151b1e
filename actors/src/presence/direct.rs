//! Direct messages: two appends, then one publish per node that owns a session of either side.

use super::selecting::{selected, Picked};
use super::Presence;
use crate::apart::{self, settled};
use crate::backend::{BackendError, DirectAppended, DirectPart};
use crate::feed::owner::{follow, FeedOwner};
use crate::words::action_class::ActionClass;
use crate::words::answer::Answer;
use crate::words::feed::Arrival;
use crate::words::outcome::Refusal;
use crate::words::payer::Payer;
use crate::words::presence::Direct;
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::cluster::{ClusterMessage, StreamPlace};
use hubwire_protocol::event::Ack;
use hubwire_protocol::{Address, Incarnation, Position, SessionId, UserId};

/// The nodes that own a session of either side.
fn nodes_of(appended: &DirectAppended) -> impl Iterator<Item = Incarnation> + '_ {
    let parts = appended.copy.iter().chain(std::iter::once(&appended.receiver));
    parts.flat_map(|part| &part.sessions).map(|session| session.incarnation())
}

/// A direct message whose append is under way.
pub(super) struct Sent {
    from: Option<UserId>,
    pub to: UserId,
    origin: Option<SessionId>,
    envelope: Bytes,
    ts: u64,
    /// Whether one session of the receiver is looked for.
    pub selects: bool,
    payer: Option<Payer>,
    answer: Answer,
}

/// What became of one party's part.
struct Notified {
    /// Live sessions that get it.
    sessions: usize,
    /// Their nodes.
    nodes: usize,
    /// The other ones among these nodes, which hear of it by their node channels.
    others: Option<Others>,
}

/// Other nodes that own sessions of a user, and where the publication stands in the user's stream.
struct Others {
    stream: String,
    pos: Position,
    prev: Position,
    nodes: Vec<Incarnation>,
}

impl Others {
    fn place(&self) -> StreamPlace<'_> {
        StreamPlace { stream: &self.stream, pos: self.pos, prev: self.prev }
    }
}

impl Presence {
    pub(super) fn direct(&mut self, message: Direct, ctx: &mut Context<Self>) {
        let Direct { origin, append, ts, selects, payer, mut answer } = message;
        if !self.core.holds_lease() {
            return answer.give(Err(Refusal::no_lease()));
        }
        // it is stored with both users
        if let Err(refusal) = self.core.spend(payer.as_ref(), ActionClass::Direct, 2 * append.envelope.len()) {
            return answer.give(Err(refusal));
        }
        self.published.inc();
        answer.storing();
        let envelope = append.envelope.clone();
        let sent =
            Sent { from: append.from.clone(), to: append.to.clone(), origin, envelope, ts, selects, payer, answer };
        // with a cluster secret only nodes may speak on node channels; and who is selected is known later
        let tell = self.core.settings.cluster_secrets.0.is_empty() && !selects;
        let mut appended = self.core.backend.append_direct(append, tell);
        match settled(&mut appended) {
            Some(result) => self.appended(sent, result, ctx),
            None => {
                let timer = self.core.metrics.append_seconds.start_timer();
                apart::wait(ctx.address(), appended, move |result, presence: &mut Presence, ctx| {
                    timer.observe_duration();
                    presence.appended(sent, result, ctx);
                });
            }
        }
    }

    fn appended(&mut self, mut sent: Sent, result: Result<DirectAppended, BackendError>, ctx: &mut Context<Self>) {
        sent.answer.stored();
        let appended = match result {
            Ok(appended) => appended,
            Err(error) => return sent.answer.give(Err(Refusal::from(error))),
        };
        if self.core.knows(nodes_of(&appended)) {
            return self.look_and_route(sent, appended, ctx);
        }
        // a session on a node that started since the live set was refreshed
        let (core, nodes) = (self.core.clone(), nodes_of(&appended).collect());
        let known = Box::pin(async move { core.get_to_know(nodes).await });
        apart::wait(ctx.address(), known, move |(), presence: &mut Presence, ctx| {
            presence.look_and_route(sent, appended, ctx);
        });
    }

    /// Delivers to both sides and answers the sender. `latest` is the session that one looked for.
    pub(super) fn route(
        &mut self,
        sent: Sent,
        appended: &DirectAppended,
        latest: Option<SessionId>,
        ctx: &mut Context<Self>,
    ) {
        let (envelope, picked) = match latest {
            Some(latest) => selected(&sent.envelope, latest),
            None => (sent.envelope.clone(), Picked::All),
        };
        if let Some(payer) = &sent.payer {
            self.charge(payer, appended);
        }
        let mut elsewhere = Vec::new();
        if let (Some(copy), Some(from)) = (&appended.copy, &sent.from) {
            let Notified { others, .. } = self.notify_here(from, copy, &envelope, sent.origin, ctx);
            elsewhere.extend(others);
        }
        // to oneself: the originating session gets none there either
        let except = sent.origin.filter(|_| sent.from.as_ref() == Some(&sent.to));
        let Notified { sessions, nodes, others } =
            self.notify_here(&sent.to, &appended.receiver, &envelope, except, ctx);
        elsewhere.extend(others);
        if !appended.told {
            self.tell_others(&elsewhere, &envelope);
        }
        let at = appended.receiver.appended;
        sent.answer.give(Ok(Ack {
            pos: Some(at.pos),
            own_pos: appended.copy.as_ref().map(|copy| copy.appended.pos),
            sessions: Some(picked.of(sessions)),
            nodes: Some(picked.nodes(nodes)),
            duplicate: at.duplicate,
            ts: if at.duplicate { at.first_ts } else { Some(sent.ts) },
            ..Ack::default()
        }));
    }

    /// What is known of a direct message's cost only when it was stored.
    fn charge(&self, payer: &Payer, appended: &DirectAppended) {
        let parts = || appended.copy.iter().chain([&appended.receiver]);
        let began = parts().filter(|part| part.appended.began()).count();
        if began > 0 {
            self.core.accounts.began(payer, began);
        }
        // those on other nodes; the ones here are counted when they are delivered to
        let elsewhere = |part: &DirectPart| {
            part.sessions.iter().filter(|session| session.incarnation() != self.core.incarnation).count()
        };
        self.core.accounts.owe(payer.user.as_str(), parts().map(elsewhere).sum());
    }

    /// A direct message that a crash left half stored: hands it to the receiver's feed here and to the other nodes.
    pub(super) fn notify(&mut self, user: &UserId, part: &DirectPart, envelope: &Bytes, ctx: &mut Context<Self>) {
        let notified = self.notify_here(user, part, envelope, None, ctx);
        self.tell_others(notified.others.as_slice(), envelope);
    }

    /// Hands a publication of a user's stream to the user's feed here. Returns where else live sessions of `user` other
    /// than `except` are.
    fn notify_here(
        &mut self,
        user: &UserId,
        part: &DirectPart,
        envelope: &Bytes,
        except: Option<SessionId>,
        ctx: &mut Context<Self>,
    ) -> Notified {
        let (pos, prev) = (part.appended.pos, part.appended.prev);
        if !part.appended.duplicate {
            self.deliver_here(user, Arrival { pos, prev, envelope: envelope.clone() }, except, ctx);
        }
        if part.sessions.iter().all(|session| session.incarnation() == self.core.incarnation) {
            let sessions = part.sessions.iter().filter(|session| Some(**session) != except).count();
            return Notified { sessions, nodes: sessions.min(1), others: None };
        }
        let (sessions, mut others) = self.owners(part.sessions.iter().copied(), except);
        let nodes = others.len();
        others.retain(|node| *node != self.core.incarnation);
        self.trail(user, part, except);
        let is_news = !part.appended.duplicate && !others.is_empty();
        let stream = || Address::User(user.clone()).to_string();
        let others = is_news.then(|| Others { stream: stream(), pos, prev, nodes: others });
        Notified { sessions, nodes, others }
    }

    /// Publishes once to each of the other nodes, also to one that owns sessions of both users.
    fn tell_others(&self, others: &[Others], envelope: &Bytes) {
        let mut told: Vec<Incarnation> = Vec::new();
        for node in others.iter().flat_map(|one| &one.nodes) {
            if told.contains(node) {
                continue;
            }
            told.push(*node);
            let places: Vec<StreamPlace> =
                others.iter().filter(|one| one.nodes.contains(node)).map(Others::place).collect();
            let message = match places[..] {
                [copy, receiver] => ClusterMessage::Direct { copy, receiver, envelope },
                [StreamPlace { stream, pos, prev }] => ClusterMessage::Publication { stream, pos, prev, envelope },
                _ => continue, // a direct message has two parties
            };
            self.core.node_channel.tell(*node, message.encode().into());
        }
    }

    /// What is for a user of this node needs no way through the broker: the feed puts it in its place by its `prev`,
    /// like what comes from other nodes. A node that lost its lease while it waited for the broker delivers nothing;
    /// its feeds are held against the log when the lease is back.
    fn deliver_here(&mut self, user: &UserId, arrival: Arrival, except: Option<SessionId>, ctx: &mut Context<Self>) {
        if !self.core.holds_lease() {
            return;
        }
        let Some(local) = self.users.get_mut(user) else { return };
        let nobody = matches!(local.sessions.as_slice(), [only] if Some(only.member.session) == except);
        if nobody && local.feed.pass(arrival.pos, arrival.prev) {
            return;
        }
        let (id, next) = (local.feed.id(), local.feed.arrive(arrival));
        follow(self, ctx, id, next);
        self.remind_later(ctx);
    }

    /// The live sessions among `sessions` without `except`, and the nodes that own them.
    pub(super) fn owners(
        &self,
        sessions: impl Iterator<Item = SessionId>,
        except: Option<SessionId>,
    ) -> (usize, Vec<Incarnation>) {
        let live = sessions.filter(|session| Some(*session) != except && self.core.is_live(session.incarnation()));
        let mut nodes: Vec<Incarnation> = live.map(|session| session.incarnation()).collect();
        let count = nodes.len();
        nodes.sort_unstable();
        nodes.dedup();
        (count, nodes)
    }

    /// The other nodes get the last word too, also those that look dead from here: they may only look so.
    fn trail(&mut self, user: &UserId, part: &DirectPart, except: Option<SessionId>) {
        let sessions = part.sessions.iter().filter(|session| Some(**session) != except);
        let others = sessions.map(|session| session.incarnation()).filter(|node| *node != self.core.incarnation);
        let mut nodes: Vec<Incarnation> = others.collect();
        nodes.sort_unstable();
        nodes.dedup();
        if !nodes.is_empty() {
            self.trails.appended(Address::User(user.clone()), part.appended.pos, nodes);
        }
    }

    pub(super) fn send(&self, nodes: &[Incarnation], message: Bytes) {
        for node in nodes {
            self.core.node_channel.tell(*node, message.clone());
        }
    }
}
