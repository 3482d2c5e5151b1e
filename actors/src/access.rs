//! The one place that decides what an identity may do at an address.

use crate::identity::Identity;
use crate::settings::Settings;
use hubwire_protocol::id::SYSTEM_ORG;
use hubwire_protocol::{Address, ErrorCode, OrgId};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Send an action there.
    Publish,
    /// Join the channel.
    Join,
    /// Read the stream (resume, history, cursor).
    Read,
    /// Ask who is there.
    Presence,
}

/// Why something may not be done. The reason may be shown to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// That cannot be done at this kind of address, whoever asks.
    Address(&'static str),
    /// The identity may not do it there.
    Rights(&'static str),
}

impl Denial {
    /// The code for the client.
    pub fn code(self) -> ErrorCode {
        match self {
            Denial::Address(_) => ErrorCode::BadAddress,
            Denial::Rights(_) => ErrorCode::Forbidden,
        }
    }

    /// The reason for the client.
    pub fn reason(self) -> &'static str {
        match self {
            Denial::Address(reason) | Denial::Rights(reason) => reason,
        }
    }
}

/// Decides.
pub fn may(identity: &Identity, settings: &Settings, deed: Deed, address: &Address) -> Result<(), Denial> {
    use Denial::Rights;
    match (deed, address) {
        (Deed::Join, Address::Channel(org, _)) => member(identity, org),
        (Deed::Join, _) => Err(Denial::Address("only ch: addresses are joined; the others arrive by themselves")),
        (Deed::Publish, Address::User(_) | Address::Session(_)) => Ok(()),
        (Deed::Publish, address) if address.org().is_some_and(|org| org.as_str() == SYSTEM_ORG) => {
            Err(Rights("only the server API publishes in the organisation `system`"))
        }
        (Deed::Publish, Address::Org(org)) => match has_role(identity, settings, org) {
            true => Ok(()),
            false => {
                Err(Rights("publishing to an organisation needs one of the roles of access.org_publish_roles there"))
            }
        },
        (Deed::Publish, Address::Team(org, _)) if has_role(identity, settings, org) => Ok(()),
        (Deed::Publish | Deed::Read, Address::Team(org, team)) => {
            let member = identity.orgs.get(org).is_some_and(|membership| membership.teams.contains(team));
            member.then_some(()).ok_or(Rights("not a member of that team"))
        }
        (Deed::Publish | Deed::Read, Address::Channel(org, _)) | (Deed::Read, Address::Org(org)) => {
            member(identity, org)
        }
        (Deed::Read, Address::User(user)) if *user == identity.user => Ok(()),
        (Deed::Read, Address::User(_)) => Err(Rights("a user's stream is read by that user only")),
        (Deed::Read, Address::Session(_)) => Err(Denial::Address("a session has no stream")),
        (Deed::Presence, Address::Channel(org, _)) => member(identity, org),
        (Deed::Presence, Address::User(_)) => Ok(()),
        (Deed::Presence, _) => Err(Denial::Address("presence is asked of ch: and user: addresses")),
    }
}

fn member(identity: &Identity, org: &OrgId) -> Result<(), Denial> {
    match org.as_str() == SYSTEM_ORG || identity.orgs.contains_key(org) {
        true => Ok(()),
        false => Err(Denial::Rights("not a member of that organisation")),
    }
}

fn has_role(identity: &Identity, settings: &Settings, org: &OrgId) -> bool {
    let roles = identity.orgs.get(org).map(|membership| &membership.roles);
    roles.is_some_and(|roles| roles.iter().any(|role| settings.org_publish_roles.contains(role)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Membership;

    fn identity(role: &str) -> Identity {
        let membership = Membership { roles: [role.to_string()].into(), teams: ["ops".parse().unwrap()].into() };
        Identity {
            user: "u1".parse().unwrap(),
            device: None,
            orgs: [("acme".parse().unwrap(), membership)].into_iter().collect(),
            expires_at: None,
        }
    }

    #[test]
    fn who_may_do_what() {
        use Deed::*;
        let table = [
            ("guest", Publish, "user:u2", true),
            ("guest", Publish, "org:acme", false),
            ("admin", Publish, "org:acme", true),
            ("admin", Publish, "org:other", false),
            ("admin", Publish, "org:system", false),
            ("admin", Publish, "ch:system/x", false),
            ("guest", Publish, "team:acme/ops", true),
            ("guest", Publish, "team:acme/dev", false),
            ("admin", Publish, "team:acme/dev", true),
            ("guest", Publish, "ch:acme/order/1", true),
            ("guest", Publish, "ch:other/order/1", false),
            ("guest", Join, "ch:acme/order/1", true),
            ("guest", Join, "ch:system/news", true),
            ("guest", Join, "ch:other/order/1", false),
            ("guest", Join, "org:acme", false),
            ("guest", Read, "user:u1", true),
            ("admin", Read, "user:u2", false),
            ("admin", Read, "team:acme/dev", false),
            ("guest", Read, "org:system", true),
            ("guest", Presence, "user:u2", true),
            ("guest", Presence, "ch:other/x", false),
            ("guest", Presence, "org:acme", false),
        ];
        for (role, deed, address, allowed) in table {
            let decided = may(&identity(role), &Settings::default(), deed, &address.parse().unwrap());
            assert_eq!(decided.is_ok(), allowed, "{role} {deed:?} {address}: {decided:?}");
        }
    }
}
