//! `--org acme:admin+owner/ops+dev`: organisations with the user's roles and teams in them.

use crate::auth::dev;
use hubwire_actors::identity::OrgMembership;
use hubwire_protocol::OrgId;
use litemap::LiteMap;
use std::collections::BTreeMap;
use std::str::FromStr;

/// One `--org`, in the format of the `orgs` of a development identity (`auth::dev`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgArgument(LiteMap<OrgId, OrgMembership>);

impl FromStr for OrgArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("is empty; write acme:admin+owner/ops".into());
        }
        // parsing the memberships needs some user, no matter which
        let identity = dev::identity("anybody", text).map_err(|error| error.to_string())?;
        Ok(OrgArgument(identity.orgs))
    }
}

/// The memberships of all `--org` together; repeated organisations are merged.
pub fn memberships(arguments: &[OrgArgument]) -> BTreeMap<OrgId, OrgMembership> {
    let mut orgs: BTreeMap<OrgId, OrgMembership> = BTreeMap::new();
    for (org, more) in arguments.iter().flat_map(|argument| argument.0.iter()) {
        let membership = orgs.entry(org.clone()).or_default();
        membership.roles = membership.roles.iter().chain(more.roles.iter()).cloned().collect();
        membership.teams = membership.teams.iter().chain(more.teams.iter()).cloned().collect();
    }
    orgs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organisations_add_up() {
        let arguments = ["acme:admin/ops,beta", "acme:owner"].map(|text| text.parse().unwrap());
        let orgs = serde_json::to_string(&memberships(&arguments)).unwrap();
        let expected = r#"{"acme":{"roles":["admin","owner"],"teams":["ops"]},"beta":{"roles":[],"teams":[]}}"#;
        assert_eq!(orgs, expected);
    }

    #[test]
    fn what_is_no_organisation_says_so() {
        for wrong in ["", "acme/a b", "system"] {
            assert!(wrong.parse::<OrgArgument>().is_err(), "{wrong:?}");
        }
    }
}
