//! `GET /v1/presence`: the members of a channel, or the sessions of a user.

use crate::http::failure::Failure;
use crate::http::path::InPath;
use crate::http::query::Query;
use crate::http::responses::{Done, Printed, Status};
use crate::http::state::HttpState;
use crate::http::within::Within;
use actix_web::web;
use hubwire_actors::words::outcome::Occupant;
use hubwire_protocol::event::Presence;
use hubwire_protocol::{Address, ErrorCode, UserId};
use serde::Deserialize;

const QUERY: &str =
    "the query must be channel=ch:<org>/<path>, which may have after= (a user) and limit= (1 to 1000), \
                     or user=<id>";

/// The subject of the query: either a channel or a user.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// A channel; with `presence.orgs` also an organisation or a team (their lists are empty otherwise).
    #[cfg_attr(feature = "schema", schemars(with = "Option<Place>"))]
    channel: Option<String>,
    /// A user.
    #[cfg_attr(feature = "schema", schemars(with = "Option<UserId>"))]
    user: Option<String>,
    /// For a channel: only users after this one, in the order of their ids.
    after: Option<UserId>,
    /// For a channel: the largest number of users. Without `limit` and `after`, all users.
    limit: Option<Within<1, 1000>>,
}

/// Answers `?channel=ch:…` (with `presence.orgs` also `org:…` and `team:…`) or `?user=…` in the form of
/// `@@hub/presence`. For a channel the answer has all users, or with `limit=` or `after=` a page.
pub async fn show(
    state: web::Data<HttpState>,
    Query(asked): Query<Asked>,
) -> Result<Done<Printed<Presence<'static>>>, Failure> {
    let bad = || Failure::new(ErrorCode::BadPayload, QUERY);
    let is_page = asked.after.is_some() || asked.limit.is_some();
    let found = match (asked.channel, asked.user) {
        (None, Some(user)) if !is_page => state.cluster.presence_of(UserId::read(&user)?).await?,
        (Some(place), None) => {
            let limit = match asked.limit {
                Some(limit) => limit.count(),
                None if is_page => Within::<1, 1000>::most().count(),
                None => usize::MAX,
            };
            let found = state.cluster.members_page(channel(&place)?, asked.after, limit).await?;
            if is_page {
                let users = found.users.iter().map(Occupant::shown).collect();
                return Ok(Status(Printed::of(&Presence { users, count: Some(found.count), more: found.more })));
            }
            found.users
        }
        _ => return Err(bad()),
    };
    let users = found.iter().map(Occupant::shown).collect();
    Ok(Status(Printed::of(&Presence { users, ..Presence::default() })))
}

fn channel(text: &str) -> Result<Address, Failure> {
    match text.parse() {
        Ok(address @ (Address::Channel(..) | Address::Org(_) | Address::Team(..))) => Ok(address),
        Ok(other) => {
            Err(Failure::new(ErrorCode::BadAddress, format!("`channel`: {other} is not a ch:, org: or team: address")))
        }
        Err(error) => Err(Failure::new(ErrorCode::BadAddress, format!("`channel`: {error}"))),
    }
}

/// An address that has members.
#[cfg(feature = "schema")]
struct Place;

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Place {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Place".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        use hubwire_protocol::schema::{address, Kind};
        let mut schema = address(&[Kind::Org, Kind::Team, Kind::Channel], "ch:acme/order/1842");
        schema.insert("maxLength".into(), hubwire_protocol::id::PATH_BYTES_MAX.into());
        schema
    }
}
