//! The operator's view: each node answers for itself, and the node that an operator asks merges the answers.
//!
//! [`Facts`] describe a node, nodes ask each other [`Question`]s, and [`ask`] sends one question to all of them. The
//! broker stores nothing for operators, and there are no extra counters: a cluster that nobody looks at does no work
//! for this.

pub mod ask;
mod facts;
mod inspect;
pub mod live_channels;
mod question;
mod series;
pub mod watch;

pub use facts::{Facts, Setting};
pub use inspect::{Inspect, Seen};
pub use question::{Question, SettingOf};
pub use series::{Point, Rates, Sample, Series, EVERY};
pub use watch::Watch;
