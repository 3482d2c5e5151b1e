//! Notes in the broker which organisations local users are in, where who may reach them depends on it.

use super::Presence;
use crate::access::reach::KEPT;
use crate::words::presence::NoteOrgs;
use actix::prelude::*;
use hubwire_protocol::{OrgId, UserId};

impl Presence {
    pub(super) fn note_orgs(&mut self, message: NoteOrgs, _: &mut Context<Self>) {
        self.note(message.user, message.orgs);
    }

    /// What is asked of the broker after this is judged by it.
    /// Without it the user is harder to reach, until the next login.
    pub(super) fn note(&self, user: UserId, orgs: Vec<OrgId>) {
        let noted = self.core.backend.note_orgs(user, orgs, KEPT);
        actix::spawn(async move {
            if let Err(error) = noted.await {
                log::warn!("cannot note the organisations of a user error={error}");
            }
        });
    }
}
