//! What operators see: each node answers for itself, and the node that is asked puts the answers together.
//!
//! [`Facts`] is what a node knows of itself without asking anybody, [`Question`] what nodes ask each other, and [`ask`]
//! puts one question to all of them. Nothing is kept at the broker for operators, and nothing is counted that was not
//! counted before: a cluster nobody looks at does no work for it.

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
