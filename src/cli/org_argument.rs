//! `--org acme:admin+owner/ops+dev`: an organisation with the user's roles and teams in it.

use hubwire_actors::identity::Membership;
use hubwire_protocol::{OrgId, TeamId};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// One `--org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgArgument {
    org: OrgId,
    membership: Membership,
}

impl FromStr for OrgArgument {
    type Err = String;

    /// `org[:role+role…][/team+team…]`. An organisation whose id holds a colon is written with one at its end.
    fn from_str(text: &str) -> Result<Self, String> {
        let (head, teams) = text.split_once('/').unwrap_or((text, ""));
        let (org, roles) = head.rsplit_once(':').unwrap_or((head, ""));
        let parts = |list: &str| list.split('+').filter(|part| !part.is_empty()).map(String::from).collect::<Vec<_>>();
        let team = |text: String| text.parse::<TeamId>().map_err(|error| format!("team {text:?} {error}"));
        Ok(OrgArgument {
            org: org.parse().map_err(|error| format!("organisation {error}; write acme:admin+owner/ops"))?,
            membership: Membership {
                roles: parts(roles).into_iter().collect(),
                teams: parts(teams).into_iter().map(team).collect::<Result<BTreeSet<_>, _>>()?,
            },
        })
    }
}

/// The memberships of all `--org` together; one that is repeated adds to the former.
pub fn memberships(arguments: &[OrgArgument]) -> BTreeMap<OrgId, Membership> {
    let mut orgs: BTreeMap<OrgId, Membership> = BTreeMap::new();
    for argument in arguments {
        let membership = orgs.entry(argument.org.clone()).or_default();
        membership.roles.extend(argument.membership.roles.iter().cloned());
        membership.teams.extend(argument.membership.teams.iter().cloned());
    }
    orgs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let orgs = memberships(&[text.parse().unwrap()]);
        serde_json::to_string(&orgs).unwrap()
    }

    #[test]
    fn an_organisation_may_come_with_roles_and_teams() {
        assert_eq!(shown("acme"), r#"{"acme":{"roles":[],"teams":[]}}"#);
        assert_eq!(shown("acme:owner+admin"), r#"{"acme":{"roles":["admin","owner"],"teams":[]}}"#);
        assert_eq!(shown("acme/ops+dev"), r#"{"acme":{"roles":[],"teams":["dev","ops"]}}"#);
        assert_eq!(shown("a:b:admin/ops"), r#"{"a:b":{"roles":["admin"],"teams":["ops"]}}"#);
        assert_eq!(shown("a:b:"), r#"{"a:b":{"roles":[],"teams":[]}}"#);
    }

    #[test]
    fn what_is_no_organisation_says_so() {
        assert!("".parse::<OrgArgument>().unwrap_err().contains("is empty"));
        assert!("acme/a b".parse::<OrgArgument>().unwrap_err().starts_with("team \"a b\""));
    }
}
