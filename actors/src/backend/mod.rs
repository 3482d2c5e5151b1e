//! What a node needs from a broker, by subject: logs, topics, the directory, membership, profiles, watching, cursors,
//! tickets, the denylist and leases. A type that implements all of them is a [`Backend`], and has to pass the
//! conformance suite. [`open`] is the only place that knows all backends.
//!
//! A backend lives on the node's core thread and is not `Send`; every method starts its work at once, in call order,
//! and returns a future of the outcome. Dropping the future does not undo the work.
//!
//! # Streams
//! A stream is the ordered log of an address. Its positions grow: the first publication of a log that does not exist
//! gets the broker's clock in Unix milliseconds as `seq`, each further one `seq + 1`. A log that expired, or was lost
//! with its broker's data, therefore continues above its former positions (unless it had taken more than 1,000
//! publications per second over its whole life). The broker in memory counts from one instead, above a number that
//! starts with the process. `prev` links each publication to the one before it.

mod affiliations;
mod channel_snapshots;
mod cursors;
mod denylist;
mod directory;
mod erasure;
mod events;
mod health;
mod leases;
mod log;
mod membership;
pub mod memory;
pub mod open;
mod people;
mod persistent;
pub mod plain;
mod profiles;
mod pubsub;
pub mod redis;
mod reply;
mod server_events;
mod tickets;
mod watching;

pub use crate::retention::Retention;
pub use affiliations::Affiliations;
pub use channel_snapshots::{ChannelSnapshot, ChannelSnapshots};
pub use cursors::{CursorLimits, Cursors, CURSORS_MAX};
pub use denylist::{Denial, DenialSubject, Denials, Denylist, IfKnown, DENIALS_MAX};
pub use directory::{Attach, AttachOutcome, Directory, DirectoryEntry, SessionPolicy, LAST_SEEN_TTL};
pub use erasure::{Erased, Erasure};
pub use events::{Events, QueueOutcome};
pub use health::{Health, STORES_NOTHING};
pub use leases::{Lease, Leases, Live, Reaped, RenewLease, Renewal, Terms};
pub use log::{
    Append, AppendDirect, Appended, Deposit, DirectAppended, DirectPart, Entry, Holder, IdempotencyKey, Log, Range,
    Share,
};
pub use membership::{ChannelMembership, JoinOutcome, Joining, Member, Members, Placement, Roster, Shown};
pub use people::{ChangeRelation, People, RelationChanged};
pub use persistent::PersistentMembership;
pub use profiles::Profiles;
pub use pubsub::{BackendEvent, Topics};
pub use reply::{BackendError, Reply};
pub use server_events::{EventSubject, ServerEventSettings, ServerEvents, StoredEvent, TakenEvents, PARTITIONS};
pub use tickets::Tickets;
pub use watching::{Watching, WATCH_TTL};

/// The broker as one node sees it.
pub trait Backend:
    Log
    + Topics
    + Directory
    + Affiliations
    + People
    + ChannelMembership
    + PersistentMembership
    + Profiles
    + Watching
    + Cursors
    + Erasure
    + ChannelSnapshots
    + Tickets
    + Denylist
    + Leases
    + ServerEvents
    + Health
{
}

impl<B> Backend for B where
    B: Log
        + Topics
        + Directory
        + Affiliations
        + People
        + ChannelMembership
        + PersistentMembership
        + Profiles
        + Watching
        + Cursors
        + Erasure
        + ChannelSnapshots
        + Tickets
        + Denylist
        + Leases
        + ServerEvents
        + Health
{
}
