//! The node as the HTTP API sees it: a trait, so that tests can replace it.

use crate::operator::Inspect;
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use hubwire_actors::backend::{Denial, DenialSubject, Entry, Erased, StoredEvent};
use hubwire_actors::denylist::Denied;
use hubwire_actors::identity::Identity;
use hubwire_actors::node::{Node, ServerPublish};
use hubwire_actors::words::cluster::SessionEntry;
use hubwire_actors::words::log_reader::PageStart;
use hubwire_actors::words::outcome::{MembersPage, Occupant, Refusal};
use hubwire_actors::words::rpc::{Brought, CallBody, LateReply};
use hubwire_actors::wrong_credentials::Attempt;
use hubwire_protocol::event::Ack;
use hubwire_protocol::{Address, CloseCode, Incarnation, Position, Profile, SessionId, UserId};
use std::net::IpAddr;
use std::time::Duration;

/// The outcome of a call.
pub type Answer<'a, T> = LocalBoxFuture<'a, Result<T, Refusal>>;

/// The node as its HTTP API sees it.
pub trait Cluster: Inspect {
    /// Stores a publication and notifies its receivers. Calls to one address are stored in the order in which their
    /// futures are first polled.
    fn publish(&self, publication: ServerPublish) -> Answer<'_, Ack>;

    /// The live sessions of a user, cluster-wide.
    fn sessions(&self, user: UserId) -> Answer<'_, Vec<SessionEntry>>;

    /// Members of a channel, with their numbers of sessions, of the whole cluster.
    fn members_page(&self, channel: Address, after: Option<UserId>, limit: usize) -> Answer<'_, MembersPage>;

    /// Whether a user is online, or when it was last seen.
    fn presence_of(&self, user: UserId) -> Answer<'_, Vec<Occupant>>;

    /// Replaces the profile of a user.
    fn set_profile(&self, user: UserId, profile: Profile) -> Answer<'_, ()>;

    /// Closes all sessions of a user. Returns how many sessions were asked.
    fn disconnect(&self, user: UserId, code: CloseCode) -> Answer<'_, usize>;

    /// Tells one session to close. `false`: its node is not alive.
    fn disconnect_session(&self, session: SessionId, code: CloseCode) -> Answer<'_, bool>;

    /// Calls one session and waits for its reply.
    fn call(&self, session: SessionId, body: CallBody, timeout: Duration) -> Answer<'_, Brought>;

    /// Answers an rpc of a session. `false`: its node is not alive.
    fn reply(&self, session: SessionId, reply: LateReply) -> Answer<'_, bool>;

    /// The oldest dead letters of server events, and their number.
    fn dead_events(&self, limit: usize) -> Answer<'_, (Vec<StoredEvent>, usize)>;

    /// Queues the oldest dead letters for delivery again. Returns how many.
    fn replay_events(&self, limit: usize) -> Answer<'_, usize>;

    /// Makes all sessions of a user join a channel, or removes them. Returns how many sessions were asked.
    fn place(&self, user: UserId, channel: Address, joined: bool) -> Answer<'_, usize>;

    /// Like `place`, but later sessions of the user join, too.
    fn place_for_good(&self, user: UserId, channel: Address) -> Answer<'_, usize>;

    /// Removes all members from a channel. Returns how many sessions were asked.
    fn empty(&self, channel: Address) -> Answer<'_, usize>;

    /// One page of a stream, oldest first, and whether there are more in its direction.
    fn history(&self, stream: Address, from: PageStart, limit: usize) -> Answer<'_, (Vec<Entry>, bool)>;

    /// Stores the snapshot of a channel, JSON.
    fn put_snapshot(&self, channel: Address, pos: Position, payload: Bytes) -> Answer<'_, Ack>;

    /// Removes publications of a stream, up to a position or all. Returns how many.
    fn purge(&self, stream: Address, up_to: Option<Position>) -> Answer<'_, usize>;

    /// Removes the stored data of a user, except its sessions.
    fn erase(&self, user: UserId) -> Answer<'_, Erased>;

    /// Denies a user, an address or tokens, and closes the affected sessions.
    fn deny(&self, denial: Denial) -> Answer<'_, ()>;

    /// Ends a denial early. Returns whether there was one.
    fn allow(&self, subject: DenialSubject) -> Answer<'_, bool>;

    /// All denials that have not expired.
    fn denials(&self) -> Answer<'_, Vec<Denial>>;

    /// The block of an address; `None`: it is not blocked.
    fn judge_address(&self, address: IpAddr) -> Option<Denied>;

    /// Counts wrong credentials of a client at this address, and says how they are answered.
    fn count_wrong_credentials(&self, address: IpAddr) -> Attempt;

    /// The block or revocation that keeps an identity from having a session; `None`: there is none.
    fn judge(&self, identity: &Identity) -> Option<Denied>;

    /// Asks a node to drain, once and without an answer.
    fn ask_to_drain(&self, node: Incarnation);

    /// Stores the content of a ticket under the digest of its text.
    fn put_ticket(&self, digest: String, content: Bytes, ttl: Duration) -> Answer<'_, ()>;

    /// One round trip to the broker.
    fn ping(&self) -> Answer<'_, ()>;

    /// Whether an actor without which the node cannot work has panicked.
    fn is_broken(&self) -> bool;
}

impl Cluster for Node {
    fn publish(&self, publication: ServerPublish) -> Answer<'_, Ack> {
        Box::pin(Node::publish(self, publication))
    }

    fn sessions(&self, user: UserId) -> Answer<'_, Vec<SessionEntry>> {
        Box::pin(Node::sessions(self, user))
    }

    fn members_page(&self, channel: Address, after: Option<UserId>, limit: usize) -> Answer<'_, MembersPage> {
        Box::pin(Node::members_page(self, channel, after, limit))
    }

    fn presence_of(&self, user: UserId) -> Answer<'_, Vec<Occupant>> {
        Box::pin(Node::presence_of(self, user))
    }

    fn set_profile(&self, user: UserId, profile: Profile) -> Answer<'_, ()> {
        Box::pin(Node::set_profile(self, user, profile))
    }

    fn disconnect(&self, user: UserId, code: CloseCode) -> Answer<'_, usize> {
        Box::pin(Node::disconnect(self, user, code))
    }

    fn disconnect_session(&self, session: SessionId, code: CloseCode) -> Answer<'_, bool> {
        Box::pin(Node::disconnect_session(self, session, code))
    }

    fn call(&self, session: SessionId, body: CallBody, timeout: Duration) -> Answer<'_, Brought> {
        Box::pin(Node::call(self, session, body, timeout))
    }

    fn reply(&self, session: SessionId, reply: LateReply) -> Answer<'_, bool> {
        Box::pin(Node::reply(self, session, reply))
    }

    fn dead_events(&self, limit: usize) -> Answer<'_, (Vec<StoredEvent>, usize)> {
        Box::pin(Node::dead_events(self, limit))
    }

    fn replay_events(&self, limit: usize) -> Answer<'_, usize> {
        Box::pin(Node::replay_events(self, limit))
    }

    fn place(&self, user: UserId, channel: Address, joined: bool) -> Answer<'_, usize> {
        Box::pin(Node::place(self, user, channel, joined))
    }

    fn place_for_good(&self, user: UserId, channel: Address) -> Answer<'_, usize> {
        Box::pin(Node::place_for_good(self, user, channel))
    }

    fn empty(&self, channel: Address) -> Answer<'_, usize> {
        Box::pin(Node::empty(self, channel))
    }

    fn history(&self, stream: Address, from: PageStart, limit: usize) -> Answer<'_, (Vec<Entry>, bool)> {
        Box::pin(Node::history(self, stream, from, limit))
    }

    fn put_snapshot(&self, channel: Address, pos: Position, payload: Bytes) -> Answer<'_, Ack> {
        Box::pin(Node::put_snapshot(self, channel, pos, payload))
    }

    fn purge(&self, stream: Address, up_to: Option<Position>) -> Answer<'_, usize> {
        Box::pin(Node::purge(self, stream, up_to))
    }

    fn erase(&self, user: UserId) -> Answer<'_, Erased> {
        Box::pin(Node::erase(self, user))
    }

    fn deny(&self, denial: Denial) -> Answer<'_, ()> {
        Box::pin(Node::deny(self, denial))
    }

    fn allow(&self, subject: DenialSubject) -> Answer<'_, bool> {
        Box::pin(Node::allow(self, subject))
    }

    fn denials(&self) -> Answer<'_, Vec<Denial>> {
        Box::pin(Node::denials(self))
    }

    fn judge_address(&self, address: IpAddr) -> Option<Denied> {
        Node::judge_address(self, address)
    }

    fn count_wrong_credentials(&self, address: IpAddr) -> Attempt {
        Node::count_wrong_credentials(self, address)
    }

    fn judge(&self, identity: &Identity) -> Option<Denied> {
        Node::judge(self, identity)
    }

    fn ask_to_drain(&self, node: Incarnation) {
        Node::ask_to_drain(self, node);
    }

    fn put_ticket(&self, digest: String, content: Bytes, ttl: Duration) -> Answer<'_, ()> {
        Box::pin(Node::put_ticket(self, digest, content, ttl))
    }

    fn ping(&self) -> Answer<'_, ()> {
        Box::pin(Node::ping(self))
    }

    fn is_broken(&self) -> bool {
        self.vital().is_broken()
    }
}
