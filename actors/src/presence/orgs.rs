//! Stores the organisations of local users in the broker, if it is configured that their reachability depends on them.

use super::Presence;
use crate::access::reach::KEPT;
use crate::context::Context;
use crate::words::presence::NoteOrgs;
use hubwire_protocol::{OrgId, UserId};

impl Presence {
    pub(super) fn note_orgs(&mut self, message: NoteOrgs, _: &mut Context<Self>) {
        self.note(message.user, message.orgs);
    }

    /// Later calls to the broker are judged by it. If it fails, fewer users can reach this one until the next login.
    pub(super) fn note(&self, user: UserId, orgs: Vec<OrgId>) {
        let noted = self.core.backend.note_orgs(user, orgs, KEPT);
        actix::spawn(async move {
            if let Err(error) = noted.await {
                log::warn!("cannot store the organisations of a user error={error}");
            }
        });
    }
}
