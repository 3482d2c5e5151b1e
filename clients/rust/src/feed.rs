//! Streams as the application holds them: an organisation's, a team's, a correspondent's, a channel's, the inbox, and
//! all of them together.

use crate::engine::{Acked, Buffer, Inner, Listed, Member, MemberState, Topic};
use crate::error::{Code, HubError};
use crate::event::{Event, Snapshot};
use crate::history::History;
use crate::hub::Hub;
use crate::outgoing::raw;
use crate::pages::read;
use crate::sent::Sent;
use crate::wire::Received;
use futures_util::Stream;
use hubwire_protocol::{Address, ErrorCode, Position, UserId};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

/// Events of one topic, from the moment it was made: read it with [`Feed::next`], or as a [`Stream`].
///
/// A feed holds 1,000 events. When it is full and somebody reads it, the client stops reading its socket until there is
/// room, and the node goes on from the log. One that nobody reads must not hold up the others: it becomes a single
/// [`Event::Gap`].
pub struct Feed {
    hub: Hub,
    buffer: Arc<Buffer>,
    address: Option<Address>,
}

impl Feed {
    pub(crate) fn new(hub: &Hub, topic: Topic, address: Option<Address>) -> Self {
        Feed { hub: hub.clone(), buffer: hub.inner().router.feed(topic), address }
    }

    /// The next event; `None` when nothing follows: the client ended, or the channel was left.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Sends here: to the stream this feed is of.
    pub fn send(&self, kind: &str, payload: &impl Serialize) -> Result<Sent, HubError> {
        self.hub.send(self.address()?, kind, payload)
    }

    /// Pages of what was said before, the newest first; each page is oldest first.
    pub fn history(&self) -> Result<History, HubError> {
        Ok(self.hub.history(self.address()?))
    }

    /// Tells the node how far this device came in the stream: here, or where the client is. It remembers it for a start
    /// with [`Start::Cursor`](crate::Start::Cursor).
    pub fn commit(&self, pos: Option<Position>) -> Result<(), HubError> {
        let stream = self.hub.stream_of(self.address()?)?;
        self.hub.inner().with(|core| core.commit(&stream, pos));
        Ok(())
    }

    fn address(&self) -> Result<&Address, HubError> {
        let none =
            || HubError::new(Code::Node(hubwire_protocol::ErrorCode::MissingAddress), "this feed is of no stream");
        self.address.as_ref().ok_or_else(none)
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let polled = ready!(self.buffer.poll(cx));
        Poll::Ready(polled.map(|(event, has_room_again)| {
            if has_room_again {
                self.hub.inner().room.notify_one();
            }
            event
        }))
    }
}

impl Stream for Feed {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.poll(cx)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        // the reader may wait for it
        self.hub.inner().room.notify_one();
    }
}

/// A channel while somebody looks at it: joined when it is made, left when the last handle of its address is dropped.
/// After a reconnect it is joined again, from its position.
pub struct Channel {
    feed: Feed,
    address: Address,
    membership: u64,
}

impl Channel {
    pub(crate) fn new(feed: Feed, address: Address, membership: u64) -> Self {
        Channel { feed, address, membership }
    }

    /// Its address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Waits for the answer to the first join; an error is the node's refusal.
    pub fn joined(&self) -> impl Future<Output = Result<(), HubError>> + Send + 'static {
        let answer = self.inner().with(|core| core.channels(|channels, _| channels.joined_or_refused(self.membership)));
        async { answer.await.unwrap_or_else(|_| Err(HubError::new(Code::Closed, "the client ended"))) }
    }

    /// Users that are there, this one included.
    pub fn members(&self) -> BTreeMap<UserId, Member> {
        self.inner()
            .with(|core| {
                core.channels(|channels, _| {
                    channels.presence(self.membership).map(|presence| presence.members().clone())
                })
            })
            .unwrap_or_default()
    }

    /// Whether [`Channel::members`] is as it was last known: there is no connection, or no list yet.
    pub fn is_stale(&self) -> bool {
        self.inner().with(|core| {
            core.channels(|channels, _| channels.presence(self.membership).is_none_or(|presence| presence.is_stale()))
        })
    }

    /// With [`ChannelOptions::snapshot`](crate::ChannelOptions::snapshot), as of the last join: what the node kept.
    pub fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.inner().with(|core| core.channels(|channels, _| channels.snapshot(self.membership)))
    }

    /// Takes a user out of the channel, and returns the number of its sessions there. Needs the right `kick`. The rules
    /// say whether the user may come back.
    pub async fn kick(&self, user: &UserId) -> Result<u64, HubError> {
        let text = self.inner().ask("@@hub/kick", Some(&self.address), Some(json!({ "user": user }))).await?;
        Ok(read::<Acked>(&text).sessions.unwrap_or_default())
    }

    /// Tells a user that it is invited here, once ([`Event::Invited`]); returns where that stands in its stream. It
    /// grants nothing. Needs the right `invite`.
    pub async fn invite(&self, user: &UserId) -> Result<Option<Position>, HubError> {
        let id = self.inner().with(|core| core.next_id());
        let payload = Some(json!({ "user": user }));
        let text = self.inner().ask_as(&id, "@@hub/invite", Some(&self.address), payload).await?;
        Ok(read::<Acked>(&text).pos)
    }

    /// Keeps this as the state of the channel at a position, by default what was delivered last, for those who join
    /// with a snapshot. Needs the right `manage`.
    pub async fn store_snapshot(&self, payload: &impl Serialize, pos: Option<Position>) -> Result<(), HubError> {
        let none =
            || HubError::new(Code::Node(ErrorCode::NotJoined), "join it first, or say at which position this is");
        let known = || self.inner().with(|core| core.streams.position(&self.address));
        let pos = pos.or_else(known).ok_or_else(none)?;
        let payload = json!({ "pos": pos, "payload": raw(payload)? });
        self.inner().ask("@@hub/snapshot", Some(&self.address), Some(payload)).await.map(drop)
    }

    /// Shows something to everybody in the channel, a cursor or what the user edits, instead of what was shown before;
    /// `None`: nothing. It is shown again after a reconnect. A refusal is an [`Event::Error`]; a node without the
    /// feature `presence_state` shows nothing.
    pub fn set_state(&self, state: Option<MemberState>) {
        self.inner().with(|core| core.channels(|channels, cx| channels.show(cx, self.membership, state)));
    }

    /// The next event of the channel: publications, gaps and who comes and goes.
    pub async fn next(&mut self) -> Option<Event> {
        self.feed.next().await
    }

    /// Sends to the channel.
    pub fn send(&self, kind: &str, payload: &impl Serialize) -> Result<Sent, HubError> {
        self.feed.send(kind, payload)
    }

    /// Tells whoever is here now, past the log. `false`: it was not sent.
    pub fn ephemeral(&self, kind: &str, payload: &impl Serialize) -> Result<bool, HubError> {
        self.feed.hub.ephemeral(&self.address, kind, payload)
    }

    /// Pages of what was said before.
    pub fn history(&self) -> History {
        self.feed.hub.history(&self.address)
    }

    fn inner(&self) -> &Arc<Inner> {
        self.feed.hub.inner()
    }
}

impl Stream for Channel {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.feed.poll(cx)
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.inner().with(|core| core.channels(|channels, cx| channels.release(cx, self.membership)));
    }
}

/// What goes between oneself and another user, from whatever session of either.
pub struct Direct {
    feed: Feed,
    user: UserId,
}

impl Direct {
    pub(crate) fn new(hub: &Hub, user: UserId) -> Self {
        let address = Some(Address::User(user.clone()));
        Direct { feed: Feed::new(hub, Topic::Direct(user.clone()), address), user }
    }

    /// The other user.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The next event.
    pub async fn next(&mut self) -> Option<Event> {
        self.feed.next().await
    }

    /// Writes to the other user.
    pub fn send(&self, kind: &str, payload: &impl Serialize) -> Result<Sent, HubError> {
        self.feed.send(kind, payload)
    }

    /// In how many sessions the other user is there.
    pub async fn sessions(&self) -> Result<usize, HubError> {
        let address = Address::User(self.user.clone());
        let text = self.feed.hub.inner().ask("@@hub/presence", Some(&address), None).await?;
        let received = Received::<Listed>::parse(&text);
        let listed = received.ok().and_then(|received| received.payload).unwrap_or_default();
        Ok(listed.sessions.unwrap_or_else(|| listed.users.iter().map(|named| named.member.sessions).sum()))
    }
}

impl Stream for Direct {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.feed.poll(cx)
    }
}
