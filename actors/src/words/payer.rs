//! The accounts that pay for an action.

use super::network::Network;
use hubwire_protocol::{Address, OrgId, UserId};

/// The accounts that pay for an action.
#[derive(Debug, Clone)]
pub struct Payer {
    /// The user that sends it.
    pub user: UserId,
    /// The organisation it belongs to; of a direct message the first of the sender's.
    pub org: Option<OrgId>,
    /// Where the client is, if it is counted by that.
    pub network: Option<Network>,
}

impl Payer {
    /// The accounts for what a user of these organisations sends to an address from somewhere.
    pub fn of<'a>(
        user: &UserId,
        orgs: impl Iterator<Item = &'a OrgId>,
        to: &Address,
        network: Option<Network>,
    ) -> Payer {
        let org = match to {
            Address::Org(org) | Address::Team(org, _) | Address::Channel(org, _) => Some(org.clone()),
            Address::User(_) | Address::Session(_) => orgs.into_iter().next().cloned(),
        };
        Payer { user: user.clone(), org, network }
    }
}
