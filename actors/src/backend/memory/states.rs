//! The presence states of a user's sessions in a channel.

use hubwire_protocol::{MemberState, SessionId};

/// The newest first; it is the user's state. Most users have none.
#[allow(clippy::box_collection)] // eight bytes of every place in a channel instead of 24
#[derive(Debug, Default, Clone)]
pub(super) struct States(Option<Box<Vec<(SessionId, MemberState)>>>);

impl States {
    /// The user's state.
    pub(super) fn shown(&self) -> Option<&MemberState> {
        self.0.as_deref().and_then(|states| states.first()).map(|(_, state)| state)
    }

    /// The states of all sessions.
    pub(super) fn each(&self) -> impl Iterator<Item = &(SessionId, MemberState)> {
        self.0.as_deref().into_iter().flatten()
    }

    /// Sets the state of a session, which becomes the newest.
    pub(super) fn set(&mut self, session: SessionId, state: Option<MemberState>) {
        self.keep(|of| of != session);
        if let Some(state) = state {
            self.0.get_or_insert_default().insert(0, (session, state));
        }
    }

    /// Removes the states of sessions for which `keep` is false.
    pub(super) fn keep(&mut self, keep: impl Fn(SessionId) -> bool) {
        if let Some(states) = &mut self.0 {
            states.retain(|(session, _)| keep(*session));
        }
        self.0.take_if(|states| states.is_empty());
    }

    /// A session without a state takes over the state of one that has ended.
    pub(super) fn take_over(&mut self, session: SessionId, is_there: impl Fn(SessionId) -> bool) {
        let Some(states) = &mut self.0 else { return };
        if states.iter().any(|(of, _)| *of == session) {
            return;
        }
        if let Some(at) = states.iter().position(|(of, _)| !is_there(*of)) {
            let state = states[at].1.clone();
            states.insert(at, (session, state));
        }
    }
}
