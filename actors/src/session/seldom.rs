//! State that few sessions have, and only temporarily: watches, waiting requests, faults.
//!
//! There are as many sessions as sockets, so all of this state is one allocation, made when the first part is needed.

use super::abuse::Persistence;
use super::asked::HookQuestions;
use super::bad_frames::BadFrames;
use super::calls::Calls;
use super::entering::Refreshing;
use super::flows::Paced;
use super::membership::JoinRequest;
use super::watched::Watches;
use bytes::Bytes;
use hubwire_protocol::Address;

/// The optional state; see the module.
#[derive(Default)]
pub(super) struct Seldom(Option<Box<SeldomParts>>);

/// Large parts are boxed, because a session with one of them seldom has the others.
#[derive(Default)]
pub(super) struct SeldomParts {
    /// The watched users and organisations.
    pub watched: Option<Box<Watches>>,
    /// Malformed frames.
    pub bad_frames: BadFrames,
    /// Refusals because of the rate limit while the client continues to send.
    pub persistence: Option<Box<Persistence>>,
    /// Paced ephemeral actions.
    pub paced: Paced,
    /// New credentials, while they take effect.
    pub refreshing: Option<Box<Refreshing>>,
    /// Pending calls to and from the application.
    pub calls: Calls,
    /// Hooks in flight, and their cached answers.
    pub asked: Option<Box<HookQuestions>>,
    /// Joins that wait for the past of their channels, one per channel.
    pub preparing: Vec<(Address, JoinRequest)>,
    /// The rest of a frame whose actions wait for the welcome or for new credentials.
    pub rest: Option<Rest>,
}

/// A frame and the first of its requests that was not carried out.
pub(super) struct Rest {
    pub frame: Bytes,
    pub from: usize,
}

impl Seldom {
    /// The state, if there is any, for reading or removing.
    pub fn get(&self) -> Option<&SeldomParts> {
        self.0.as_deref()
    }

    /// Like [`Seldom::get`].
    pub fn get_mut(&mut self) -> Option<&mut SeldomParts> {
        self.0.as_deref_mut()
    }

    /// The state, for adding to it; allocates it if needed.
    pub fn need(&mut self) -> &mut SeldomParts {
        self.0.get_or_insert_default()
    }
}
