//! Going on where the client was: per stream, from the position it gives or the one its device acknowledged.

use super::{Session, SessionContext};
use crate::access::{may, Capability};
use crate::mail;
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
        if self.waiting_resume.is_some() || !self.ask_cursors(re) {
            let message = "a position of null needs a device, and one such resume at a time";
            return self.refuse(ErrorCode::BadPayload, message, re);
        }
        self.waiting_resume = Some(Box::new(positions));
        self.sent();
    }

    pub(super) fn cursors_found(&mut self, message: messages::CursorsFound, _: &mut SessionContext) {
        self.answered_one();
        let Some(mut positions) = self.waiting_resume.take() else { return };
        let re = message.re.as_deref();
        match message.cursors {
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
                    self.join_channel(&stream, Some(after), true, re, true);
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
