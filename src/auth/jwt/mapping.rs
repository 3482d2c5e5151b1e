//! Maps claims of a token to the user, organisations, roles, teams, scopes and profile.
//!
//! Identity providers use different claims: `sub` or `preferred_username`, `cognito:groups` for the groups of Cognito,
//! `realm_access` for the roles of Keycloak, URLs for the claims of Auth0. A name that starts with `/` is a JSON
//! Pointer (RFC 6901), any other is the literal name of a claim.

use super::error::TokenError;
use crate::config::sections::Auth;
use hubwire_actors::access::scopes::Scopes;
use hubwire_actors::identity::{Identity, OrgMembership};
use hubwire_protocol::{OrgId, Profile, UserId};
use litemap::LiteMap;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Names of claims; see the module.
#[derive(Debug, Clone)]
pub struct Mapping {
    user: String,
    orgs: String,
    roles: String,
    teams: String,
    scopes: String,
    profile: String,
}

impl Mapping {
    /// As configured.
    pub fn new(auth: &Auth) -> Self {
        Mapping {
            user: auth.claim_user.clone(),
            orgs: auth.claim_orgs.clone(),
            roles: auth.claim_roles.clone(),
            teams: auth.claim_teams.clone(),
            scopes: auth.claim_scopes.clone(),
            profile: auth.claim_profile.clone(),
        }
    }

    /// The identity in the claims, without expiry.
    pub fn identity(&self, claims: &Value) -> Result<Identity, TokenError> {
        self.identity_of(self.user(claims)?, claims)
    }

    /// Like [`Mapping::identity`], for a given user.
    pub fn identity_of(&self, user: UserId, claims: &Value) -> Result<Identity, TokenError> {
        let mut orgs = self.organisations(claims)?;
        if orgs.keys().any(OrgId::is_system) {
            return Err(TokenError::SystemOrg);
        }
        let roles = names(claims, &self.roles)?;
        let teams = names(claims, &self.teams)?;
        for (_, membership) in orgs.iter_mut() {
            add(membership, &roles, &teams).map_err(|error| wrong(&self.teams, &error))?;
        }
        let (scopes, profile) = (self.scopes(claims)?, self.profile(claims)?.map(Box::new));
        Ok(Identity { orgs, scopes, profile, ..Identity::of(user) })
    }

    /// The user of a token.
    pub fn user(&self, claims: &Value) -> Result<UserId, TokenError> {
        let user = find(claims, &self.user).ok_or_else(|| wrong(&self.user, "it is missing"))?;
        parse(&self.user, user.clone())
    }

    /// The profile: `{"name":…,"meta":…}`, or only the name. A token without the claim does not change the profile.
    fn profile(&self, claims: &Value) -> Result<Option<Profile>, TokenError> {
        let name = &self.profile;
        match find(claims, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(called)) => {
                Profile::new(Some(called), None).map(Some).map_err(|error| wrong(name, &error.to_string()))
            }
            Some(profile) => parse(name, profile.clone()).map(Some),
        }
    }

    /// The scopes. A token without the claim has none and is not narrowed; an empty claim allows nothing.
    fn scopes(&self, claims: &Value) -> Result<Scopes, TokenError> {
        let name = &self.scopes;
        match find(claims, name) {
            None | Some(Value::Null) => Ok(Scopes::default()),
            Some(value) => {
                let words = words(value).ok_or_else(|| wrong(name, "expected a list of scopes"))?;
                Scopes::new(words).map_err(|error| wrong(name, &error.to_string()))
            }
        }
    }

    /// `{"acme": {"roles": […], "teams": […]}}`, `{"acme": ["admin"]}`, `["acme"]` or `"acme"`.
    fn organisations(&self, claims: &Value) -> Result<LiteMap<OrgId, OrgMembership>, TokenError> {
        let name = &self.orgs;
        match find(claims, name) {
            None | Some(Value::Null) => Ok(LiteMap::new()),
            Some(Value::Object(orgs)) => orgs.iter().map(|(org, value)| self.membership(org, value)).collect(),
            Some(list @ (Value::Array(_) | Value::String(_))) => {
                let orgs = words(list).ok_or_else(|| wrong(name, "an entry is not the name of an organisation"))?;
                orgs.into_iter().map(|org| Ok((parse(name, org.into())?, OrgMembership::default()))).collect()
            }
            Some(_) => Err(wrong(name, "expected organisations: an object, a list of names, or a name")),
        }
    }

    fn membership(&self, org: &str, value: &Value) -> Result<(OrgId, OrgMembership), TokenError> {
        let roles_only = || Value::from(Map::from_iter([("roles".to_owned(), value.clone())]));
        let value = if value.is_array() { roles_only() } else { value.clone() };
        Ok((parse(&self.orgs, org.into())?, parse(&self.orgs, value)?))
    }
}

/// Adds roles and teams that apply in every organisation of the token.
fn add(membership: &mut OrgMembership, roles: &[String], teams: &[String]) -> Result<(), String> {
    if !roles.is_empty() {
        membership.roles = membership.roles.iter().chain(roles).cloned().collect();
    }
    for team in teams {
        let team = team.parse().map_err(|error| format!("team {error}"))?;
        membership.teams = membership.teams.iter().cloned().chain([team]).collect();
    }
    Ok(())
}

fn names(claims: &Value, name: &str) -> Result<Vec<String>, TokenError> {
    match find(claims, name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(value) => words(value).ok_or_else(|| wrong(name, "expected a list of names")),
    }
}

/// A list of texts, or one text of words (like `scope` of OAuth, RFC 8693 section 4.2).
pub(super) fn words(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(text.split_whitespace().map(str::to_owned).collect()),
        Value::Array(entries) => entries.iter().map(|entry| entry.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// The value of a claim; also `None` if no name is configured.
fn find<'a>(claims: &'a Value, name: &str) -> Option<&'a Value> {
    match name {
        "" => None,
        pointer if pointer.starts_with('/') => claims.pointer(pointer),
        name => claims.get(name),
    }
}

fn parse<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, TokenError> {
    serde_json::from_value(value).map_err(|error| wrong(name, &error.to_string()))
}

pub(super) fn wrong(name: &str, reason: &str) -> TokenError {
    TokenError::Claims { reason: format!("`{name}`: {reason}") }
}
