//! The identity of a session: its user, device and memberships.

pub use crate::access::membership::OrgMembership;

use crate::access::address_grants::{AddressGrants, AddressToken};
use crate::access::pattern::Requester;
use crate::access::scopes::Scopes;
use crate::words::outcome::Refusal;
use hubwire_protocol::event::{self, WelcomeMemberships};
use hubwire_protocol::{Address, DeviceId, Dialect, ErrorCode, OrgId, Profile, UserId};
use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// An authenticated user with the memberships of its token or ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The user.
    pub user: UserId,
    /// The device, if the client named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// Organisations with roles and teams.
    #[serde(default)]
    pub orgs: LiteMap<OrgId, OrgMembership>,
    /// Expiry of the credentials, Unix seconds; `None`: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// When the credentials were issued, Unix seconds, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<u64>,
    /// The id of the token, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Box<str>>,
    /// Scopes of the token: they narrow the rules, or add to them.
    #[serde(default, skip_serializing_if = "Scopes::is_none")]
    pub scopes: Scopes,
    /// The profile in the credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Box<Profile>>,
    /// Rights that tokens for single addresses gave this session.
    #[serde(skip)]
    pub address_grants: AddressGrants,
}

impl Identity {
    /// The same identity with a device, unless the credentials name one: these were issued for that device, and the
    /// client must not move them to another.
    pub fn through(mut self, device: Option<DeviceId>) -> Self {
        self.device = self.device.or(device);
        self
    }

    /// A user with nothing else known, and credentials that never expire.
    pub fn of(user: UserId) -> Self {
        Identity {
            user,
            device: None,
            orgs: LiteMap::new(),
            expires_at: None,
            issued_at: None,
            token: None,
            scopes: Scopes::default(),
            profile: None,
            address_grants: AddressGrants::default(),
        }
    }

    /// The asker as patterns see it, for a decision about an address.
    pub(crate) fn asker(&self, address: &Address) -> Requester<'_> {
        Requester::new(&self.user, &self.orgs, address)
    }

    /// The form that a session keeps: without spare capacity.
    pub(crate) fn kept(mut self) -> Rc<Self> {
        let mut orgs = std::mem::take(&mut self.orgs).into_tuple_vec();
        orgs.shrink_to_fit();
        self.orgs = LiteMap::from_sorted_store_unchecked(orgs);
        Rc::new(self)
    }

    /// Roles and teams of the user in each organisation, as the welcome shows them.
    pub(crate) fn memberships(&self) -> WelcomeMemberships<'_> {
        let shown = self.orgs.iter().map(|(org, OrgMembership { roles, teams })| {
            let roles = roles.iter().map(String::as_str).collect();
            (org, event::WelcomeMembership { roles, teams: teams.iter().collect() })
        });
        shown.collect()
    }
}

/// Checks tokens. The binary implements this, because it has the keys.
pub trait Authenticator: Send + Sync {
    /// The identity that a token proves, or the refusal (`bad_credentials`, `token_expired` or `token_revoked`), with a
    /// message that the client may see. `spoken`: clients of another wire protocol may have tokens of their own.
    fn token(&self, token: &str, spoken: Dialect) -> Result<Identity, Refusal>;

    /// The same for new credentials of a known user: if the token names no user, it renews those of that user.
    fn renewal(&self, token: &str, spoken: Dialect, _: &UserId) -> Result<Identity, Refusal> {
        self.token(token, spoken)
    }

    /// The user of an expired token: an operator wants to know why that user does not connect.
    fn former_user(&self, _token: &str) -> Option<UserId> {
        None
    }

    /// The user and the right in a token for one address, or a refusal, as above.
    fn address_token(&self, _token: &str) -> Result<AddressToken, Refusal> {
        Err(Refusal::new(ErrorCode::BadCredentials, "this node takes no tokens for single addresses"))
    }
}
