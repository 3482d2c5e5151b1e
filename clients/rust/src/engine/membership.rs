//! One channel of a client, and what its handles share.

use super::desk::Desk;
use super::presence::{Difference, MemberState, Presence};
use crate::channel_options::ChannelOptions;
use crate::error::HubError;
use crate::event::{Event, PresenceChange, Snapshot};
use hubwire_protocol::Address;
use std::sync::Arc;
use tokio::sync::oneshot;

/// One channel: the node is asked once, however many handles there are.
pub struct Membership {
    /// Its address.
    pub address: Address,
    /// Handles of the application's; at none it is left.
    pub handles: usize,
    /// Whether it is what the user looks at.
    pub is_view: bool,
    /// How it is joined.
    pub wish: ChannelOptions,
    /// What the node kept of it, as of the last join that asked.
    pub snapshot: Option<Arc<Snapshot>>,
    /// What this client shows there, on each connection anew.
    pub state: Option<MemberState>,
    /// Members.
    pub presence: Presence,
    /// Whether the first join was answered.
    pub is_joined: bool,
    /// Callers that wait for that.
    pub waiting: Vec<oneshot::Sender<Result<(), HubError>>>,
}

impl Membership {
    /// One without handles, which nobody has joined.
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

    /// Tells the application who came and went, or that the list is stale.
    pub fn tell(&self, desk: &mut Desk, difference: Difference) {
        let Difference { joined, left, changed } = difference;
        let (channel, stale) = (self.address.clone(), self.presence.is_stale());
        desk.tell(Event::Presence(PresenceChange { channel, joined, left, changed, stale }));
    }

    /// The first join was answered.
    pub fn joined(&mut self) {
        self.is_joined = true;
        for waiting in self.waiting.drain(..) {
            // who waited may have gone
            let _ = waiting.send(Ok(()));
        }
    }

    /// It ends; callers that wait for the join get the reason.
    pub fn end(self, why: &HubError) {
        for waiting in self.waiting {
            // who waited may have gone
            let _ = waiting.send(Err(why.clone()));
        }
    }
}
