//! Which organisations users are in: a text with a space before each of them.

use super::super::{Affiliations, Reply};
use super::command::{ms, Command};
use super::{reply, Core, RedisBackend};
use hubwire_protocol::{OrgId, UserId};
use std::time::Duration;

/// Organisations as they are stored, and as scripts are told them.
pub(super) fn spaced(orgs: &[OrgId]) -> String {
    orgs.iter().map(|org| format!(" {org}")).collect()
}

impl Core {
    /// The question whether a user is in one of these.
    pub(super) fn shares(&self, user: &UserId, orgs: &[OrgId]) -> Command {
        self.wires.scripts.shares.call(&[self.keys.orgs(user)]).arg(spaced(orgs))
    }
}

impl Affiliations for RedisBackend {
    fn note_orgs(&self, user: UserId, orgs: Vec<OrgId>, keep: Duration) -> Reply<()> {
        let note = Command::on("SET", &self.core.keys.orgs(&user)).arg(spaced(&orgs)).arg("PX").arg(ms(keep).max(1));
        self.core.ask(note, |_| Ok(()))
    }

    fn shares_org(&self, user: UserId, orgs: Vec<OrgId>) -> Reply<bool> {
        self.core.ask(self.core.shares(&user, &orgs), |answer| reply::flag("flag", answer))
    }
}
