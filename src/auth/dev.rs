//! Made-up identities, for development: `?user=u1&orgs=acme:admin+owner/ops+dev,beta`.
//!
//! ```text
//! orgs = org *( "," org )
//! org  = id [ ":" role *( "+" role ) ] [ "/" team *( "+" team ) ]
//! ```

use hubwire_actors::identity::{Identity, OrgMembership};
use hubwire_protocol::id::IdError;
use hubwire_protocol::OrgId;

/// The fault of a made-up identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DevError {
    /// A part that is not an id.
    #[error("the {what} {text:?} {reason}")]
    Id {
        /// The kind of id.
        what: &'static str,
        /// The text.
        text: String,
        /// The reason.
        reason: IdError,
    },
    /// The reserved organisation.
    #[error("the organisation `system` is reserved; everybody is in it")]
    SystemOrg,
}

/// The identity of `user` with the memberships in `orgs`; it never expires.
pub fn identity(user: &str, orgs: &str) -> Result<Identity, DevError> {
    let user = id("user", user)?;
    let orgs = orgs.split(',').filter(|org| !org.is_empty()).map(membership).collect::<Result<_, _>>()?;
    Ok(Identity { orgs, ..Identity::of(user) })
}

fn membership(text: &str) -> Result<(OrgId, OrgMembership), DevError> {
    let (org_and_roles, teams) = text.split_once('/').unwrap_or((text, ""));
    let (org, roles) = org_and_roles.split_once(':').unwrap_or((org_and_roles, ""));
    let org: OrgId = id("organisation", org)?;
    if org.is_system() {
        return Err(DevError::SystemOrg);
    }
    Ok((
        org,
        OrgMembership {
            roles: listed(roles).map(String::from).collect(),
            teams: listed(teams).map(|team| id("team", team)).collect::<Result<_, _>>()?,
        },
    ))
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split('+').filter(|entry| !entry.is_empty())
}

fn id<T: std::str::FromStr<Err = IdError>>(what: &'static str, text: &str) -> Result<T, DevError> {
    text.parse().map_err(|reason| DevError::Id { what, text: text.to_string(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_teams_may_be_left_out() {
        let identity = identity("u1", "acme:admin+owner/ops+dev,beta,gamma/x,delta:guest").unwrap();
        let shown: Vec<String> = identity
            .orgs
            .iter()
            .map(|(org, membership)| format!("{org} {:?} {:?}", membership.roles, membership.teams))
            .collect();
        assert_eq!(
            shown,
            [r#"acme {"admin", "owner"} {"dev", "ops"}"#, "beta {} {}", r#"delta {"guest"} {}"#, r#"gamma {} {"x"}"#]
        );
        assert_eq!((identity.user.as_str(), identity.expires_at), ("u1", None));
    }

    #[test]
    fn what_is_no_id_says_why() {
        for (user, orgs, message) in [
            ("", "", "the user \"\" is empty"),
            ("u1", ":admin", "the organisation \"\" is empty"),
            (
                "u1",
                "acme/a b",
                "the team \"a b\" has the character ' ' at byte 1; allowed are A-Z a-z 0-9 _ - . ~ @ + = : | %",
            ),
            ("u1", "system:owner", "the organisation `system` is reserved; everybody is in it"),
        ] {
            assert_eq!(identity(user, orgs).unwrap_err().to_string(), message);
        }
    }
}
