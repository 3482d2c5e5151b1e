//! Direct messages: two appends, then one publish per node that owns a session of either user.

use super::selecting::{selected, Picked};
use super::Presence;
use crate::apart;
use crate::backend::{BackendError, DirectAppended, DirectPart};
use crate::context::Context;
use crate::feed::owner::{follow, FeedOwner};
use crate::words::action_class::ActionClass;
use crate::words::answer::Answer;
use crate::words::feed::Arrival;
use crate::words::outcome::Refusal;
use crate::words::payer::Payer;
use crate::words::presence::Direct;
use bytes::Bytes;
use futures_util::FutureExt;
use hubwire_protocol::cluster::{ClusterMessage, StreamPlace};
use hubwire_protocol::event::Ack;
use hubwire_protocol::{Address, Incarnation, Position, SessionId, UserId};

/// The nodes that own a session of either user.
fn nodes_of(appended: &DirectAppended) -> impl Iterator<Item = Incarnation> + '_ {
    let parts = appended.copy.iter().chain(std::iter::once(&appended.receiver));
    parts.flat_map(|part| &part.sessions).map(|session| session.incarnation())
}

/// A direct message whose append is in flight.
pub(super) struct Sent {
    from: Option<UserId>,
    pub to: UserId,
    origin: Option<SessionId>,
    envelope: Bytes,
    ts: u64,
    /// Whether the message is for one session of the receiver, which has to be selected.
    pub selects: bool,
    payer: Option<Payer>,
    answer: Answer,
}

/// A direct message in the stream of one of the two users.
struct OfStream<'a> {
    user: &'a UserId,
    part: &'a DirectPart,
    /// The session that gets no copy.
    except: Option<SessionId>,
}

/// The outcome for one of the two users.
struct Notified {
    /// Live sessions that receive it.
    sessions: usize,
    /// Their nodes.
    nodes: usize,
    /// The other ones among these nodes, which are notified on their node channels.
    others: Option<Others>,
}

/// Other nodes that own sessions of a user, and the publication's position in the user's stream.
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
        // it is stored in both users' streams
        if let Err(refusal) = self.core.spend(payer.as_ref(), ActionClass::Direct, 2 * append.envelope.len()) {
            return answer.give(Err(refusal));
        }
        self.published.inc();
        answer.storing();
        let envelope = append.envelope.clone();
        let sent =
            Sent { from: append.from.clone(), to: append.to.clone(), origin, envelope, ts, selects, payer, answer };
        // with a cluster secret only nodes can publish on node channels; and the selected session is not known yet
        let tell = self.core.settings.cluster_secrets.0.is_empty() && !selects;
        let mut appended = self.core.backend.append_direct(append, tell);
        match (&mut appended).now_or_never() {
            Some(result) => self.appended(sent, result, ctx),
            None => {
                let timer = self.core.metrics.append_seconds.start_timer();
                apart::wait(ctx.shared_address(), appended, move |result, presence: &mut Presence, ctx| {
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
        // a session is on a node that started after the live set was read
        let (core, nodes) = (self.core.clone(), nodes_of(&appended).collect());
        let known = Box::pin(async move { core.get_to_know(nodes).await });
        apart::wait(ctx.shared_address(), known, move |(), presence: &mut Presence, ctx| {
            presence.look_and_route(sent, appended, ctx);
        });
    }

    /// Delivers to both users' sessions and answers the sender. `latest` is the selected session.
    pub(super) fn route(
        &mut self,
        sent: Sent,
        appended: &DirectAppended,
        latest: Option<SessionId>,
        ctx: &mut Context<Self>,
    ) {
        let narrowed = latest.map(|latest| selected(&sent.envelope, latest));
        let (envelope, picked) =
            narrowed.as_ref().map_or((&sent.envelope, Picked::All), |(envelope, picked)| (envelope, *picked));
        if let Some(payer) = &sent.payer {
            self.charge(payer, appended);
        }
        let mut elsewhere = Vec::new();
        let delivers = self.core.holds_lease();
        if let (Some(copy), Some(from)) = (&appended.copy, &sent.from) {
            let arrived = OfStream { user: from, part: copy, except: sent.origin };
            let Notified { others, .. } = self.notify_here(&arrived, envelope, delivers, ctx);
            elsewhere.extend(others);
        }
        // for a message to oneself, the sending session gets no copy of it, either
        let except = sent.origin.filter(|_| sent.from.as_ref() == Some(&sent.to));
        let arrived = OfStream { user: &sent.to, part: &appended.receiver, except };
        let Notified { sessions, nodes, others } = self.notify_here(&arrived, envelope, delivers, ctx);
        elsewhere.extend(others);
        if !appended.told {
            self.tell_others(&elsewhere, envelope);
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

    /// Charges the part of a direct message's cost that is known only after it was stored.
    fn charge(&self, payer: &Payer, appended: &DirectAppended) {
        let parts = || appended.copy.iter().chain([&appended.receiver]);
        let began = parts().filter(|part| part.appended.began()).count();
        if began > 0 {
            self.core.accounts.began(payer, began);
        }
        // sessions on other nodes; those on this node are counted when it is delivered
        let elsewhere = |part: &DirectPart| {
            part.sessions.iter().filter(|session| session.incarnation() != self.core.incarnation).count()
        };
        self.core.accounts.owe(payer.user.as_str(), parts().map(elsewhere).sum());
    }

    /// Passes a direct message that a crash had left half stored to the receiver's feed here and to the other nodes.
    pub(super) fn notify(&mut self, user: &UserId, part: &DirectPart, envelope: &Bytes, ctx: &mut Context<Self>) {
        let arrived = OfStream { user, part, except: None };
        let notified = self.notify_here(&arrived, envelope, self.core.holds_lease(), ctx);
        self.tell_others(notified.others.as_slice(), envelope);
    }

    /// Passes a publication of a user's stream to the user's feed here. Returns where else live sessions of `user` are,
    /// except `except`.
    ///
    /// `delivers`: this node holds its lease. One that lost it while it waited for the broker delivers nothing; its
    /// feeds are compared with the log when it has its lease again.
    fn notify_here(
        &mut self,
        arrived: &OfStream<'_>,
        envelope: &Bytes,
        delivers: bool,
        ctx: &mut Context<Self>,
    ) -> Notified {
        let OfStream { user, part, except } = *arrived;
        let (pos, prev) = (part.appended.pos, part.appended.prev);
        if delivers && !part.appended.duplicate {
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

    /// Publishes once to each of the other nodes, even to one that owns sessions of both users.
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

    /// Delivers to a user of this node without the broker in between: the feed orders the publication by its `prev`,
    /// like messages of other nodes.
    fn deliver_here(&mut self, user: &UserId, arrival: Arrival, except: Option<SessionId>, ctx: &mut Context<Self>) {
        let Some(local) = self.users.get_mut(user) else { return };
        let nobody = matches!(
            local.sessions.as_slice(),
            [only] if Some(only.member.session) == except && !only.member.dialect.returns_own()
        );
        if nobody && local.feed.pass(arrival.pos, arrival.prev) {
            return;
        }
        let (id, next) = (local.feed.id(), local.feed.arrive(arrival));
        follow(self, ctx, id, next);
        self.remind_later(ctx);
    }

    /// The live sessions among `sessions` except `except`, and the nodes that own them.
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

    /// Schedules the last position for all other nodes, even for those that seem dead from here, because they may be
    /// alive.
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
