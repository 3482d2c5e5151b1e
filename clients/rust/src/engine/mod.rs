//! The implementation: state without I/O (`core` and its parts), and the task that connects it to sockets and time
//! (`driver`, `session`).

mod answers;
mod backoff;
mod channels;
mod context;
mod core;
mod cursor;
mod desk;
mod driver;
mod errand;
mod errands;
mod following;
mod inbound;
mod inner;
mod joining;
mod limits;
mod liveness;
mod membership;
mod org_watches;
mod outbox;
mod pace;
pub mod presence;
mod router;
mod sender;
#[cfg(test)]
mod sender_tests;
mod sending;
mod session;
mod streams;
mod watches;
mod ways;

pub use answers::{Acked, Listed, Membership, Welcome};
pub use channels::Channels;
pub use context::Context;
pub use driver::run;
pub use inner::Inner;
pub use org_watches::OrgWatching;
pub use presence::{Member, MemberState, Members, Profile};
pub use router::{Buffer, Topic};
pub use sender::{Encoded, Waiting};
pub use watches::{Watched, Watching};
