//! The messages between actors: one file per actor with all that can be sent to it, and the parts of those messages.
//!
//! Nothing here names an actor. A message goes through a [`port`], and only the code that starts an actor knows which
//! one is behind it; so the actors need not know each other, and a test can replace any of them.

pub mod action_class;
pub mod answer;
pub mod beginning;
pub mod bridge;
pub mod budgets;
pub mod channel;
pub mod cluster;
pub mod delivery;
pub mod feed;
pub mod frames;
pub mod hooks;
pub mod hub;
pub mod ids;
pub mod in_flight;
pub mod last_heard;
pub mod log_reader;
pub mod member;
pub mod network;
pub mod outcome;
pub mod pacing;
pub mod payer;
pub mod people;
pub mod persistent;
pub mod port;
pub mod presence;
pub mod present;
pub mod receivers;
pub mod relation;
pub mod roster;
pub mod rpc;
pub mod session;
pub mod status;
pub mod watchers;
pub mod wshub;
