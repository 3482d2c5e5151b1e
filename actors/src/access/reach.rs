//! Which users a user may reach: write to, ask the presence of.
//! It depends on the other user, whom the rules do not know.

use super::within::{Peer, Within};
use super::Denial;
use crate::identity::Identity;
use crate::words::outcome::OUT_OF_REACH;
use hubwire_protocol::id::SYSTEM_ORG;
use hubwire_protocol::{Address, OrgId, UserId};
use std::time::Duration;

/// For how long it is kept which organisations a user is in after its latest login.
pub const KEPT: Duration = Duration::from_secs(365 * 24 * 3600);

/// Which users a user may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Anyone.
    #[default]
    Anyone,
    /// Users of an organisation they are in, too.
    SameOrg,
    /// Their contacts.
    Contacts,
    /// Nobody but themselves.
    None,
}

/// Which users a user may reach, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reaches {
    /// By direct messages.
    pub direct: Reach,
    /// By questions whether they are online.
    pub presence: Reach,
    /// Whether users have people: contacts, and whom they block.
    pub people: bool,
}

/// Users whom a user may reach only within bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strangers {
    /// They.
    pub users: Vec<UserId>,
    /// The bounds.
    pub within: Within,
}

impl Reaches {
    /// Whether `identity` may write to a user or a session: anyway, or within bounds. Where users block each other
    /// nobody writes to a session, whose user is not known.
    pub fn judge_direct(self, identity: &Identity, to: &Address) -> Result<Option<Within>, Denial> {
        let within = self.direct.judge(identity, to)?;
        match to {
            Address::User(user) if self.people && *user != identity.user => {
                let people = Peer { user: identity.user.clone(), as_contact: self.direct == Reach::Contacts };
                Ok(Some(Within { people: Some(people), ..within.unwrap_or_default() }))
            }
            Address::Session(_) if self.people => Err(Denial::Rights(OUT_OF_REACH)),
            _ => Ok(within),
        }
    }

    /// Whether it has to be known which organisations users are in.
    pub fn need_orgs(self) -> bool {
        [self.direct, self.presence].contains(&Reach::SameOrg)
    }
}

impl Reach {
    /// Whether `identity` may reach a user or a session: anyway, or if the user is within these bounds. The user of a
    /// session is not known.
    pub fn judge(self, identity: &Identity, to: &Address) -> Result<Option<Within>, Denial> {
        match (self, to) {
            (Reach::Anyone, _) => Ok(None),
            (_, Address::User(user)) if *user == identity.user => Ok(None),
            (Reach::SameOrg, Address::User(_)) => Ok(Some(Within::orgs(orgs_of(identity)))),
            // whether they are is looked up with whom they block
            (Reach::Contacts, Address::User(_)) => Ok(None),
            _ => Err(Denial::Rights(OUT_OF_REACH)),
        }
    }
}

/// Everybody is in the organisation `system`, so it connects nobody.
pub fn orgs_of(identity: &Identity) -> Vec<OrgId> {
    identity.orgs.keys().filter(|org| org.as_str() != SYSTEM_ORG).cloned().collect()
}
