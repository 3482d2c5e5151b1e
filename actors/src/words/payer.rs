//! The account that pays for a publication.

use hubwire_protocol::{Address, OrgId, UserId};

/// The account that pays for a publication.
#[derive(Debug, Clone)]
pub struct Payer {
    /// The user that sends it.
    pub user: UserId,
    /// The organisation it belongs to; of a direct message the first of the sender's.
    pub org: Option<OrgId>,
}

impl Payer {
    /// The account for what a user of these organisations sends to an address.
    pub fn of<'a>(user: &UserId, orgs: impl Iterator<Item = &'a OrgId>, to: &Address) -> Payer {
        let org = match to {
            Address::Org(org) | Address::Team(org, _) | Address::Channel(org, _) => Some(org.clone()),
            Address::User(_) | Address::Session(_) => orgs.into_iter().next().cloned(),
        };
        Payer { user: user.clone(), org }
    }
}
