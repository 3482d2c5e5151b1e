//! Authorization, in one place: first by the kind of the address, then by what no rule can change, then by the
//! [`policy`].

pub(crate) mod actions;
pub mod address_grants;
pub mod capability;
mod index;
pub mod membership;
pub mod pattern;
pub mod policy;
pub mod reach;
pub mod schemas;
pub mod scopes;
pub mod types;
pub mod within;

pub use capability::Capability;
pub use policy::Policy;
pub use reach::{Reach, Reaches};
pub use schemas::SchemaPolicy;
pub use types::TypePolicy;

use crate::identity::Identity;
use hubwire_protocol::{Address, ErrorCode, OrgId};

/// The rules by which actions are authorized; can be replaced while the node runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// The rules.
    pub policy: Policy,
    /// The action types that clients may send, by address.
    pub types: TypePolicy,
    /// The JSON Schemas of payloads.
    pub schemas: SchemaPolicy,
}

/// Why an action is not allowed. The client may see the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Nobody can do this at this kind of address.
    #[error("{0}")]
    Address(&'static str),
    /// This identity may not do this at this address.
    #[error("{0}")]
    Rights(&'static str),
}

impl AccessError {
    /// The code for the client.
    pub fn code(self) -> ErrorCode {
        match self {
            AccessError::Address(_) => ErrorCode::BadAddress,
            AccessError::Rights(_) => ErrorCode::Forbidden,
        }
    }

    /// The reason for the client.
    pub fn reason(self) -> &'static str {
        match self {
            AccessError::Address(reason) | AccessError::Rights(reason) => reason,
        }
    }
}

/// Decides whether `identity` has the capability at the address. Sending to a `user:` or `session:` address requires
/// [`Capability::Direct`], also if the caller passes [`Capability::Publish`].
pub fn may(identity: &Identity, policy: &Policy, capability: Capability, address: &Address) -> Result<(), AccessError> {
    let capability = match (capability, address) {
        (Capability::Publish, Address::User(_) | Address::Session(_)) => Capability::Direct,
        (capability, _) => capability,
    };
    possible(capability, address)?;
    unchangeable(identity, capability, address)?;
    match policy.allows(identity, capability, address) || owns(identity, capability, address) {
        true => Ok(()),
        false => Err(AccessError::Rights(denied(capability, address, identity))),
    }
}

/// Whether a session of `identity` may follow a stream: a channel that it may join, an organisation or team of the user
/// that its scopes do not exclude, or the user's own stream.
pub(crate) fn follows(identity: &Identity, policy: &Policy, stream: &Address) -> bool {
    let leaves_it = || identity.scopes.leave(Capability::Read, stream, &identity.asker(stream));
    match stream {
        Address::User(user) => *user == identity.user,
        Address::Org(org) => (org.is_system() || identity.orgs.contains_key(org)) && leaves_it(),
        Address::Team(org, team) => is_in_team(identity, org.as_str(), team.as_str()) && leaves_it(),
        Address::Channel(..) => may(identity, policy, Capability::Join, stream).is_ok(),
        Address::Session(_) => false,
    }
}

/// Refuses capabilities that this kind of address cannot have.
fn possible(capability: Capability, address: &Address) -> Result<(), AccessError> {
    use Capability::*;
    match (capability, address) {
        (Join | Invite | Kick | Manage, Address::Channel(..)) => Ok(()),
        (Join, _) => Err(AccessError::Address("only ch: addresses can be joined; others need no join")),
        (Invite | Kick | Manage, _) => Err(AccessError::Address("only channels have members that can be managed")),
        (Read, Address::Session(_)) => Err(AccessError::Address("a session has no stream")),
        (Presence, Address::Session(_)) => {
            Err(AccessError::Address("only users, channels, teams and orgs have presence"))
        }
        _ => Ok(()),
    }
}

/// Refuses what no rule can allow.
fn unchangeable(identity: &Identity, capability: Capability, address: &Address) -> Result<(), AccessError> {
    match (capability, address) {
        (Capability::Publish, address) if address.org().is_some_and(OrgId::is_system) => {
            Err(AccessError::Rights("only the server API publishes in the organisation `system`"))
        }
        (Capability::Read, Address::User(user)) if *user != identity.user => {
            Err(AccessError::Rights("only the user may read a user's stream"))
        }
        _ => Ok(()),
    }
}

/// Allows what no rule can take away: reading one's own stream.
fn owns(identity: &Identity, capability: Capability, address: &Address) -> bool {
    capability == Capability::Read && matches!(address, Address::User(user) if *user == identity.user)
}

/// The reason for the client: the missing right, without revealing what exists at the address.
fn denied(capability: Capability, address: &Address, identity: &Identity) -> &'static str {
    match (capability, address) {
        (_, Address::Team(org, team)) if !is_in_team(identity, org.as_str(), team.as_str()) => {
            "not a member of that team"
        }
        (_, address) if address.org().is_some_and(|org| !identity.orgs.contains_key(org)) => {
            "not a member of that organisation"
        }
        _ if !identity.scopes.leave(capability, address, &identity.asker(address)) => {
            "the scopes of the token do not include this right"
        }
        _ => "no rule of the node's access policy allows this for the user's roles",
    }
}

fn is_in_team(identity: &Identity, org: &str, team: &str) -> bool {
    identity.orgs.get(org).is_some_and(|membership| membership.teams.contains(team))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::OrgMembership;

    /// A member of `acme` and of its team `ops`.
    pub(super) fn identity(role: &str) -> Identity {
        let membership = OrgMembership { roles: [role.to_string()].into(), teams: ["ops".parse().unwrap()].into() };
        Identity {
            orgs: [("acme".parse().unwrap(), membership)].into_iter().collect(),
            ..Identity::of("u1".parse().unwrap())
        }
    }

    #[test]
    fn the_starter_rules_decide_as_the_documented_table_says() {
        let page = include_str!("../../../docs/access.md");
        let table =
            page.split("<!-- matrix: begin").nth(1).and_then(|rest| rest.split("<!-- matrix: end").next()).unwrap();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .filter(|line| line.ends_with("| yes |") || line.ends_with("| no |"))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        assert!(rows.len() > 30, "the table was not found");
        for row in rows {
            let [role, capability, address, allowed] = row[..] else { panic!("{row:?}") };
            let capability = Capability::ALL.into_iter().find(|it| it.as_str() == capability).unwrap();
            let decided = may(&identity(role), &Policy::default(), capability, &address.parse().unwrap());
            assert_eq!(decided.is_ok(), allowed == "yes", "{role} {capability:?} {address}: {decided:?}");
        }
    }

    #[test]
    fn sending_to_a_user_is_a_matter_of_direct_messages() {
        let policy = Policy::new(["anyone may publish on user:*".parse().unwrap()]);
        assert!(may(&identity("owner"), &policy, Capability::Publish, &"user:u2".parse().unwrap()).is_err());
    }

    #[test]
    fn nobody_is_cut_off_from_the_own_stream() {
        assert!(may(&identity("guest"), &Policy::new([]), Capability::Read, &"user:u1".parse().unwrap()).is_ok());
    }
}
