//! Checks subscriptions, and looks up their start positions.

use super::credentials::{Granted, NotGranted};
use super::kept::Kept;
use super::positions;
use super::shared::Centrifuge;
use hubwire_actors::identity::Identity;
use hubwire_actors::node::Node;
use hubwire_actors::outbox::Outbox;
use hubwire_protocol::centrifuge::codes::{self, Disconnect};
use hubwire_protocol::centrifuge::command::{Command, History, Since, Subscribe, REJECT_UNRECOVERED};
use hubwire_protocol::centrifuge::reply::{Body, Reply};
use hubwire_protocol::centrifuge::{offset_of, Call, Channels, Epoch, Format, Standing};
use hubwire_protocol::{Address, OrgId, Position, UserId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The client of a connection.
#[derive(Clone)]
pub(super) struct Subscriber {
    pub centrifuge: Arc<Centrifuge>,
    pub node: Node,
    pub user: UserId,
    pub orgs: Vec<OrgId>,
}

/// The result of looking up a command's start position.
enum Begins {
    /// It needed one, which was looked up.
    Done(Kept),
    /// It needs none.
    Not(Kept),
}

/// The rights of a client in a channel.
#[derive(Default)]
pub(super) struct Allowance {
    /// The lifetime of its token in seconds, if it expires.
    pub ttl: Option<u32>,
    /// The client's info in its token, as JSON.
    pub info: Option<Box<str>>,
    /// The bearer of its token, if it has one.
    pub bearer: Option<Identity>,
}

/// The rights, or the error for the command. A token of another channel or user ends the connection.
type Allowed = Result<Result<Allowance, codes::Error>, Disconnect>;

impl Subscriber {
    /// Whether the client may subscribe, apart from the session's access rules.
    pub fn may_subscribe(&self, subscribe: &Subscribe<'_>) -> Allowed {
        if !subscribe.token.is_empty() {
            return self.granted(&subscribe.token, &subscribe.channel);
        }
        let channels = Channels::installed();
        // the dialect answers an invalid name
        let Ok(address) = channels.address(&subscribe.channel) else { return Ok(Ok(Allowance::default())) };
        if address.channel().is_some_and(|(org, _)| !self.orgs.contains(org)) {
            return Ok(Err(codes::UNKNOWN_CHANNEL));
        }
        let allowed = match subscribe.channel.rsplit_once('#') {
            Some((_, users)) if address.channel().is_some() => users.split(',').any(|user| user == self.user.as_str()),
            _ => channels.options(&address).subscribe || address.channel().is_none(),
        };
        Ok(if allowed { Ok(Allowance::default()) } else { Err(codes::PERMISSION_DENIED) })
    }

    /// The rights of a token in a channel.
    pub fn granted(&self, token: &str, channel: &str) -> Allowed {
        match self.centrifuge.grant(token, channel, &self.user) {
            // the session closes a blocked user; a client with a revoked token may get a new one
            Ok(granted) if self.node.judge(&granted.bearer).is_some() => Ok(Err(codes::TOKEN_EXPIRED)),
            Ok(Granted { expires_at, info, bearer }) => {
                let left = expires_at.map(|at| at.saturating_sub(self.centrifuge.now_s()));
                let ttl = left.map(|left| u32::try_from(left).unwrap_or(u32::MAX));
                Ok(Ok(Allowance { ttl, info, bearer: Some(bearer) }))
            }
            Err(NotGranted::Expired) => Ok(Err(codes::TOKEN_EXPIRED)),
            Err(NotGranted::Unreadable) => Ok(Err(codes::PERMISSION_DENIED)),
            Err(NotGranted::Invalid) => Err(codes::INVALID_TOKEN),
        }
    }

    /// Whether a command has a position that needs a look-up in the log.
    pub fn has_to_look(&self, kept: &Kept) -> bool {
        match kept {
            Kept::Changed(Command { id, call: Some(Call::Subscribe(it)) }) => {
                *id == 0
                    || positions::is_anchored(it)
                    || (it.recover && (it.flag & REJECT_UNRECOVERED != 0 || self.is_cached(&it.channel)))
            }
            Kept::Changed(Command { call: Some(Call::Connect(it)), .. }) => !it.subs.is_empty(),
            Kept::Changed(Command { call: Some(Call::History(it)), .. }) => it.since.is_some(),
            _ => false,
        }
    }

    /// Looks them up. A command whose position is gone, and which accepts no other, is answered and dropped. If a
    /// connection's own subscriptions cannot be looked up, it ends.
    pub async fn look(&self, kept: Vec<Kept>, format: Format, outbox: &dyn Outbox) -> Result<Vec<Kept>, Disconnect> {
        let mut found = Vec::with_capacity(kept.len());
        let mut subs = BTreeMap::new();
        for one in kept {
            let one = match self.begin(one, &mut subs).await.map_err(|_| codes::SERVER_ERROR)? {
                Begins::Done(one) => {
                    found.push(one);
                    continue;
                }
                Begins::Not(one) => one,
            };
            let Kept::Changed(Command { id, call: Some(call) }) = one else {
                found.push(one);
                continue;
            };
            let is_subscription = matches!(call, Call::Subscribe(_));
            match self.settle(call).await {
                Ok(call) => found.push(Kept::call(id, call)),
                Err(error) if is_subscription => found.push(Kept::refused(id, error)),
                // the session cuts a client that does not read
                Err(error) => drop(outbox.offer_reply(&format.frame(&[Reply { id, body: Body::Error(error) }]))),
            }
        }
        if let Some(Kept::Changed(Command { call: Some(Call::Connect(connect)), .. })) = found.first_mut() {
            let begun = connect.begun.get_or_insert_default();
            let known = std::mem::replace(&mut begun.subs, subs);
            for (channel, Standing { data, .. }) in known {
                begun.subs.entry(channel).and_modify(|it| it.data = data);
            }
        }
        Ok(found)
    }

    /// Looks up the start of a subscription by the server, or of those within a `connect`.
    async fn begin(&self, one: Kept, subs: &mut BTreeMap<String, Standing>) -> Result<Begins, codes::Error> {
        match one {
            Kept::Changed(Command { id: 0, call: Some(Call::Subscribe(it)) }) => {
                let it = self.stand(it, subs).await?;
                Ok(Begins::Done(Kept::call(0, Call::Subscribe(it))))
            }
            Kept::Changed(Command { id, call: Some(Call::Connect(mut connect)) }) => {
                for (channel, subscription) in std::mem::take(&mut connect.subs) {
                    let it = self.stand(Subscribe { channel: channel.clone(), ..subscription }, subs).await?;
                    connect.subs.insert(channel, it);
                }
                Ok(Begins::Done(Kept::call(id, Call::Connect(connect))))
            }
            other => Ok(Begins::Not(other)),
        }
    }

    /// It starts at the client's position, otherwise at the top of the log; the answer to `connect` tells which.
    async fn stand(
        &self,
        mut it: Subscribe<'static>,
        subs: &mut BTreeMap<String, Standing>,
    ) -> Result<Subscribe<'static>, codes::Error> {
        let mut standing = Standing { was_recovering: it.recover, ..Standing::default() };
        let stream = self.readable(&it.channel);
        if let Some(stream) = stream.filter(|stream| Channels::installed().options(stream).recover) {
            let found = match it.recover {
                true => self.resume(&stream, &it).await?,
                false => None,
            };
            let at = match found {
                Some(at) => at,
                None => positions::top(&self.node, &stream).await.map_err(|refusal| codes::Error::of(refusal.code))?,
            };
            (it.recover, it.offset, it.epoch) = (true, offset_of(at), exact(at));
            let epoch = Epoch::at(at).to_string();
            standing = Standing { epoch, offset: offset_of(at), recovered: found.is_some(), ..standing };
        } else {
            it.recover = false;
        }
        subs.insert(it.channel.to_string(), standing);
        Ok(it)
    }

    async fn settle(&self, call: Call<'static>) -> Result<Call<'static>, codes::Error> {
        Ok(match call {
            Call::Subscribe(it) => Call::Subscribe(self.settle_subscription(it).await?),
            Call::History(mut history) => {
                history.since = self.settle_since(&history).await?;
                Call::History(history)
            }
            call => call,
        })
    }

    async fn settle_subscription(&self, mut subscribe: Subscribe<'static>) -> Result<Subscribe<'static>, codes::Error> {
        let Some(stream) = self.readable(&subscribe.channel).filter(|_| subscribe.recover) else {
            return Ok(subscribe);
        };
        match self.resume(&stream, &subscribe).await? {
            Some(at) => (subscribe.offset, subscribe.epoch) = (offset_of(at), exact(at)),
            None if subscribe.flag & REJECT_UNRECOVERED != 0 => return Err(codes::UNRECOVERABLE_POSITION),
            // the session reports that it is gone
            None => (subscribe.offset, subscribe.epoch) = (offset_of(NOWHERE), exact(NOWHERE)),
        }
        Ok(subscribe)
    }

    /// The position from which a subscription continues; `None`: the requested one is gone.
    async fn resume(&self, stream: &Address, it: &Subscribe<'_>) -> Result<Option<Position>, codes::Error> {
        let known = self.find(stream, it.offset, &it.epoch).await?;
        if !Channels::installed().options(stream).cache {
            return Ok(known);
        }
        let newest = positions::newest(&self.node, stream).await.map_err(|refusal| codes::Error::of(refusal.code))?;
        // a client that has the newest publication gets nothing, any other gets that one
        Ok(newest.map(|newest| if known == Some(newest.pos) { newest.pos } else { newest.prev }))
    }

    fn is_cached(&self, channel: &str) -> bool {
        self.readable(channel).is_some_and(|stream| Channels::installed().options(&stream).cache)
    }

    async fn settle_since(&self, history: &History<'_>) -> Result<Option<Since<'static>>, codes::Error> {
        let Some(since) = &history.since else { return Ok(None) };
        let Some(stream) = self.readable(&history.channel) else { return Ok(None) };
        match self.find(&stream, since.offset, &since.epoch).await? {
            Some(position) => Ok(Some(Since { offset: offset_of(position), epoch: exact(position) })),
            None => Err(codes::UNRECOVERABLE_POSITION),
        }
    }

    /// A channel whose log may be read for this client: one of its organisations. The session checks the right to read.
    pub fn readable(&self, channel: &str) -> Option<Address> {
        let address = Channels::installed().address(channel).ok()?;
        let is_own = match &address {
            Address::User(user) => *user == self.user,
            address => address.org().is_some_and(|org| self.orgs.contains(org)),
        };
        is_own.then_some(address)
    }

    async fn find(&self, stream: &Address, offset: u64, epoch: &str) -> Result<Option<Position>, codes::Error> {
        let found = positions::find(&self.node, stream, offset, epoch).await;
        found.map_err(|refusal| codes::Error::of(refusal.code))
    }
}

/// A position that no log holds, because positions start far above.
const NOWHERE: Position = Position { seq: 1, nonce: 0 };

/// An epoch that contains the whole position.
fn exact(position: Position) -> std::borrow::Cow<'static, str> {
    match position {
        Position::START => Epoch::at(position).to_string().into(),
        position => Epoch::of(position).to_string().into(),
    }
}
