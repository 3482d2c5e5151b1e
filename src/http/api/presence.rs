//! `GET /v1/presence`: the members of a channel, or the sessions of a user.

use super::user;
use crate::auth::query;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::{web, HttpRequest, HttpResponse};
use hubwire_actors::words::outcome::Occupant;
use hubwire_protocol::event::Presence;
use hubwire_protocol::{Address, ErrorCode, UserId};

/// Most users of a page.
const PAGE_MAX: usize = 1000;
const QUERY: &str =
    "the query must be channel=ch:<org>/<path>, which may have after= (a user) and limit= (1 to 1000), \
                     or user=<id>";

/// Answers `?channel=ch:…` (or `org:…`, `team:…`, if `presence.orgs` is on) or `?user=…` in the form of
/// `@@hub/presence`. For a channel all users, or a page with `limit=` or `after=`.
pub async fn show(state: web::Data<HttpState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    // decoded as on the socket: a `+` is literal, because ids may contain it
    let query = query::pairs(request.query_string())
        .map_err(|query::Undecodable| Failure::new(ErrorCode::BadPayload, "the query is not percent-encoded UTF-8"))?;
    let asked = Asked::read(&query)?;
    let found = match asked.about {
        About::User(user) => state.cluster.presence_of(user).await?,
        About::Channel(channel) => {
            let found = state.cluster.members_page(channel, asked.after, asked.limit.unwrap_or(usize::MAX)).await?;
            if asked.limit.is_some() {
                let users = found.users.iter().map(Occupant::shown).collect();
                return Ok(HttpResponse::Ok().json(Presence { users, count: Some(found.count), more: found.more }));
            }
            found.users
        }
    };
    let users = found.iter().map(Occupant::shown).collect();
    Ok(HttpResponse::Ok().json(Presence { users, ..Presence::default() }))
}

/// The subject of the query.
enum About {
    User(UserId),
    Channel(Address),
}

struct Asked {
    about: About,
    after: Option<UserId>,
    /// The limit, for a page.
    limit: Option<usize>,
}

impl Asked {
    fn read(query: &[(String, String)]) -> Result<Self, Failure> {
        let bad = || Failure::new(ErrorCode::BadPayload, QUERY);
        let (mut about, mut after, mut limit) = (None, None, None);
        for (key, value) in query {
            match key.as_str() {
                "user" if about.is_none() => about = Some(About::User(user(value)?)),
                "channel" if about.is_none() => about = Some(About::Channel(channel(value)?)),
                "after" => after = Some(user(value)?),
                "limit" => {
                    let given = value.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
                    limit = Some(given.ok_or_else(bad)?);
                }
                _ => return Err(bad()),
            }
        }
        let about = about.ok_or_else(bad)?;
        let is_page = after.is_some() || limit.is_some();
        match about {
            About::User(_) if is_page => Err(bad()),
            about => Ok(Asked { about, after, limit: is_page.then(|| limit.unwrap_or(PAGE_MAX)) }),
        }
    }
}

fn channel(text: &str) -> Result<Address, Failure> {
    match text.parse() {
        Ok(address @ (Address::Channel(..) | Address::Org(_) | Address::Team(..))) => Ok(address),
        Ok(other) => {
            Err(Failure::new(ErrorCode::BadAddress, format!("`channel`: {other} is no ch:, org: or team: address")))
        }
        Err(error) => Err(Failure::new(ErrorCode::BadAddress, format!("`channel`: {error}"))),
    }
}
