//! The organisations of users, stored as a text with a space before each of them.

use super::super::{Affiliations, Reply};
use super::command::{ms, Command};
use super::{reply, RedisBackend, RedisCore};
use crate::access::within::Within;
use hubwire_protocol::{OrgId, UserId};
use std::time::Duration;

/// Bounds as arguments of scripts (scripts/within.lua).
pub(super) fn bounds(within: &Within) -> String {
    let mut asked = String::from(" ");
    if let Some(peer) = &within.people {
        asked.push(if peer.as_contact { 'c' } else { 'b' });
    }
    if within.orgs.is_some() {
        asked.push('o');
    }
    // without a condition on people the script does not look at the asker
    let asker = within.people.as_ref().map_or("-", |peer| peer.user.as_str());
    asked + " " + asker + &within.orgs.as_deref().map_or_else(String::new, spaced)
}

/// Organisations as the broker stores them, and as arguments of scripts.
fn spaced(orgs: &[OrgId]) -> String {
    orgs.iter().map(|org| format!(" {org}")).collect()
}

impl RedisCore {
    /// The call that checks whether a user is within bounds.
    pub(super) fn reaches(&self, user: &UserId, within: &Within) -> Command {
        self.wires.scripts.reaches.call(&self.keys.of_reach(user)).arg(bounds(within))
    }
}

impl Affiliations for RedisBackend {
    fn note_orgs(&self, user: UserId, orgs: Vec<OrgId>, keep: Duration) -> Reply<()> {
        let note = Command::on("SET", &self.core.keys.orgs(&user)).arg(spaced(&orgs)).arg("PX").arg(ms(keep).max(1));
        self.core.ask(note, |_| Ok(()))
    }

    fn reaches(&self, user: UserId, within: Within) -> Reply<bool> {
        self.core.ask(self.core.reaches(&user, &within), |answer| reply::flag("flag", answer))
    }
}
