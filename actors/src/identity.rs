//! The identity of a session: its user, device and memberships.

pub use crate::access::membership::Membership;

use crate::access::address_grants::{AddressGrants, AddressToken};
use crate::access::pattern::Asker;
use crate::access::scopes::Scopes;
use crate::words::outcome::Refusal;
use hubwire_protocol::event::{self, Memberships};
use hubwire_protocol::{Address, DeviceId, Dialect, ErrorCode, OrgId, Profile, UserId};
use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// An authenticated user with the memberships the token or ticket carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The user.
    pub user: UserId,
    /// The installation it speaks through, when the client named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// Organisations with roles and teams.
    #[serde(default)]
    pub orgs: LiteMap<OrgId, Membership>,
    /// When the credentials end, Unix seconds; `None` = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// When the credentials were issued, Unix seconds, if they say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<u64>,
    /// The id of the token they came in, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Box<str>>,
    /// What they narrow or add beside the rules.
    #[serde(default, skip_serializing_if = "Scopes::is_none")]
    pub scopes: Scopes,
    /// What they say the user is called and looks like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Box<Profile>>,
    /// What tokens for single addresses gave this session.
    #[serde(skip)]
    pub address_grants: AddressGrants,
}

impl Identity {
    /// The same, through an installation where the credentials name none: they are for the one their issuer named, and
    /// the client must not move them to another.
    pub fn through(mut self, device: Option<DeviceId>) -> Self {
        self.device = self.device.or(device);
        self
    }

    /// A user of whom nothing else is known, by credentials that never end.
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

    /// As patterns see it, where an address is judged.
    pub(crate) fn asker(&self, address: &Address) -> Asker<'_> {
        Asker::new(&self.user, &self.orgs, address)
    }

    /// As a session keeps it: without room for more organisations.
    pub(crate) fn kept(mut self) -> Rc<Self> {
        let mut orgs = std::mem::take(&mut self.orgs).into_tuple_vec();
        orgs.shrink_to_fit();
        self.orgs = LiteMap::from_sorted_store_unchecked(orgs);
        Rc::new(self)
    }

    /// Roles and teams of the user in each organisation, as the welcome shows them.
    pub(crate) fn memberships(&self) -> Memberships<'_> {
        let shown = self.orgs.iter().map(|(org, Membership { roles, teams })| {
            let roles = roles.iter().map(String::as_str).collect();
            (org, event::Membership { roles, teams: teams.iter().collect() })
        });
        shown.collect()
    }
}

/// Checks tokens. Implemented by the binary, which has the keys.
pub trait Authenticator: Send + Sync {
    /// The identity a token proves, or why it does not (`bad_credentials`, `token_expired` or `token_revoked`), in
    /// words that may be shown to the client. `spoken`: clients of another wire protocol may have tokens of their
    /// own.
    fn token(&self, token: &str, spoken: Dialect) -> Result<Identity, Refusal>;

    /// The same for new credentials of somebody: a token that names no user renews those of whom it does not name.
    fn renewal(&self, token: &str, spoken: Dialect, _: &UserId) -> Result<Identity, Refusal> {
        self.token(token, spoken)
    }

    /// Whom a token proved before it expired: an operator asks why that user does not connect.
    fn former_user(&self, _token: &str) -> Option<UserId> {
        None
    }

    /// What a token for one address allows whom, or why nothing, as above.
    fn address_token(&self, _token: &str) -> Result<AddressToken, Refusal> {
        Err(Refusal::new(ErrorCode::BadCredentials, "this node takes no tokens for single addresses"))
    }
}
