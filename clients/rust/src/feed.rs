//! Feeds: the events of an organisation, a team, another user, a channel, the inbox, or of all of them.

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

/// The events of one topic, starting when the feed is created: read it with [`Feed::next`], or as a [`Stream`].
///
///  A feed buffers 1,000 events. If it is full and somebody reads it, the client stops reading its socket until there
///  is room (backpressure), and the node continues from the log later. A feed that nobody reads must not hold up the
///  others: its events are replaced with a single [`Event::Gap`].
pub struct Feed {
    hub: Hub,
    buffer: Arc<Buffer>,
    address: Option<Address>,
}

impl Feed {
    pub(crate) fn new(hub: &Hub, topic: Topic, address: Option<Address>) -> Self {
        Feed { hub: hub.clone(), buffer: hub.inner().router.feed(topic), address }
    }

    /// The next event; `None` at the end: the client has ended, or left the channel.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Sends an action to the stream of this feed.
    pub fn send(&self, kind: &str, payload: &impl Serialize) -> Result<Sent, HubError> {
        self.hub.send(self.address()?, kind, payload)
    }

    /// Pages of the stream's history, newest page first; each page is oldest first.
    pub fn history(&self) -> Result<History, HubError> {
        Ok(self.hub.history(self.address()?))
    }

    /// Stores on the node how far this device has processed the stream: up to `pos`, or to the last publication
    /// delivered. The stored cursor is used by [`Start::Cursor`](crate::Start::Cursor).
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

/// A channel that the client is in: joined when the first handle of its address is created, left when the last one is
/// dropped. After a reconnect it is joined again and resumed from its position.
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

    /// The users in the channel, including this one.
    pub fn members(&self) -> BTreeMap<UserId, Member> {
        self.inner()
            .with(|core| {
                core.channels(|channels, _| {
                    channels.presence(self.membership).map(|presence| presence.members().clone())
                })
            })
            .unwrap_or_default()
    }

    /// Whether [`Channel::members`] may be outdated: there is no connection, or no list yet.
    pub fn is_stale(&self) -> bool {
        self.inner().with(|core| {
            core.channels(|channels, _| channels.presence(self.membership).is_none_or(|presence| presence.is_stale()))
        })
    }

    /// With [`ChannelOptions::snapshot`](crate::ChannelOptions::snapshot): the stored state as of the last join.
    pub fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.inner().with(|core| core.channels(|channels, _| channels.snapshot(self.membership)))
    }

    /// Takes a user out of the channel, and returns the number of its sessions there. Requires the right `kick`.
    /// Whether the user may join again depends on the access rules.
    pub async fn kick(&self, user: &UserId) -> Result<u64, HubError> {
        let text = self.inner().ask("@@hub/kick", Some(&self.address), Some(json!({ "user": user }))).await?;
        Ok(read::<Acked>(&text).sessions.unwrap_or_default())
    }

    /// Sends a user an invitation to this channel, stored once ([`Event::Invited`]); returns its position in that
    /// user's stream. It grants no access. Requires the right `invite`.
    pub async fn invite(&self, user: &UserId) -> Result<Option<Position>, HubError> {
        let id = self.inner().with(|core| core.next_id());
        let payload = Some(json!({ "user": user }));
        let text = self.inner().ask_as(&id, "@@hub/invite", Some(&self.address), payload).await?;
        Ok(read::<Acked>(&text).pos)
    }

    /// Stores the state of the channel at a position, by default that of the last publication delivered, for clients
    /// that join with a snapshot. Requires the right `manage`.
    pub async fn store_snapshot(&self, payload: &impl Serialize, pos: Option<Position>) -> Result<(), HubError> {
        let none =
            || HubError::new(Code::Node(ErrorCode::NotJoined), "join it first, or say at which position this is");
        let known = || self.inner().with(|core| core.streams.position(&self.address));
        let pos = pos.or_else(known).ok_or_else(none)?;
        let payload = json!({ "pos": pos, "payload": raw(payload)? });
        self.inner().ask("@@hub/snapshot", Some(&self.address), Some(payload)).await.map(drop)
    }

    /// Sets the user's state in the channel, for example a cursor or what the user edits; `None` removes it. The client
    /// sets it again after a reconnect. A refusal is reported as [`Event::Error`]; nodes without the feature
    /// `presence_state` ignore it.
    pub fn set_state(&self, state: Option<MemberState>) {
        self.inner().with(|core| core.channels(|channels, cx| channels.show(cx, self.membership, state)));
    }

    /// The next event of the channel: publications, gaps, and joins and leaves.
    pub async fn next(&mut self) -> Option<Event> {
        self.feed.next().await
    }

    /// Sends an action to the channel.
    pub fn send(&self, kind: &str, payload: &impl Serialize) -> Result<Sent, HubError> {
        self.feed.send(kind, payload)
    }

    /// Sends to the current members without storing it in the log. `false`: it was not sent.
    pub fn ephemeral(&self, kind: &str, payload: &impl Serialize) -> Result<bool, HubError> {
        self.feed.hub.ephemeral(&self.address, kind, payload)
    }

    /// Pages of the channel's history.
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

/// The direct messages between this user and another one, from any session of either.
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

    /// Sends a message to the other user.
    pub fn send(&self, kind: &str, payload: &impl Serialize) -> Result<Sent, HubError> {
        self.feed.send(kind, payload)
    }

    /// The number of sessions that the other user has.
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
