//! What few sessions have, and those for moments: whom it watches, what it waits for, what it did wrong.
//!
//! There are as many sessions as there are sockets, so all of it is one allocation, made for the first that is needed.

use super::abuse::Persistence;
use super::asked::Asked;
use super::bad_frames::BadFrames;
use super::calls::Calls;
use super::entering::Refreshing;
use super::flows::Paced;
use super::membership::JoinRequest;
use super::watched::Watching;
use bytes::Bytes;
use hubwire_protocol::Address;

/// See the module.
#[derive(Default)]
pub(super) struct Seldom(Option<Box<Parts>>);

/// Boxed where it is large, since a session that has one of them seldom has the others.
#[derive(Default)]
pub(super) struct Parts {
    /// Whom it watches.
    pub watched: Option<Box<Watching>>,
    /// How often it sent what is no action.
    pub bad_frames: BadFrames,
    /// That it is refused for its rate, and goes on.
    pub persistence: Option<Box<Persistence>>,
    /// Ephemeral actions that are told at a pace.
    pub paced: Paced,
    /// New credentials, while they take effect.
    pub refreshing: Option<Box<Refreshing>>,
    /// Questions to and from the application that wait for their answer.
    pub calls: Calls,
    /// What the application is asked about.
    pub asked: Option<Box<Asked>>,
    /// Joins that wait for the past of their channels, one per channel.
    pub preparing: Vec<(Address, JoinRequest)>,
    /// What is left of a frame whose actions wait for the welcome or for new credentials.
    pub rest: Option<Rest>,
}

/// A frame and the first of its requests that was not done.
pub(super) struct Rest {
    pub frame: Bytes,
    pub from: usize,
}

impl Seldom {
    /// To look something up, or to take it.
    pub fn get(&self) -> Option<&Parts> {
        self.0.as_deref()
    }

    /// As [`Seldom::get`].
    pub fn get_mut(&mut self) -> Option<&mut Parts> {
        self.0.as_deref_mut()
    }

    /// To put something there.
    pub fn need(&mut self) -> &mut Parts {
        self.0.get_or_insert_default()
    }
}
