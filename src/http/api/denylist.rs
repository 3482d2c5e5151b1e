//! Blocking users and addresses, and revoking tokens: `POST /v1/users/{user}/block` and `/unblock`, `POST
//! /v1/addresses/block` and `/unblock`, `POST /v1/tokens/revoke`, `GET /v1/blocks`.

#[cfg(feature = "schema")]
use super::blocked_network::network_schema;
use super::blocked_network::{alone, listed, network};
use crate::http::body::Body;
use crate::http::failure::Failure;
use crate::http::path::At;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use crate::http::within::Within;
use actix_web::web;
use hubwire_actors::backend::{Denial, DenialSubject};
use hubwire_protocol::{ErrorCode, UserId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Duration of a denial in seconds: ten years at most.
type Seconds = Within<1, 315_360_000>;
/// Longest token id, and longest reason, in bytes.
const TEXT_MAX: usize = 256;

/// The block of a user.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UserBlock {
    /// For how long.
    seconds: Seconds,
    /// For operators, at most 256 bytes.
    #[serde(default)]
    reason: Option<String>,
}

/// The block of an address or a network.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AddressBlock {
    #[cfg_attr(feature = "schema", schemars(schema_with = "network_schema"))]
    address: String,
    /// For how long.
    seconds: Seconds,
    /// For operators, at most 256 bytes.
    reason: Option<String>,
}

/// An address or a network, as it was blocked.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BlockedAddress {
    #[cfg_attr(feature = "schema", schemars(schema_with = "network_schema"))]
    address: String,
}

/// The tokens to revoke: one token by `jti`, or all tokens of a user that were issued before a time.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", schemars(extend("oneOf" = [
    { "required": ["jti"], "properties": { "user": false, "issued_before": false } },
    { "required": ["user", "issued_before"], "properties": { "jti": false } },
])))]
pub struct Revocation {
    /// The claim `jti` of the token, at most 256 bytes.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    jti: Option<String>,
    user: Option<UserId>,
    /// Unix seconds; compared with the claim `iat`.
    issued_before: Option<u64>,
    /// For how long; absent: for as long as a token may be valid.
    seconds: Option<Seconds>,
}

/// The denial is in force.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Denied {
    expires_in_s: u64,
}

/// The network is blocked.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AddressDenied {
    /// The network as it is listed.
    address: String,
    expires_in_s: u64,
}

/// Whether the user was blocked before this request.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserAllowed {
    was_blocked: bool,
}

/// Whether the network was blocked before this request.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AddressAllowed {
    address: String,
    was_blocked: bool,
}

/// The blocks and revocations that have not expired.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Denials {
    blocks: Vec<BlockOfUser>,
    addresses: Vec<BlockOfAddress>,
    revocations: Vec<RevocationListed>,
}

/// The reason of a block, and its remaining time.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Block {
    reason: String,
    expires_in_s: u64,
}

impl Block {
    pub(super) fn of(denial: &Denial) -> Self {
        Block { reason: denial.reason.clone(), expires_in_s: seconds_left(denial) }
    }
}

/// A blocked user.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BlockOfUser {
    user: UserId,
    #[serde(flatten)]
    block: Block,
}

/// A blocked address or network.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BlockOfAddress {
    address: String,
    #[serde(flatten)]
    block: Block,
}

/// A revocation: of one token with `jti`, or of the tokens of a `user`, with `issued_before`.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum RevocationListed {
    /// One token.
    Token {
        /// Its claim `jti`.
        jti: String,
        /// For how long yet.
        expires_in_s: u64,
    },
    /// All tokens of a user that were issued before a time.
    TokensOf {
        /// The user.
        user: UserId,
        /// Unix seconds; compared with the claim `iat`.
        issued_before: u64,
        /// For how long yet.
        expires_in_s: u64,
    },
}

/// Blocks a user: every node closes its sessions, and refuses new ones until the block ends.
pub async fn block(
    state: web::Data<HttpState>,
    At(user): At<UserId>,
    Body(UserBlock { seconds, reason }): Body<UserBlock>,
) -> Result<Done<Denied>, Failure> {
    let reason = text("reason", reason.unwrap_or_default())?;
    let left = lasting(seconds);
    state.cluster.deny(Denial { subject: DenialSubject::User(user), issued_before: 0, reason, left }).await?;
    Ok(Status(Denied { expires_in_s: left.as_secs() }))
}

/// Ends the block of a user. Revoked tokens stay revoked.
pub async fn unblock(state: web::Data<HttpState>, At(user): At<UserId>) -> Result<Done<UserAllowed>, Failure> {
    let was_blocked = state.cluster.allow(DenialSubject::User(user)).await?;
    Ok(Status(UserAllowed { was_blocked }))
}

/// Blocks an address or a network: every node closes sessions from there, and refuses handshakes from there until the
/// block ends.
pub async fn block_address(
    state: web::Data<HttpState>,
    Body(AddressBlock { address, seconds, reason }): Body<AddressBlock>,
) -> Result<Done<AddressDenied>, Failure> {
    let network = network(&address)?;
    let reason = text("reason", reason.unwrap_or_default())?;
    let left = lasting(seconds);
    state.cluster.deny(Denial { subject: DenialSubject::Address(network), issued_before: 0, reason, left }).await?;
    Ok(Status(AddressDenied { address: listed(network), expires_in_s: left.as_secs() }))
}

/// Ends the block of an address or a network. It must be the same as in the block: a single address within a blocked
/// network stays blocked. A bare address of IPv6 ends the block of its /64 network and one of the address alone.
pub async fn unblock_address(
    state: web::Data<HttpState>,
    Body(BlockedAddress { address }): Body<BlockedAddress>,
) -> Result<Done<AddressAllowed>, Failure> {
    let network = network(&address)?;
    let mut was_blocked = state.cluster.allow(DenialSubject::Address(network)).await?;
    // nodes of former versions blocked the address alone
    if let Some(alone) = alone(&address).filter(|alone| *alone != network) {
        was_blocked |= state.cluster.allow(DenialSubject::Address(alone)).await?;
    }
    Ok(Status(AddressAllowed { address: listed(network), was_blocked }))
}

/// Revokes one token, or all tokens and tickets of a user that were issued before a time. Without `seconds`, the
/// revocation lasts as long as a token may be valid.
pub async fn revoke(state: web::Data<HttpState>, Body(said): Body<Revocation>) -> Result<Done<Denied>, Failure> {
    let now_s = state.environment.unix_ms() / 1000;
    let as_tokens = || Within::nearest(state.tokens.latest_expiry(now_s).saturating_sub(now_s));
    let left = lasting(said.seconds.unwrap_or_else(as_tokens));
    let (subject, issued_before) = match (said.jti, said.user, said.issued_before) {
        (Some(token), None, None) if token.is_empty() => return Err(bad("`jti`: it is empty")),
        (Some(token), None, None) => (DenialSubject::Token(text("jti", token)?), 0),
        (None, Some(user), Some(before)) => (DenialSubject::TokensOf(user), before),
        _ => return Err(bad("give either `jti`, or both `user` and `issued_before` (Unix seconds)")),
    };
    state.cluster.deny(Denial { subject, issued_before, reason: String::new(), left }).await?;
    Ok(Status(Denied { expires_in_s: left.as_secs() }))
}

/// Lists blocked users and addresses, and revoked tokens.
pub async fn list(state: web::Data<HttpState>) -> Result<Done<Denials>, Failure> {
    let (mut blocks, mut addresses, mut revocations) = (Vec::new(), Vec::new(), Vec::new());
    for denial in state.cluster.denials().await? {
        let (block, expires_in_s, issued_before) = (Block::of(&denial), seconds_left(&denial), denial.issued_before);
        match denial.subject {
            DenialSubject::User(user) => blocks.push(BlockOfUser { user, block }),
            DenialSubject::Address(network) => addresses.push(BlockOfAddress { address: listed(network), block }),
            DenialSubject::Token(jti) => revocations.push(RevocationListed::Token { jti, expires_in_s }),
            DenialSubject::TokensOf(user) => {
                revocations.push(RevocationListed::TokensOf { user, issued_before, expires_in_s });
            }
        }
    }
    Ok(Status(Denials { blocks, addresses, revocations }))
}

/// The remaining time of a denial. A listed denial has not ended.
fn seconds_left(denial: &Denial) -> u64 {
    u64::try_from(denial.left.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}

fn lasting(seconds: Seconds) -> Duration {
    Duration::from_secs(seconds.get())
}

fn text(key: &str, given: String) -> Result<String, Failure> {
    match given.len() {
        0..=TEXT_MAX => Ok(given),
        bytes => Err(bad(format!("`{key}`: it has {bytes} bytes; at most {TEXT_MAX} are allowed"))),
    }
}

fn bad(message: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::BadPayload, message)
}
