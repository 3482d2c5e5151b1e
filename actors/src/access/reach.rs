//! Limits on the users to which a user may write, and on those whose presence it may query. They depend on the other
//! user, about which the access rules know nothing.

use super::within::{Peer, Within};
use super::AccessError;
use crate::identity::Identity;
use crate::words::outcome::OUT_OF_REACH;
use hubwire_protocol::{Address, OrgId, UserId};
use std::time::Duration;

/// How long the broker keeps a user's organisations after the latest login.
pub const KEPT: Duration = Duration::from_secs(365 * 24 * 3600);

/// The users that a user may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Anyone.
    #[default]
    Anyone,
    /// Users that share an organisation with the asker.
    SameOrg,
    /// Their contacts.
    Contacts,
    /// Only the user itself.
    None,
}

/// The users that a user may reach, by kind of access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reaches {
    /// By direct messages.
    pub direct: Reach,
    /// By asking whether they are online.
    pub presence: Reach,
    /// Whether users have contacts and can block each other.
    pub people: bool,
}

/// Users that a user may reach only within bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strangers {
    /// The users.
    pub users: Vec<UserId>,
    /// The bounds.
    pub within: Within,
}

impl Reaches {
    /// Whether `identity` may write to a user or a session: always, or within bounds. If users can block each other,
    /// nobody may write to a session, because its user is not known.
    pub fn judge_direct(self, identity: &Identity, to: &Address) -> Result<Option<Within>, AccessError> {
        let within = self.direct.judge(identity, to)?;
        match to {
            Address::User(user) if self.people && *user != identity.user => {
                let people = Peer { user: identity.user.clone(), as_contact: self.direct == Reach::Contacts };
                Ok(Some(Within { people: Some(people), ..within.unwrap_or_default() }))
            }
            Address::Session(_) if self.people => Err(AccessError::Rights(OUT_OF_REACH)),
            _ => Ok(within),
        }
    }

    /// Whether `identity` may learn from the outcome of a direct message how many sessions its receiver has. The
    /// message was within the bounds for these; for a session, its user is not known.
    pub fn shows_sessions(self, identity: &Identity, to: &Address) -> bool {
        match (self.presence, to) {
            (Reach::Anyone, _) => true,
            (_, Address::User(user)) if *user == identity.user => true,
            (Reach::SameOrg, Address::User(_)) => self.direct == Reach::SameOrg,
            _ => false,
        }
    }

    /// Whether the broker has to know the organisations of users.
    pub fn need_orgs(self) -> bool {
        [self.direct, self.presence].contains(&Reach::SameOrg)
    }
}

impl Reach {
    /// Whether `identity` may reach a user or a session: always, or if the user is within these bounds. The user of a
    /// session is not known.
    pub fn judge(self, identity: &Identity, to: &Address) -> Result<Option<Within>, AccessError> {
        match (self, to) {
            (Reach::Anyone, _) => Ok(None),
            (_, Address::User(user)) if *user == identity.user => Ok(None),
            (Reach::SameOrg, Address::User(_)) => Ok(Some(Within::orgs(orgs_of(identity)))),
            // the broker checks it together with blocks, in one look-up
            (Reach::Contacts, Address::User(_)) => Ok(None),
            _ => Err(AccessError::Rights(OUT_OF_REACH)),
        }
    }
}

/// The organisations that connect a user with others: all except `system`, of which everybody is a member.
pub fn orgs_of(identity: &Identity) -> Vec<OrgId> {
    identity.orgs.keys().filter(|org| !org.is_system()).cloned().collect()
}
