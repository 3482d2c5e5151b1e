//! Going on where the client was: per stream, from the position it gives or the one its device acknowledged.

use super::membership::JoinRequest;
use super::{Session, SessionContext};
use crate::access::{may, Capability};
use crate::mail;
use crate::words::answer::Pending;
use crate::words::outcome::Refusal;
use crate::words::session as messages;
use crate::words::{hub, presence};
use hubwire_protocol::control::Resume;
use hubwire_protocol::{Address, ErrorCode, Position};
use std::collections::BTreeMap;

impl Session {
    pub(super) fn resume(&mut self, resume: Resume, re: Option<&str>) {
        self.resume_positions(resume.positions, re);
    }

    /// Streams without a position wait for the cursors of the device.
    pub(super) fn resume_positions(&mut self, positions: BTreeMap<Address, Option<Position>>, re: Option<&str>) {
        let Some(identity) = self.identity.clone() else { return };
        for stream in positions.keys() {
            if let Err(denial) = may(&identity, &self.worker.node.settings().policy, Capability::Read, stream) {
                return self.refuse(denial.code(), &format!("{stream}: {}", denial.reason()), re);
            }
        }
        if positions.values().all(Option::is_some) {
            return self.resume_known(positions, re);
        }
        let Some(device) = identity.device.clone().filter(|_| self.waiting_resume.is_none()) else {
            let message = "a position of null needs a device, and one such resume at a time";
            return self.refuse(ErrorCode::BadPayload, message, re);
        };
        self.waiting_resume = Some(Box::new(positions));
        let pending = Pending::new(self.accept(), re);
        let find = presence::FindCursors { user: identity.user.clone(), device, pending };
        if let Err(find) = mail::offer(self.worker.node.presence(), find) {
            find.pending.cursors(Err(Refusal::overloaded()));
        }
    }

    pub(super) fn cursors_found(&mut self, message: messages::CursorsFound, _: &mut SessionContext) {
        let messages::CursorsFound { permit: _permit, re, cursors } = message;
        let Some(mut positions) = self.waiting_resume.take() else { return };
        let re = re.as_deref();
        match cursors {
            Ok(cursors) => {
                for (stream, position) in positions.iter_mut().filter(|(_, position)| position.is_none()) {
                    let cursor = cursors.iter().find(|(of, _)| of == stream).map(|(_, position)| *position);
                    // a device that never acknowledged anything has seen nothing
                    *position = Some(cursor.unwrap_or(Position::START));
                }
                self.resume_known(*positions, re);
            }
            Err(refusal) => self.pass_on(&refusal, re),
        }
    }

    fn resume_known(&mut self, positions: BTreeMap<Address, Option<Position>>, re: Option<&str>) {
        let Some(identity) = self.identity.clone() else { return };
        for (stream, after) in positions.into_iter().filter_map(|(stream, after)| Some((stream, after?))) {
            let Some(member) = self.member(&identity.user) else { return };
            let id = re.map(Box::from);
            let told = match &stream {
                Address::User(_) => mail::tell(self.worker.node.presence(), presence::Resume { member, after, re: id }),
                Address::Channel(..) => {
                    self.wish_join(
                        &stream,
                        JoinRequest { resume: Some(after), presence: true, re: id, as_resume: true },
                    );
                    Ok(())
                }
                Address::Org(org) | Address::Team(org, _) => match self.hub(org) {
                    Some(hub) => mail::tell(&hub, hub::Resume { stream, member, after, re: id }),
                    None => {
                        self.refuse(ErrorCode::Forbidden, "connect again to take part in that organisation", re);
                        Ok(())
                    }
                },
                Address::Session(_) => Ok(()), // has no stream; refused before
            };
            // a client may ask as often as it likes: what finds no room is not waited for
            if told.is_err() {
                self.refuse(ErrorCode::Overloaded, "the node is busy; resume again", re);
            }
        }
    }
}
