//! The presence state of a session in a channel.

use super::membership::{NewState, Wish};
use super::Session;
use crate::access::Capability;
use crate::mail;
use crate::words::hub::ShowState;
use hubwire_protocol::request::State;
use hubwire_protocol::{Address, ErrorCode, MemberState};

impl Session {
    /// Sets the state. The request waits for a join in flight, so that the client need not wait for the answer to its
    /// join.
    pub(super) fn state(&mut self, state: State, to: Option<&Address>, re: Option<&str>) {
        let Some(to) = self.allowed(Capability::Join, to, re) else { return };
        let State { state } = state;
        if !state.iter().all(|state| self.has_size(state, &to, re)) {
            return;
        }
        let shown = NewState { permit: self.accept(), re: re.map(Box::from), state };
        self.memberships.wish(&to, Wish::Show(shown));
        self.go_on(&to);
    }

    /// Whether a state is short enough; otherwise the client has been answered.
    pub(super) fn has_size(&self, state: &MemberState, to: &Address, re: Option<&str>) -> bool {
        let (bytes, max) = (state.as_str().len(), self.worker.node.settings().presence_state_bytes_max);
        if bytes > max {
            let message =
                format!("a state may have at most {max} bytes as JSON (presence.state_bytes); this one has {bytes}");
            self.refuse_at(ErrorCode::TooBig, &message, Some(to), re);
        }
        bytes <= max
    }

    pub(super) fn ask_to_show(&self, channel: &Address, shown: NewState) {
        let Some((hub, path, member)) = self.way_to(channel) else { return };
        let NewState { permit, re, state } = shown;
        mail::insist(&hub, ShowState { path, member, state, permit, re });
    }
}
