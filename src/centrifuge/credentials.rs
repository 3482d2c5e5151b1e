//! Who a client is and what its tokens allow: the claims of Centrifugo's tokens, checked with the node's keys.

use super::Centrifuge;
use crate::auth::jwt::{TokenError, Tokens};
use hubwire_actors::identity::{Authenticator, Identity, Membership};
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::centrifuge::{Channels, Format, ANONYMOUS, EXPIRY_GRACE_S};
use hubwire_protocol::{Dialect, ErrorCode, OrgId, UserId};
use litemap::LiteMap;
use serde_json::Value;
use std::sync::Arc;

/// A client that said who it is.
pub(super) struct Known {
    pub identity: Identity,
    /// Channels the token subscribes it to.
    pub channels: Vec<String>,
}

/// What a subscription token allows.
pub(super) struct Granted {
    /// When it ends, Unix seconds.
    pub expires_at: Option<u64>,
}

/// Why a subscription token is not taken.
pub(super) enum NotGranted {
    /// It has ended: the client gets a new one.
    Expired,
    /// It is none of ours, or of another channel or user.
    Invalid,
}

impl Centrifuge {
    /// The client behind the token of `connect`; an empty one is none.
    pub(super) fn identify(&self, token: &str) -> Result<Known, Refusal> {
        if token.is_empty() {
            return match self.anonymous {
                true => Ok(Known { identity: self.anonymous(LiteMap::new())?, channels: Vec::new() }),
                false => Err(Refusal::new(ErrorCode::BadCredentials, "connect needs a token (centrifuge.anonymous)")),
            };
        }
        let (claims, exp) = self.tokens.claims(token)?;
        let orgs = self.tokens.organisations(&claims)?;
        let mut identity = match claims.get("sub").and_then(Value::as_str).unwrap_or_default() {
            "" => self.anonymous(orgs)?,
            user => member(user.parse().map_err(|error| wrong(&format!("`sub` {error}")))?, orgs),
        };
        identity.expires_at = exp.map(|exp| exp.saturating_add(EXPIRY_GRACE_S));
        identity.issued_at = claims.get("iat").and_then(Value::as_u64);
        identity.token = claims.get("jti").and_then(Value::as_str).map(Box::from);
        Ok(Known { identity, channels: channels(&claims) })
    }

    /// A user of its own for a connection that names none.
    fn anonymous(&self, orgs: LiteMap<OrgId, Membership>) -> Result<Identity, Refusal> {
        let user = format!("{ANONYMOUS}{:016x}", self.environment.random());
        Ok(member(user.parse().map_err(|error| wrong(&format!("the made-up user {error}")))?, orgs))
    }

    /// What a subscription token allows a user.
    pub(super) fn grant(&self, token: &str, channel: &str, user: &UserId) -> Result<Granted, NotGranted> {
        let (claims, expires_at) = self.tokens.claims(token).map_err(|error| match error {
            TokenError::Expired { .. } => NotGranted::Expired,
            _ => NotGranted::Invalid,
        })?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_user = match user.as_str() {
            nobody if nobody.starts_with(ANONYMOUS) => text("sub").is_empty(),
            user => text("sub") == user,
        };
        match is_user && text("channel") == channel {
            true => Ok(Granted { expires_at }),
            false => Err(NotGranted::Invalid),
        }
    }
}

/// A user with the organisations of its token and those of the namespaces.
fn member(user: UserId, mut orgs: LiteMap<OrgId, Membership>) -> Identity {
    for org in Channels::installed().orgs() {
        orgs.try_insert(org.clone(), Membership::default());
    }
    Identity { user, device: None, orgs, expires_at: None, issued_at: None, token: None }
}

/// The claim `channels`, and the keys of `subs`.
fn channels(claims: &Value) -> Vec<String> {
    let named = claims.get("channels").and_then(Value::as_array).into_iter().flatten();
    let named = named.filter_map(Value::as_str).map(str::to_owned);
    let subs = claims.get("subs").and_then(Value::as_object).into_iter().flatten();
    let mut channels: Vec<String> = named.chain(subs.map(|(channel, _)| channel.clone())).collect();
    channels.sort_unstable();
    channels.dedup();
    channels
}

fn wrong(reason: &str) -> Refusal {
    Refusal::new(ErrorCode::BadCredentials, reason)
}

/// Checks tokens by the rules of the endpoint whose clients send them.
pub struct Authenticators {
    /// Those of hubwire's own clients.
    pub own: Arc<Tokens>,
    /// Those of Centrifuge clients, where they are served.
    pub centrifuge: Option<Arc<Centrifuge>>,
}

impl Authenticator for Authenticators {
    fn token(&self, token: &str, spoken: Dialect) -> Result<Identity, Refusal> {
        let is_theirs = [Format::Json, Format::Protobuf].map(Dialect::of_centrifuge).contains(&spoken);
        match self.centrifuge.as_ref().filter(|_| is_theirs) {
            Some(centrifuge) => centrifuge.identify(token).map(|known| known.identity),
            None => self.own.token(token, spoken),
        }
    }
}
