//! The broker as a node of a simulation sees it: every call goes over the node's [`Link`].

use crate::link::{Lane, Link};
use crate::sabotage::Sabotage;
use bytes::Bytes;
use futures_util::FutureExt;
use hubwire_actors::access::within::Within;
use hubwire_actors::backend::*;
use hubwire_actors::retention::StreamRetention;
use hubwire_actors::words::relation::Relation;
use hubwire_protocol::conversations::ReadUpTo;
use hubwire_protocol::{Address, DeviceId, Incarnation, MemberState, OrgId, Position, Profile, SessionId, UserId};
use std::rc::Rc;
use std::time::Duration;

/// See the module.
pub struct LinkedBackend {
    pub link: Rc<Link>,
    /// The bug that was planted.
    pub sabotage: Sabotage,
}

/// Passes each call on by its name.
macro_rules! over_the_link {
    ($($lane:ident: $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)+) => {$(
        fn $name(&self, $($argument: $type),*) -> Reply<$result> {
            self.link.call(Lane::$lane, stringify!($name), move |backend| backend.$name($($argument),*))
        }
    )+};
}

impl Log for LinkedBackend {
    over_the_link! {
        Query: finish_outbox(user: UserId, keep: StreamRetention) -> Vec<(UserId, DirectPart, Entry)>;
        Query: read(stream: Address, after: Position, limit: usize, bytes_max: usize) -> Range;
        Query: history(stream: Address, before: Option<Position>, limit: usize, bytes_max: usize) -> Vec<Entry>;
        Query: history_after(stream: Address, after: Position, limit: usize, bytes_max: usize) -> Vec<Entry>;
        Query: length(stream: Address) -> usize;
        Query: tops(streams: Vec<Address>) -> Vec<Position>;
    }

    fn append(&self, mut append: Append) -> Reply<Appended> {
        match self.sabotage {
            Sabotage::Unstored if append.nonce.is_multiple_of(8) => {
                let (nonce, stream) = (append.nonce, append.stream);
                let answer = move |tops: Vec<Position>| {
                    let prev = tops.first().copied().unwrap_or(Position::START);
                    Appended { pos: Position { seq: prev.seq + 1, nonce }, prev, duplicate: false, first_ts: None }
                };
                return self.link.call(Lane::Append, "append", move |backend| {
                    backend.tops(vec![stream]).map(move |tops| tops.map(answer)).boxed_local()
                });
            }
            Sabotage::Forgetful => append.idempotency = None,
            _ => {}
        }
        self.link.call(Lane::Append, "append", move |backend| backend.append(append))
    }

    fn append_direct(&self, mut append: AppendDirect, tell: bool) -> Reply<DirectAppended> {
        if self.sabotage == Sabotage::NoCopy && append.nonce.is_multiple_of(4) {
            append.from = None;
        }
        self.link.call(Lane::Append, "append_direct", move |backend| backend.append_direct(append, tell))
    }
}

impl Topics for LinkedBackend {
    over_the_link! {
        Query: subscribe(topic: Address) -> ();
        Query: unsubscribe(topic: Address) -> ();
        Query: publish_topic(topic: Address, message: Bytes) -> ();
        Query: publish_node(node: Incarnation, message: Bytes) -> bool;
    }
}

impl Directory for LinkedBackend {
    over_the_link! {
        Query: attach(attach: Attach) -> AttachOutcome;
        Query: last_seen(users: Vec<UserId>) -> Vec<Option<u64>>;
        Query: sessions(user: UserId) -> Vec<DirectoryEntry>;
        Query: placed() -> Vec<Placement>;
    }

    fn detach(&self, user: UserId, session: SessionId) -> Reply<()> {
        if self.sabotage == Sabotage::Ghosts {
            return futures_util::future::ready(Ok(())).boxed_local();
        }
        self.link.call(Lane::Query, "detach", move |backend| backend.detach(user, session))
    }
}

impl Affiliations for LinkedBackend {
    over_the_link! {
        Query: note_orgs(user: UserId, orgs: Vec<OrgId>, keep: Duration) -> ();
        Query: reaches(user: UserId, within: Within) -> bool;
    }
}

impl People for LinkedBackend {
    over_the_link! {
        Query: change_relation(change: ChangeRelation) -> RelationChanged;
        Query: people(user: UserId) -> Vec<(UserId, Relation)>;
        Query: mark_read(user: UserId, read: ReadUpTo, marks_max: usize, keep: Duration) -> bool;
        Query: read_marks(user: UserId) -> Vec<(UserId, Position)>;
    }
}

impl ChannelMembership for LinkedBackend {
    over_the_link! {
        Query: join(joining: Joining) -> JoinOutcome;
        Query: set_state(channel: Address, member: Member, state: Option<MemberState>) -> bool;
        Query: depart(channel: Address, member: Member, live: Vec<Incarnation>, grace: Duration) -> ();
        Query: tell_joined(channel: Address, user: UserId) -> ();
        Query: tell_left(live: Vec<Incarnation>, limit: usize) -> usize;
        Query: roster(channel: Address, users_max: usize) -> Roster;
        Query: members(channel: Address) -> Members;
    }
}

impl PersistentMembership for LinkedBackend {
    over_the_link! {
        Query: keep_membership(user: UserId, channel: Address, max: usize) -> bool;
        Query: end_membership(user: UserId, channel: Address) -> bool;
        Query: kept_memberships(user: UserId) -> Vec<Address>;
    }
}

impl Profiles for LinkedBackend {
    over_the_link! {
        Query: set_profile(user: UserId, profile: Profile, keep: Duration) -> ();
        Query: profiles(users: Vec<UserId>) -> Vec<Profile>;
    }
}

impl Watching for LinkedBackend {
    over_the_link! {
        Query: watch(users: Vec<UserId>) -> ();
        Query: unwatch(users: Vec<UserId>) -> ();
    }
}

impl Cursors for LinkedBackend {
    over_the_link! {
        Query: put_cursors(
            user: UserId, device: DeviceId, positions: Vec<(Address, Position)>, limits: CursorLimits
        ) -> ();
        Query: cursors(user: UserId, device: DeviceId) -> Vec<(Address, Position)>;
    }
}

impl Erasure for LinkedBackend {
    over_the_link! {
        Query: purge(stream: Address, up_to: Option<Position>) -> usize;
        Query: erase(user: UserId) -> Erased;
    }
}

impl ChannelSnapshots for LinkedBackend {
    over_the_link! {
        Query: put_snapshot(channel: Address, snapshot: ChannelSnapshot, keep: Duration) -> bool;
        Query: snapshot(channel: Address) -> Option<ChannelSnapshot>;
    }
}

impl Tickets for LinkedBackend {
    over_the_link! {
        Query: put_ticket(digest: String, content: Bytes, ttl: Duration) -> ();
        Query: has_ticket(digest: String) -> bool;
        Query: take_ticket(digest: String) -> Option<Bytes>;
    }
}

impl Denylist for LinkedBackend {
    over_the_link! {
        Query: deny(denial: Denial, if_known: IfKnown) -> bool;
        Query: allow(subject: DenialSubject) -> bool;
        Query: denials() -> Denials;
    }
}

impl Leases for LinkedBackend {
    over_the_link! {
        Query: renew_lease(ttl: Duration) -> Lease;
        Query: live() -> Live;
        Query: leases() -> Vec<(Incarnation, Duration)>;
        Query: expired(grace: Duration) -> Vec<Incarnation>;
        Query: reap(expired: Incarnation, live: Vec<Incarnation>, limit: usize, grace: Duration) -> Reaped;
        Query: set_label(label: String) -> ();
        Query: labels(incarnations: Vec<Incarnation>) -> Vec<Option<String>>;
        Query: release_lease() -> ();
    }
}

impl Health for LinkedBackend {
    over_the_link! {
        Query: ping() -> ();
        Query: advice() -> Vec<String>;
    }
}

impl ServerEvents for LinkedBackend {
    over_the_link! {
        Query: take_events(partition: u8, hold: Duration, limit: usize, bytes_max: usize) -> Option<TakenEvents>;
        Query: settle_events(partition: u8, place: String) -> bool;
        Query: bury_events(partition: u8, place: String) -> bool;
        Query: release_events(partition: u8) -> ();
        Query: dead_events(limit: usize) -> (Vec<StoredEvent>, usize);
        Query: replay_events(limit: usize) -> usize;
    }
}
