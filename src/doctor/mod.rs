//! `hubwire doctor`: finds present and future faults of a cluster before its users do.
//!
//! Each part checks one subject: [`options`] a configuration from any source, [`machine`] the files and limits of this
//! machine, [`broker`] Redis, [`cluster`] the nodes' reports about each other, [`front`] a client's connection. Parts
//! that only judge are functions without side effects; the others write nothing but a probe key, which nodes also
//! write.

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
