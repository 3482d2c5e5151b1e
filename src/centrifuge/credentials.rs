//! The identity and the rights of a client: claims of Centrifugo's tokens, checked with the node's keys.

use super::beginning::{ServerSub, ServerSubs};
use super::shared::Centrifuge;
use crate::auth::jwt::{TokenError, Tokens};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use hubwire_actors::access::address_grants::AddressToken;
use hubwire_actors::identity::{Authenticator, Identity, OrgMembership};
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::centrifuge::{Channels, Format, ANONYMOUS, EXPIRY_GRACE_S};
use hubwire_protocol::{Dialect, ErrorCode, UserId};
use serde_json::Value;
use std::sync::Arc;

/// An authenticated client.
pub(super) struct Known {
    pub identity: Identity,
    /// Channels to which the token subscribes it.
    pub channels: ServerSubs,
    /// The client's info in the token, as JSON.
    pub info: Option<Box<str>>,
    /// Data of the application that admitted it for the client, as JSON.
    pub data: Option<Box<str>>,
    /// When the application that admitted it has to renew that, Unix seconds.
    pub renewed_at: Option<u64>,
}

/// The grant of a subscription token.
pub(super) struct Granted {
    /// Expiry, Unix seconds.
    pub expires_at: Option<u64>,
    /// The client's info, as JSON.
    pub info: Option<Box<str>>,
    /// The token by which the denylist knows it.
    pub bearer: Identity,
}

/// Why a subscription token is refused.
pub(super) enum NotGranted {
    /// It has expired: the client gets a new one.
    Expired,
    /// It is none that this node accepts.
    Unreadable,
    /// It is for another channel or user.
    Invalid,
}

/// The claim that only subscription tokens have.
pub const SUBSCRIPTION_CLAIM: &str = "channel";

impl Centrifuge {
    /// The client of the token in `connect`; an empty one is no token. `renewed`: the user whose credentials it renews.
    pub(super) fn identify(&self, token: &str, renewed: Option<&UserId>) -> Result<Known, Refusal> {
        let nobody = || match renewed.filter(|user| user.as_str().starts_with(ANONYMOUS)) {
            Some(user) => Ok(user.clone()),
            None => self.anonymous(),
        };
        if token.is_empty() {
            return match self.anonymous {
                true => {
                    let identity = of_namespaces(Identity::of(nobody()?));
                    Ok(Known { identity, channels: Vec::new(), info: None, data: None, renewed_at: None })
                }
                false => Err(Refusal::new(ErrorCode::BadCredentials, "connect needs a token (centrifuge.anonymous)")),
            };
        }
        let (claims, exp) = self.tokens.claims(token)?;
        if claims.get(SUBSCRIPTION_CLAIM).is_some() {
            return Err(wrong("it is the token of a subscription"));
        }
        let user = match claims.get("sub") {
            None | Some(Value::Null) => nobody()?,
            Some(Value::String(none)) if none.is_empty() => nobody()?,
            Some(Value::String(user)) => user.parse().map_err(|error| wrong(&format!("`sub` {error}")))?,
            Some(_) => return Err(wrong("`sub` is no text")),
        };
        let named = self.tokens.identity_of(user, &claims)?;
        // a token that names organisations is one of a tenant, which the namespaces must not open to it
        let mut identity = if named.orgs.is_empty() { of_namespaces(named) } else { named };
        identity.expires_at = self.ends_at(&claims, exp)?.map(|ends_at| ends_at.saturating_add(EXPIRY_GRACE_S));
        let bearer = bearer(&identity.user, &claims);
        (identity.issued_at, identity.token) = (bearer.issued_at, bearer.token);
        Ok(Known { identity, channels: channels(&claims), info: info(&claims), data: None, renewed_at: None })
    }

    /// The client that the application admitted, by the result of its connect proxy.
    pub(super) fn let_in(&self, result: &Value) -> Result<Known, Refusal> {
        let user = match result.get("user").and_then(Value::as_str).unwrap_or_default() {
            "" => self.anonymous()?,
            user => user.parse().map_err(|error| wrong(&format!("`user` {error}")))?,
        };
        let ends_at = result.get("expire_at").and_then(Value::as_u64).filter(|ends_at| *ends_at > 0);
        let mut identity = of_namespaces(Identity::of(user));
        identity.issued_at = Some(self.now_s());
        let (channels, info, data) = (channels(result), info(result), data(result));
        Ok(Known { identity, channels, info, data, renewed_at: ends_at })
    }

    /// The user of a token that was refused because it has ended.
    pub(super) fn former_user(&self, refusal: &Refusal, token: &str) -> Option<UserId> {
        let has_ended = refusal.code == ErrorCode::TokenExpired;
        has_ended.then(|| self.tokens.former_user(token)).flatten()
    }

    /// A random user for a connection without one.
    fn anonymous(&self) -> Result<UserId, Refusal> {
        let user = format!("{ANONYMOUS}{:016x}", self.environment.random());
        user.parse().map_err(|error| wrong(&format!("the made-up user {error}")))
    }

    /// The grant of a subscription token for a user.
    pub(super) fn grant(&self, token: &str, channel: &str, user: &UserId) -> Result<Granted, NotGranted> {
        let refused = |error| match error {
            TokenError::Expired { .. } => NotGranted::Expired,
            _ => NotGranted::Unreadable,
        };
        let (claims, exp) = self.tokens.claims(token).map_err(refused)?;
        let expires_at = self.ends_at(&claims, exp).map_err(refused)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_user = match user.as_str() {
            nobody if nobody.starts_with(ANONYMOUS) => text("sub").is_empty(),
            user => text("sub") == user,
        };
        match is_user && text(SUBSCRIPTION_CLAIM) == channel {
            true => {
                let bearer = bearer(user, &claims);
                Ok(Granted { expires_at, info: info(&claims), bearer })
            }
            false => Err(NotGranted::Invalid),
        }
    }

    /// The end of what a token opens, Unix seconds: its `exp`, or `expire_at` in place of that (0: no end). The same
    /// rules bound both.
    fn ends_at(&self, claims: &Value, exp: Option<u64>) -> Result<Option<u64>, TokenError> {
        let Some(said) = claims.get("expire_at").filter(|said| !said.is_null()) else { return Ok(exp) };
        let seconds = said
            .as_u64()
            .ok_or_else(|| TokenError::Claims { reason: "`expire_at` is no whole number of seconds".into() })?;
        let ends_at = Some(seconds).filter(|seconds| *seconds > 0);
        self.tokens.check_expiry(ends_at)?;
        Ok(ends_at)
    }
}

/// A user with a token, as far as its claims name it: when it was issued, and its id.
fn bearer(user: &UserId, claims: &Value) -> Identity {
    let issued_at = claims.get("iat").and_then(Value::as_u64);
    let token = claims.get("jti").and_then(Value::as_str).map(Box::from);
    Identity { issued_at, token, ..Identity::of(user.clone()) }
}

/// Makes a client without organisations a member of those of the namespaces.
fn of_namespaces(mut identity: Identity) -> Identity {
    for org in Channels::installed().orgs() {
        identity.orgs.try_insert(org.clone(), OrgMembership::default());
    }
    identity
}

/// The channels in the claim `channels`, and those in `subs` with what they say of each.
fn channels(claims: &Value) -> ServerSubs {
    let subs = claims.get("subs").and_then(Value::as_object).into_iter().flatten();
    let subs =
        subs.map(|(channel, options)| ServerSub { channel: channel.clone(), info: info(options), data: data(options) });
    let named = claims.get("channels").and_then(Value::as_array).into_iter().flatten();
    let named = named.filter_map(Value::as_str);
    let named = named.map(|channel| ServerSub { channel: channel.to_owned(), info: None, data: None });
    let mut channels: Vec<_> = subs.chain(named).collect();
    // of equal names the one of `subs` is kept
    channels.sort_by(|one, other| one.channel.cmp(&other.channel));
    channels.dedup_by(|one, other| one.channel == other.channel);
    channels
}

/// The claim `info`, or the decoded `b64info` if it is JSON.
fn info(claims: &Value) -> Option<Box<str>> {
    json(claims, "info", "b64info")
}

/// The same of `data`.
fn data(result: &Value) -> Option<Box<str>> {
    json(result, "data", "b64data")
}

fn json(fields: &Value, plain: &str, encoded: &str) -> Option<Box<str>> {
    let encoded = || {
        let bytes = STANDARD.decode(fields.get(encoded)?.as_str()?).ok()?;
        let value: Value = serde_json::from_slice(&bytes).ok()?;
        Some(value.to_string().into())
    };
    fields.get(plain).filter(|value| !value.is_null()).map(|value| value.to_string().into()).or_else(encoded)
}

fn wrong(reason: &str) -> Refusal {
    Refusal::new(ErrorCode::BadCredentials, reason)
}

/// Checks tokens by the rules of the endpoint that their clients use.
pub struct Authenticators {
    /// For hubwire's own clients.
    pub own: Arc<Tokens>,
    /// For Centrifuge clients, if they are served.
    pub centrifuge: Option<Arc<Centrifuge>>,
}

impl Authenticators {
    fn of_clients_of(&self, spoken: Dialect) -> Option<&Centrifuge> {
        let is_theirs = [Format::Json, Format::Protobuf].map(Dialect::of_centrifuge).contains(&spoken);
        self.centrifuge.as_deref().filter(|_| is_theirs)
    }
}

impl Authenticator for Authenticators {
    fn token(&self, token: &str, spoken: Dialect) -> Result<Identity, Refusal> {
        match self.of_clients_of(spoken) {
            Some(centrifuge) => centrifuge.identify(token, None).map(|known| known.identity),
            None => self.own.token(token, spoken),
        }
    }

    fn renewal(&self, token: &str, spoken: Dialect, user: &UserId) -> Result<Identity, Refusal> {
        match self.of_clients_of(spoken) {
            Some(centrifuge) => centrifuge.identify(token, Some(user)).map(|known| known.identity),
            None => self.own.token(token, spoken),
        }
    }

    fn former_user(&self, token: &str) -> Option<UserId> {
        self.own.former_user(token)
    }

    fn address_token(&self, token: &str) -> Result<AddressToken, Refusal> {
        self.own.address_token(token)
    }
}
