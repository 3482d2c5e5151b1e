//! Rights that a session got from tokens for single addresses, in addition to those of its credentials.

use super::capability::{Capabilities, Capability};
use hubwire_protocol::{Address, UserId};
use std::sync::Arc;

/// The content of a token for one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressToken {
    /// The user for whom the token was issued.
    pub user: UserId,
    /// The right it grants.
    pub grant: AddressGrant,
}

/// A right at one address, for a limited time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressGrant {
    /// The address.
    pub address: Address,
    /// What the session may do there.
    pub capabilities: Capabilities,
    /// Expiry, Unix seconds.
    pub expires_at: u64,
    /// When the token was issued, Unix seconds, if the token has a time.
    pub issued_at: Option<u64>,
    /// The token's id (`jti`), if it has one.
    pub token: Option<Box<str>>,
}

/// Why a token cannot grant a right that it contains.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Only channels can be joined.
    #[error("a token for one address must name a ch: address; sessions receive other streams without joining")]
    Kind,
    /// `system` is reserved for the operator.
    #[error("no token can name the organisation `system`")]
    System,
    /// A word that is not a capability, or one that such tokens cannot grant.
    #[error("a token for one address cannot grant {0:?}, only join, read, publish, presence, invite and kick")]
    Capability(String),
}

impl AddressGrant {
    /// Parses the capabilities of a token for this address. Such a token cannot grant `manage`; only credentials can.
    pub fn capabilities<'a>(
        address: &Address,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Capabilities, GrantError> {
        match address {
            Address::Channel(org, _) if org.is_system() => return Err(GrantError::System),
            Address::Channel(..) => {}
            _ => return Err(GrantError::Kind),
        }
        let names = names.into_iter().map(|name| match Capability::named(name) {
            None | Some(Capability::Manage | Capability::Direct) => Err(GrantError::Capability(name.into())),
            Some(_) => Ok(name),
        });
        let names: Vec<&str> = names.collect::<Result<_, _>>()?;
        Capabilities::named(names).map_err(|name| GrantError::Capability(name.into()))
    }
}

/// All grants of a session, at most one per address. Most sessions have none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressGrants(Option<Arc<[AddressGrant]>>);

impl AddressGrants {
    /// Adds a grant, which replaces an earlier one for the same address.
    pub(crate) fn with(&self, grant: AddressGrant) -> Self {
        let others = self.iter().filter(|other| other.address != grant.address).cloned();
        AddressGrants(Some(others.chain([grant.clone()]).collect()))
    }

    /// The grants that have not expired.
    pub(crate) fn after(&self, now_s: u64) -> Self {
        let left: Arc<[_]> = self.iter().filter(|grant| grant.expires_at > now_s).cloned().collect();
        AddressGrants((!left.is_empty()).then_some(left))
    }

    /// When the next grant expires, Unix seconds.
    pub(crate) fn next_end(&self) -> Option<u64> {
        self.iter().map(|grant| grant.expires_at).min()
    }

    /// All grants.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &AddressGrant> {
        self.0.iter().flat_map(|grants| grants.iter())
    }

    /// Whether a grant gives the session this capability at the address.
    pub(super) fn allow(&self, capability: Capability, address: &Address) -> bool {
        self.iter().any(|grant| grant.capabilities.contains(capability) && grant.address == *address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{may, Policy};
    use crate::identity::Identity;

    fn grant(address: &str, names: &[&str], expires_at: u64) -> AddressGrant {
        let address: Address = address.parse().unwrap();
        let capabilities = AddressGrant::capabilities(&address, names.iter().copied()).unwrap();
        AddressGrant { address, capabilities, expires_at, issued_at: None, token: None }
    }

    #[test]
    fn a_grant_allows_what_it_names_at_its_address_and_a_rule_that_forbids_wins() {
        let grants = AddressGrants::default().with(grant("ch:acme/a", &["join", "publish"], 9));
        let identity = Identity { address_grants: grants, ..Identity::of("u1".parse().unwrap()) };
        let allows = |rules: &[&str], capability, address: &str| {
            let policy = Policy::new(rules.iter().map(|rule| rule.parse().unwrap()));
            may(&identity, &policy, capability, &address.parse().unwrap()).is_ok()
        };
        assert!(allows(&[], Capability::Join, "ch:acme/a") && allows(&[], Capability::Publish, "ch:acme/a"));
        assert!(!allows(&[], Capability::Read, "ch:acme/a"));
        assert!(!allows(&[], Capability::Join, "ch:acme/a/b"));
        assert!(!allows(&["anyone may not publish on ch:acme/**"], Capability::Publish, "ch:acme/a"));
    }

    #[test]
    fn a_new_grant_takes_the_place_of_the_former_one_and_each_ends_by_itself() {
        let grants = AddressGrants::default().with(grant("ch:acme/a", &["join"], 5));
        let grants = grants.with(grant("ch:acme/b", &["join"], 7)).with(grant("ch:acme/a", &["join"], 9));
        assert_eq!(grants.iter().count(), 2);
        assert_eq!(grants.next_end(), Some(7));
        assert_eq!(grants.after(7).next_end(), Some(9));
        assert_eq!(grants.after(9), AddressGrants::default());
    }

    #[test]
    fn what_no_token_for_an_address_gives_is_refused() {
        for (address, names, error) in [
            ("org:acme", &["join"][..], GrantError::Kind),
            ("user:u1", &["read"], GrantError::Kind),
            ("ch:system/x", &["join"], GrantError::System),
            ("ch:acme/x", &["join", "manage"], GrantError::Capability("manage".into())),
            ("ch:acme/x", &["direct"], GrantError::Capability("direct".into())),
            ("ch:acme/x", &["fly"], GrantError::Capability("fly".into())),
        ] {
            assert_eq!(AddressGrant::capabilities(&address.parse().unwrap(), names.iter().copied()), Err(error));
        }
    }
}
