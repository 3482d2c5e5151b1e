//! Between a socket and its session: handles the parts of commands that only the connection knows.
//!
//! A command that breaks the protocol ends the connection, a subscription is checked against its token and its
//! channel's name, and a position that needs a look-up in the log gets it. The remaining commands go on to the session,
//! in order; nothing is read during a look-up.

use super::bearers::Bearers;
use super::beginning::{Beginning, Connects, ServerSub};
use super::deltas::Deltas;
use super::expiry::Expiries;
use super::infos::Infos;
use super::kept::{assemble, Kept};
use super::shared::Centrifuge;
use super::subscribing::{Allowance, Subscriber};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, Stream, StreamExt};
use hubwire_actors::outbox::{Incoming, Offer, Outbox};
use hubwire_protocol::centrifuge::codes::{self, Disconnect};
use hubwire_protocol::centrifuge::command::{Command, Connect, OfChannel, SubRefresh, Subscribe};
use hubwire_protocol::centrifuge::reply::{Body, Expiry, Push, Pushed, Reply, Unsubscribed};
use hubwire_protocol::centrifuge::{Begun, Call, Channels, Format, Standing};
use hubwire_protocol::dialect::WireProtocol;
use hubwire_protocol::frame::Opcode;
use hubwire_protocol::Address;
use std::borrow::Cow;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

/// The conversation of one connection; see the module.
pub(super) struct Conversation<S> {
    incoming: S,
    outbox: Rc<dyn Outbox>,
    format: Format,
    subscriber: Subscriber,
    expiries: Expiries,
    bearers: Bearers,
    infos: Infos,
    deltas: Option<Rc<Deltas>>,
    /// The first frame and what goes with it, until they were handled.
    first: Option<Box<(Bytes, Connects)>>,
    /// A frame with positions that are being looked up.
    looking: Option<LocalBoxFuture<'static, Result<Vec<Kept>, Disconnect>>>,
}

/// The verdict on a frame.
enum Judged {
    /// These commands go on to the session.
    On(Vec<Kept>),
    /// The connection ends.
    Over(Disconnect),
}

impl<S> Conversation<S> {
    pub fn new(centrifuge: Arc<Centrifuge>, beginning: Beginning, outbox: Rc<dyn Outbox>, incoming: S) -> Self {
        let Beginning { node, format, user, orgs, channels, info, data, key, deltas, frame } = beginning;
        let subscriber = Subscriber { centrifuge, node, user, orgs };
        let infos = Infos::new(info);
        let begun = Begun { key, data: data.map(Into::into), ..Begun::default() };
        let first = Some(Box::new((frame, Connects { channels, begun })));
        let (expiries, bearers) = (Expiries::default(), Bearers::default());
        Conversation { incoming, outbox, format, subscriber, expiries, bearers, infos, deltas, first, looking: None }
    }

    fn say(&self, reply: Reply<'_>) {
        // the client asks without reading the answers
        if self.outbox.offer_reply(&self.format.frame(&[reply])) == Offer::Full {
            self.close(codes::SLOW);
        }
    }

    /// Checks a frame and passes it on, at once or when its positions are known.
    fn receive(&mut self, frame: &Bytes, connects: Option<Connects>) -> Option<Incoming> {
        match self.judge(frame, connects) {
            Judged::On(kept) => {
                if kept.iter().any(|one| self.subscriber.has_to_look(one)) {
                    let (subscriber, format, outbox) = (self.subscriber.clone(), self.format, self.outbox.clone());
                    self.looking = Some(async move { subscriber.look(kept, format, &*outbox).await }.boxed_local());
                    return None;
                }
                self.hand_on(&kept)
            }
            Judged::Over(disconnect) => {
                self.close(disconnect);
                None
            }
        }
    }

    fn close(&self, Disconnect { code, reason }: Disconnect) {
        self.outbox.close(code, reason);
    }

    fn hand_on(&self, kept: &[Kept]) -> Option<Incoming> {
        let frame = assemble(self.format, kept)?;
        Some(match self.format.opcode() {
            Opcode::Binary => Incoming::Binary(frame),
            _ => Incoming::Text(frame),
        })
    }

    /// `connects`: this is the first frame.
    fn judge(&mut self, frame: &Bytes, mut connects: Option<Connects>) -> Judged {
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
        connects: &mut Option<Connects>,
        kept: &mut Vec<Kept>,
    ) -> Result<(), Disconnect> {
        let Command { id, call } = command;
        let Some(call) = call else {
            // the answer to a ping; with an id it would be a command without a request
            return if id == 0 && self.outbox.take_pinged() { Ok(()) } else { Err(codes::BAD_REQUEST_CLOSE) };
        };
        if matches!(call, Call::Send) {
            return Err(codes::NOT_AVAILABLE_CLOSE);
        }
        if id == 0 || call.channel().is_some_and(str::is_empty) {
            return Err(codes::BAD_REQUEST_CLOSE);
        }
        match call {
            Call::Connect(connect) => {
                let connects = connects.take().ok_or(codes::BAD_REQUEST_CLOSE)?;
                self.connected(id, connect.into_owned(), connects, kept);
            }
            Call::Subscribe(subscribe) => self.subscribe(id, subscribe.into_owned(), kept)?,
            Call::Publish(mut publish) => {
                let info = self.infos.of(&publish.channel);
                match (info, &publish.info) {
                    (None, None) => kept.push(Kept::AsItCame(as_it_came)),
                    (info, _) => {
                        publish.info = info.map(Into::into);
                        kept.push(Kept::call(id, Call::Publish(publish.into_owned())));
                    }
                }
            }
            Call::History(history) => kept.push(Kept::call(id, Call::History(history.into_owned()))),
            Call::SubRefresh(refresh) => self.refresh(id, &refresh)?,
            Call::Unsubscribe(OfChannel { channel }) => {
                self.expiries.forget(&channel);
                self.bearers.forget(&channel);
                self.infos.forget(&channel);
                self.deltas.iter().for_each(|deltas| deltas.ask(id, &channel, false));
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
        let channels_max = self.subscriber.node.settings().channels_max;
        match self.subscriber.may_subscribe(&subscribe)? {
            Ok(Allowance { bearer: Some(_), .. }) if self.bearers.len() >= channels_max => {
                kept.push(Kept::refused(id, codes::LIMIT_EXCEEDED));
            }
            Ok(Allowance { ttl, info, bearer }) => {
                self.expiries.set(&subscribe.channel, ttl);
                self.bearers.set(&subscribe.channel, bearer);
                subscribe.ttl = ttl;
                self.infos.set(&subscribe.channel, info);
                subscribe.info = self.shown(&subscribe.channel);
                match &self.deltas {
                    Some(deltas) => deltas.settle(id, &mut subscribe, channels_max),
                    None => subscribe.delta = "".into(),
                }
                kept.push(Kept::call(id, Call::Subscribe(subscribe)));
            }
            Err(error) => kept.push(Kept::refused(id, error)),
        }
        Ok(())
    }

    fn refresh(&mut self, id: u32, refresh: &SubRefresh<'_>) -> Result<(), Disconnect> {
        match self.subscriber.granted(&refresh.token, &refresh.channel)? {
            Ok(Allowance { ttl, bearer, .. }) => {
                self.expiries.renew(&refresh.channel, ttl);
                self.bearers.renew(&refresh.channel, bearer);
                self.say(Reply { id, body: Body::SubRefresh(Expiry::after(ttl)) });
            }
            Err(error) => self.say(Reply { id, body: Body::Error(error) }),
        }
        Ok(())
    }

    /// The client's info in a channel, if it is within the size limit.
    fn shown(&self, channel: &str) -> Option<Cow<'static, str>> {
        let bytes_max = self.subscriber.node.settings().presence_state_bytes_max;
        self.infos.of(channel).filter(|info| info.len() <= bytes_max).map(Cow::Owned)
    }

    /// Subscriptions by the token are added as commands without an id after the `connect`. Only the client's positions
    /// in them are taken over; other subscriptions that it claims to have are ignored.
    fn connected(&mut self, id: u32, mut connect: Connect<'static>, connects: Connects, kept: &mut Vec<Kept>) {
        let Connects { channels, mut begun } = connects;
        let remembered = std::mem::take(&mut connect.subs);
        let own = Address::User(self.subscriber.user.clone());
        let personal = Channels::installed().name(&own);
        let recovered = personal.and_then(|name| remembered.get_key_value(name.as_str()).filter(|(_, it)| it.recover));
        connect.subs = recovered.map(|(name, it)| (name.clone(), it.clone())).into_iter().collect();
        connect.token = "".into();
        let at = kept.len();
        for ServerSub { channel, info, data } in channels {
            if self.subscriber.readable(&channel).is_none_or(|it| it.channel().is_none()) {
                log::debug!("a token subscribes its client to no channel of its organisations channel={channel:?}");
                continue;
            }
            let position = remembered.get(channel.as_str()).filter(|known| known.recover).cloned().unwrap_or_default();
            let Subscribe { recover, epoch, offset, .. } = position;
            self.infos.set(&channel, info);
            let info = self.shown(&channel);
            let standing = Standing { data: data.map(Into::into), ..Standing::default() };
            begun.subs.insert(channel.clone(), standing);
            let subscribe = Subscribe { channel: channel.into(), recover, epoch, offset, info, ..Subscribe::default() };
            kept.push(Kept::call(0, Call::Subscribe(subscribe)));
        }
        connect.begun = Some(begun).filter(|begun| *begun != Begun::default());
        kept.insert(at, Kept::call(id, Call::Connect(connect)));
    }

    /// A subscription has ended: the session leaves the channel, and the client, which may come back, is told why.
    fn end(&mut self, channel: &str, reason: &'static str) -> Option<Incoming> {
        self.expiries.forget(channel);
        self.bearers.forget(channel);
        let reason = Unsubscribed { code: codes::SUBSCRIPTION_EXPIRED, reason };
        let push = Push { channel: channel.into(), what: Pushed::Unsubscribe(reason) };
        self.say(Reply { id: 0, body: Body::Push(push) });
        let call = Call::Unsubscribe(OfChannel { channel: channel.to_owned().into() });
        self.hand_on(&[Kept::call(0, call)])
    }
}

impl<S: Stream<Item = Incoming> + Unpin> Stream for Conversation<S> {
    type Item = Incoming;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Incoming>> {
        loop {
            if let Some(looking) = &mut self.looking {
                let looked = ready!(looking.poll_unpin(cx));
                self.looking = None;
                match looked.map(|kept| self.hand_on(&kept)) {
                    Ok(Some(frame)) => return Poll::Ready(Some(frame)),
                    Ok(None) => {}
                    Err(disconnect) => self.close(disconnect),
                }
                continue;
            }
            if let Some(first) = self.first.take() {
                let (frame, connects) = *first;
                if let Some(frame) = self.receive(&frame, Some(connects)) {
                    return Poll::Ready(Some(frame));
                }
                continue;
            }
            let this = &mut *self;
            let expired = this.expiries.poll_ended(cx);
            if let Poll::Ready(Some(leave)) = expired.map(|of| this.end(&of, "subscription expired")) {
                return Poll::Ready(Some(leave));
            }
            let revoked = this.bearers.poll_revoked(&this.subscriber.node, cx);
            if let Poll::Ready(Some(leave)) = revoked.map(|of| this.end(&of, "subscription token revoked")) {
                return Poll::Ready(Some(leave));
            }
            let frame = match ready!(self.incoming.poll_next_unpin(cx)) {
                Some(Incoming::Text(frame)) if self.format.opcode() == Opcode::Text => frame,
                Some(Incoming::Binary(frame)) if self.format.opcode() == Opcode::Binary => frame,
                Some(Incoming::Text(_) | Incoming::Binary(_)) => {
                    self.close(codes::BAD_REQUEST_CLOSE);
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
