//! `hubwire doctor`: finds what keeps a cluster from working, or will, before its users do.
//!
//! Each part looks at one thing and says what it found: [`options`] at a configuration, wherever it is from,
//! [`machine`] at the files and limits of this machine, [`broker`] at Redis, [`cluster`] at what the nodes say of each
//! other, [`front`] at the way a client takes. Parts that only judge are functions without side effects; the others
//! change nothing but a probe key that every node writes, too.

mod broker;
mod certificate;
mod cluster;
mod finding;
mod front;
mod machine;
mod options;

pub use broker::examine as broker;
pub use cluster::{examine as cluster, settings};
pub use finding::{Finding, Grade, Report};
pub use front::{examine as front, Front};
pub use machine::examine as machine;
pub use options::{examine as options, Options};
