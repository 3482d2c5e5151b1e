//! The accounts that pay for an action.

use super::network::Network;
use hubwire_protocol::{Address, OrgId, UserId};

/// The accounts that pay for an action.
#[derive(Debug, Clone)]
pub struct Payer {
    /// The user that sends it.
    pub user: UserId,
    /// The organisation that pays; for a direct message the first one of the sender.
    pub org: Option<OrgId>,
    /// The network of the client, if it is counted by that.
    pub network: Option<Network>,
}

impl Payer {
    /// The accounts for an action of this user to an address.
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
