//! Between a socket and its session: what a command needs that only the connection knows is judged here.
//!
//! A command that breaks the protocol ends the connection, a subscription is checked against its token and its
//! channel's name, and a position that takes a look into the log gets it. What is left goes on to the session, in
//! order; nothing is read while the log is looked at.

use super::expiry::Expiries;
use super::kept::{assemble, Kept};
use super::subscribing::Subscriber;
use super::Centrifuge;
use crate::ws::{SocketIncoming, SocketOutbox};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, Stream, StreamExt};
use hubwire_actors::node::Node;
use hubwire_actors::outbox::{Incoming, Offer, Outbox};
use hubwire_protocol::centrifuge::codes::{self, Disconnect};
use hubwire_protocol::centrifuge::command::{Command, Connect, OfChannel, SubRefresh, Subscribe};
use hubwire_protocol::centrifuge::reply::{Body, Expiry, Push, Pushed, Reply, Unsubscribed};
use hubwire_protocol::centrifuge::{Call, Format};
use hubwire_protocol::dialect::WireProtocol;
use hubwire_protocol::frame::Opcode;
use hubwire_protocol::{OrgId, UserId};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

/// How a conversation begins.
pub(super) struct Begun {
    pub centrifuge: Arc<Centrifuge>,
    pub node: Node,
    pub format: Format,
    pub user: UserId,
    pub orgs: Vec<OrgId>,
    /// Channels the token subscribes the client to.
    pub channels: Vec<String>,
    /// The first frame; its first command is `connect`.
    pub frame: Bytes,
}

/// See the module.
pub(super) struct Conversation {
    incoming: SocketIncoming,
    outbox: Rc<SocketOutbox>,
    format: Format,
    subscriber: Subscriber,
    expiries: Expiries,
    /// Until it was looked at: the first frame, and the channels that go with it.
    first: Option<Box<(Bytes, Vec<String>)>>,
    /// A frame whose positions are looked up.
    looking: Option<LocalBoxFuture<'static, Vec<Kept>>>,
}

/// What becomes of a frame.
enum Judged {
    /// This goes on to the session.
    On(Vec<Kept>),
    /// The connection ends.
    Over(Disconnect),
}

impl Conversation {
    pub fn new(begun: Begun, outbox: Rc<SocketOutbox>, incoming: SocketIncoming) -> Self {
        let Begun { centrifuge, node, format, user, orgs, channels, frame } = begun;
        let subscriber = Subscriber { centrifuge, node, user, orgs };
        let first = Some(Box::new((frame, channels)));
        Conversation { incoming, outbox, format, subscriber, expiries: Expiries::default(), first, looking: None }
    }

    fn say(&self, reply: Reply<'_>) {
        // it asks and does not read the answers
        if self.outbox.offer_reply(&self.format.frame(&[reply])) == Offer::Full {
            let codes::Disconnect { code, reason } = codes::SLOW;
            self.outbox.close(code, reason);
        }
    }

    fn refuse(&self, id: u32, error: codes::Error) {
        self.say(Reply { id, body: Body::Error(error) });
    }

    /// Judges a frame and hands it on, at once or when its positions are known.
    fn receive(&mut self, frame: &Bytes, connects: Option<Vec<String>>) -> Option<Incoming> {
        match self.judge(frame, connects) {
            Judged::On(kept) => {
                if kept.iter().any(|one| self.subscriber.has_to_look(one)) {
                    let (subscriber, format, outbox) = (self.subscriber.clone(), self.format, self.outbox.clone());
                    self.looking = Some(async move { subscriber.look(kept, format, &outbox).await }.boxed_local());
                    return None;
                }
                self.hand_on(&kept)
            }
            Judged::Over(Disconnect { code, reason }) => {
                self.outbox.close(code, reason);
                None
            }
        }
    }

    fn hand_on(&self, kept: &[Kept]) -> Option<Incoming> {
        let frame = assemble(self.format, kept)?;
        Some(match self.format.opcode() {
            Opcode::Binary => Incoming::Binary(frame),
            _ => Incoming::Text(frame),
        })
    }

    /// `connects`: this is the first frame, with the channels its token subscribes the client to.
    fn judge(&mut self, frame: &Bytes, mut connects: Option<Vec<String>>) -> Judged {
        let commands_max = self.subscriber.node.settings().limits.actions_max;
        let Ok(commands) = self.format.commands(frame, commands_max) else {
            return Judged::Over(codes::BAD_REQUEST_CLOSE);
        };
        let mut kept = Vec::with_capacity(commands.len());
        for (command, range) in commands {
            match self.one(command, frame.slice(range), &mut connects, &mut kept) {
                Ok(()) => {}
                Err(disconnect) => return Judged::Over(disconnect),
            }
        }
        Judged::On(kept)
    }

    fn one(
        &mut self,
        command: Command<'_>,
        as_it_came: Bytes,
        connects: &mut Option<Vec<String>>,
        kept: &mut Vec<Kept>,
    ) -> Result<(), Disconnect> {
        let Command { id, call } = command;
        let Some(call) = call else {
            // an answer to a ping; with an id it is a command without a request
            return if id == 0 { Ok(()) } else { Err(codes::BAD_REQUEST_CLOSE) };
        };
        if matches!(call, Call::Send) {
            return Err(codes::NOT_AVAILABLE_CLOSE);
        }
        if id == 0 || call.channel().is_some_and(str::is_empty) {
            return Err(codes::BAD_REQUEST_CLOSE);
        }
        match call {
            Call::Connect(connect) => {
                let channels = connects.take().ok_or(codes::BAD_REQUEST_CLOSE)?;
                connected(id, connect.into_owned(), channels, kept);
            }
            Call::Subscribe(subscribe) => self.subscribe(id, subscribe.into_owned(), kept)?,
            Call::History(history) => kept.push(Kept::call(id, Call::History(history.into_owned()))),
            Call::SubRefresh(refresh) => self.refresh(id, &refresh)?,
            Call::Unsubscribe(OfChannel { channel }) => {
                self.expiries.forget(&channel);
                kept.push(Kept::AsItCame(as_it_came));
            }
            _ => kept.push(Kept::AsItCame(as_it_came)),
        }
        Ok(())
    }

    fn subscribe(
        &mut self,
        id: u32,
        mut subscribe: Subscribe<'static>,
        kept: &mut Vec<Kept>,
    ) -> Result<(), Disconnect> {
        match self.subscriber.may_subscribe(&subscribe)? {
            Ok(Some(_)) if self.expiries.len() >= self.subscriber.node.settings().channels_max => {
                self.refuse(id, codes::LIMIT_EXCEEDED);
            }
            Ok(ttl) => {
                self.expiries.set(&subscribe.channel, ttl);
                subscribe.ttl = ttl;
                kept.push(Kept::call(id, Call::Subscribe(subscribe)));
            }
            Err(error) => self.refuse(id, error),
        }
        Ok(())
    }

    fn refresh(&mut self, id: u32, refresh: &SubRefresh<'_>) -> Result<(), Disconnect> {
        match self.subscriber.granted(&refresh.token, &refresh.channel)? {
            Ok(ttl) => {
                self.expiries.renew(&refresh.channel, ttl);
                self.say(Reply { id, body: Body::SubRefresh(Expiry::after(ttl)) });
            }
            Err(error) => self.refuse(id, error),
        }
        Ok(())
    }

    /// A subscription has ended: the session leaves, and the client hears why.
    fn end(&self, channel: &str) -> Option<Incoming> {
        let reason = Unsubscribed { code: codes::SUBSCRIPTION_EXPIRED, reason: "subscription expired" };
        let push = Push { channel: channel.into(), what: Pushed::Unsubscribe(reason) };
        self.say(Reply { id: 0, body: Body::Push(push) });
        let call = Call::Unsubscribe(OfChannel { channel: channel.to_owned().into() });
        self.hand_on(&[Kept::call(0, call)])
    }
}

/// Subscriptions that the token makes are commands of nobody's behind the `connect`.
fn connected(id: u32, mut connect: Connect<'static>, channels: Vec<String>, kept: &mut Vec<Kept>) {
    let at = kept.len();
    for channel in channels {
        let known = connect.subs.remove(channel.as_str());
        // what the client remembers of it is its position, no more
        let position = known.filter(|known| known.recover).unwrap_or_default();
        let Subscribe { recover, epoch, offset, .. } = position;
        let subscribe = Subscribe { channel: channel.into(), recover, epoch, offset, ..Subscribe::default() };
        kept.push(Kept::call(0, Call::Subscribe(subscribe)));
    }
    connect.token = "".into();
    kept.insert(at, Kept::call(id, Call::Connect(connect)));
}

impl Stream for Conversation {
    type Item = Incoming;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Incoming>> {
        loop {
            if let Some(looking) = &mut self.looking {
                let kept = ready!(looking.poll_unpin(cx));
                self.looking = None;
                match self.hand_on(&kept) {
                    Some(frame) => return Poll::Ready(Some(frame)),
                    None => continue,
                }
            }
            if let Some(first) = self.first.take() {
                let (frame, channels) = *first;
                if let Some(frame) = self.receive(&frame, Some(channels)) {
                    return Poll::Ready(Some(frame));
                }
                continue;
            }
            if let Poll::Ready(channel) = self.expiries.poll_ended(cx) {
                if let Some(leave) = self.end(&channel) {
                    return Poll::Ready(Some(leave));
                }
            }
            let frame = match ready!(self.incoming.poll_next_unpin(cx)) {
                Some(Incoming::Text(frame)) if self.format.opcode() == Opcode::Text => frame,
                Some(Incoming::Binary(frame)) if self.format.opcode() == Opcode::Binary => frame,
                Some(Incoming::Text(_) | Incoming::Binary(_)) => {
                    let Disconnect { code, reason } = codes::BAD_REQUEST_CLOSE;
                    self.outbox.close(code, reason);
                    continue;
                }
                ended => return Poll::Ready(ended),
            };
            if let Some(frame) = self.receive(&frame, None) {
                return Poll::Ready(Some(frame));
            }
        }
    }
}
