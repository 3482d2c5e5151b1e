//! One channel of a client, shared by its handles.

use super::desk::Desk;
use super::presence::{Difference, MemberState, Presence};
use crate::channel_options::ChannelOptions;
use crate::error::HubError;
use crate::event::{Event, PresenceChange, Snapshot};
use hubwire_protocol::Address;
use std::sync::Arc;
use tokio::sync::oneshot;

/// One channel: it is joined once, however many handles there are.
pub struct Membership {
    /// Its address.
    pub address: Address,
    /// Number of the application's handles; at 0 the channel is left.
    pub handles: usize,
    /// Whether it is the view.
    pub is_view: bool,
    /// The options for joining it.
    pub wish: ChannelOptions,
    /// The stored snapshot, as of the last join that requested it.
    pub snapshot: Option<Arc<Snapshot>>,
    /// The user's state in it, set again on each connection.
    pub state: Option<MemberState>,
    /// The members.
    pub presence: Presence,
    /// Whether the first join was answered.
    pub is_joined: bool,
    /// Callers that wait for that answer.
    pub waiting: Vec<oneshot::Sender<Result<(), HubError>>>,
}

impl Membership {
    /// A membership without handles that is not joined yet.
    pub fn new(address: &Address, is_view: bool, wish: ChannelOptions) -> Self {
        Membership {
            address: address.clone(),
            handles: 0,
            is_view,
            wish,
            snapshot: None,
            state: None,
            presence: Presence::new(),
            is_joined: false,
            waiting: Vec::new(),
        }
    }

    /// Reports joins and leaves to the application, or that the list is stale.
    pub fn tell(&self, desk: &mut Desk, difference: Difference) {
        let Difference { joined, left, changed } = difference;
        let (channel, stale) = (self.address.clone(), self.presence.is_stale());
        desk.tell(Event::Presence(PresenceChange { channel, joined, left, changed, stale }));
    }

    /// The first join was answered.
    pub fn joined(&mut self) {
        self.is_joined = true;
        for waiting in self.waiting.drain(..) {
            // the caller may be gone
            let _ = waiting.send(Ok(()));
        }
    }

    /// Ends the membership; callers that wait for the join receive the reason.
    pub fn end(self, why: &HubError) {
        for waiting in self.waiting {
            // the caller may be gone
            let _ = waiting.send(Err(why.clone()));
        }
    }
}
