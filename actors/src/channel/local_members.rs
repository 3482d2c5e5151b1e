//! The sessions of this node in a channel. Most channels have few here, and there may be 100,000 channels: a hash map
//! takes 260 bytes for its first entry.

use crate::session_list::{OfSession, SessionList};
use crate::words::hub::LeaveChannel;
use hubwire_protocol::{MemberState, SessionId, UserId};

/// The state of a local session. The session waits for one answer at a time (see `session::membership`), but its end
/// may arrive at any time.
pub(super) enum MemberStage {
    /// The session is being entered into the cluster's list.
    Joining {
        /// The session's end, if it arrived meanwhile.
        left: Option<Box<LeaveChannel>>,
    },
    /// In the list and in the feed.
    Joined {
        /// The user of the session.
        user: UserId,
        /// The session's presence state, if it has set one.
        state: Option<MemberState>,
    },
}

/// The members, in the order of their arrival; see [`SessionList`].
#[derive(Default)]
pub(super) struct LocalMembers(SessionList<LocalMember, [LocalMember; 0]>);

struct LocalMember {
    session: SessionId,
    membership: MemberStage,
}

impl OfSession for LocalMember {
    fn session(&self) -> SessionId {
        self.session
    }
}

impl LocalMembers {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, session: SessionId) -> bool {
        self.0.find(session).is_some()
    }

    pub fn get(&self, session: SessionId) -> Option<&MemberStage> {
        self.0.find(session).map(|member| &member.membership)
    }

    pub fn get_mut(&mut self, session: SessionId) -> Option<&mut MemberStage> {
        self.0.find_mut(session).map(|member| &mut member.membership)
    }

    /// Sets the state of a session, which is added if it is new.
    pub fn set(&mut self, session: SessionId, membership: MemberStage) {
        match self.0.find_mut(session) {
            Some(member) => member.membership = membership,
            None => self.0.push(LocalMember { session, membership }),
        }
    }

    pub fn remove(&mut self, session: SessionId) -> Option<MemberStage> {
        self.0.remove(session).map(|member| member.membership)
    }

    pub fn iter(&self) -> impl Iterator<Item = (SessionId, &MemberStage)> {
        self.0.iter().map(|member| (member.session, &member.membership))
    }
}
