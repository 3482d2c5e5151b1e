//! The channels a session is in, and the view its user has open.

use super::{MemberRef, Session, SessionContext};
use crate::access::Capability;
use crate::mail;
use crate::words::bridge::{PublishEphemeral, PublishTopic};
use crate::words::hub::{HubPort, JoinChannel, LeaveChannel};
use crate::words::session as messages;
use hubwire_protocol::control::{channel_of, Join, Left, ServerControl};
use hubwire_protocol::{Address, ErrorCode, OrgId, Position};
use std::sync::Arc;

/// How far a join has come.
pub(super) enum Place {
    /// The channel was asked.
    Joining {
        /// Publications to it that wait until the session is in.
        held: Vec<Held>,
    },
    /// It is in.
    Joined,
}

/// The channels of a session, a handful.
#[derive(Default)]
pub(super) struct Places(Vec<(Address, Place)>);

impl Places {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn get_mut(&mut self, channel: &Address) -> Option<&mut Place> {
        self.0.iter_mut().find(|(of, _)| of == channel).map(|(_, place)| place)
    }

    /// Adds a channel that is not among them.
    fn add(&mut self, channel: Address, place: Place) {
        self.0.reserve_exact(1); // most sessions are in one
        self.0.push((channel, place));
    }

    fn remove(&mut self, channel: &Address) -> Option<Place> {
        let at = self.0.iter().position(|(of, _)| of == channel)?;
        Some(self.0.swap_remove(at).1)
    }
}

/// A publication that waits for a join.
pub(super) enum Held {
    /// To be stored.
    Append(PublishTopic),
    /// In no log.
    Ephemeral(PublishEphemeral),
}

impl Session {
    pub(super) fn join(&mut self, join: Join, to: Option<&Address>, re: Option<&str>) {
        let Some(to) = self.allowed(Capability::Join, to, re) else { return };
        self.join_channel(&to, join.pos, join.presence, re, false);
    }

    /// Asks the channel's hub. Everything that was checked before is checked: membership, address, kind.
    pub(super) fn join_channel(
        &mut self,
        to: &Address,
        resume: Option<Position>,
        presence: bool,
        re: Option<&str>,
        as_resume: bool,
    ) {
        let Some(identity) = self.identity.clone() else { return };
        let Some((org, path)) = channel_of(to) else { return };
        let max = self.worker.node.settings().channels_max;
        let known = self.channels.get_mut(to).is_some();
        if self.channels.len() >= max && !known {
            let message = format!("a session may be in {max} channels; leave one first");
            return self.refuse(ErrorCode::TooManyChannels, &message, re);
        }
        let (Some(hub), Some(member)) = (self.hub(org), self.member(&identity.user)) else {
            // the token was refreshed with an organisation this connection did not begin with
            return self.refuse(ErrorCode::Forbidden, "connect again to take part in that organisation", re);
        };
        if !known {
            self.channels.add(to.clone(), Place::Joining { held: Vec::new() });
        }
        let re = re.map(Box::from);
        mail::insist(&hub, JoinChannel { path: path.clone(), member, resume, presence, re, as_resume });
        self.sent();
    }

    pub(super) fn joined(&mut self, message: messages::Joined, _: &mut SessionContext) {
        self.answered_one();
        if let Some(place) = self.channels.get_mut(&message.channel) {
            let before = std::mem::replace(place, Place::Joined);
            self.release_held(before);
        }
    }

    /// Sends what waited for a join, in order.
    fn release_held(&mut self, place: Place) {
        let Place::Joining { held } = place else { return };
        for one in held {
            if self.send_held(one).is_err() {
                self.answered_one();
                self.refuse(ErrorCode::Overloaded, "the node is busy; nothing was stored", None);
            }
        }
    }

    pub(super) fn join_failed(&mut self, message: messages::JoinFailed, _: &mut SessionContext) {
        self.answered_one();
        if let Some(place) = self.channels.remove(&message.channel) {
            self.release_held(place); // publishing needs no membership in the channel
        }
        self.view.take_if(|view| **view == message.channel);
        self.pass_on(&message.refusal, message.re.as_deref());
    }

    pub(super) fn leave(&mut self, to: Option<&Address>, re: Option<&str>) {
        let Some(to) = self.allowed(Capability::Join, to, re) else { return };
        let Some(place) = self.channels.remove(&to) else {
            return self.refuse(ErrorCode::NotJoined, "the session is not in that channel", re);
        };
        self.release_held(place);
        self.view.take_if(|view| **view == to);
        let left = ServerControl::Left(Left::default());
        let reply = self.codec.control(&left, Some(&to), re);
        self.leave_channel(&to, Some(reply));
    }

    fn leave_channel(&self, to: &Address, reply: Option<bytes::Bytes>) {
        let Some(identity) = &self.entered_as else { return };
        let (Some((org, path)), Some(member)) = (channel_of(to), self.member(&identity.user)) else { return };
        if let Some(hub) = self.hub(org) {
            mail::insist(&hub, LeaveChannel { path: path.clone(), member, reply, over: false });
        }
    }

    /// Leaves the channel viewed before and joins this one, in one step; without an address it only leaves.
    pub(super) fn view(&mut self, join: Join, to: Option<&Address>, re: Option<&str>) {
        let to = match to {
            Some(to) => match self.allowed(Capability::Join, Some(to), re) {
                Some(to) => Some(to),
                None => return, // nothing changes: the old view stays
            },
            None => None,
        };
        if let Some(old) = self.view.take().filter(|old| Some(&**old) != to.as_ref()) {
            if let Some(place) = self.channels.remove(&old) {
                self.release_held(place);
            }
            self.leave_channel(&old, None);
        }
        match to {
            Some(to) => {
                self.view = Some(Box::new(to.clone()));
                self.join_channel(&to, join.pos, join.presence, re, false);
            }
            None => self.reply(&ServerControl::Left(Left::default()), None, re),
        }
    }

    /// The session is over.
    pub(super) fn leave_all(&mut self, member: &MemberRef) {
        for (address, _) in std::mem::take(&mut self.channels).0 {
            let Some((org, path)) = channel_of(&address) else { continue };
            if let Some(hub) = self.hub(org) {
                let leave = LeaveChannel { path: path.clone(), member: member.clone(), reply: None, over: true };
                mail::insist(&hub, leave);
            }
        }
    }

    pub(super) fn hub(&self, org: &OrgId) -> Option<Arc<dyn HubPort>> {
        self.hubs.iter().find(|(of, _)| of == org).map(|(_, hub)| hub.clone())
    }
}
