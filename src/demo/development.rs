//! Requests of the page to a development node, besides its socket. Pages from other machines are refused: they could
//! act as any user.

use super::people::{self, PEOPLE};
use crate::auth::dev::DevError;
use crate::http::{issue_ticket, Failure, Fields, HttpState, JsonText};
use actix_web::http::header::{HOST, ORIGIN};
use actix_web::{web, HttpRequest, HttpResponse, Responder};
use hubwire_protocol::{ErrorCode, SessionId};
use serde_json::json;

/// The people to sign in as.
pub async fn people() -> Result<HttpResponse, Failure> {
    let entry = |person: &people::Person| {
        let identity = person.identity().map_err(bad_name)?;
        Ok(json!({ "user": person.user, "name": person.name, "orgs": identity.orgs }))
    };
    let people = PEOPLE.iter().map(entry).collect::<Result<Vec<_>, Failure>>()?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(people))
}

/// A ticket for `{user}`, any user.
pub async fn ticket(
    state: web::Data<HttpState>,
    request: HttpRequest,
    body: JsonText,
) -> Result<HttpResponse, Failure> {
    of_this_machine(&state, &request)?;
    let mut fields = Fields::parse(&body.0, &["user"])?;
    let identity = people::identity(fields.need("user")?).map_err(bad_name)?;
    Ok(issue_ticket(&state, identity, None).await?.respond_to(&request))
}

/// Drains the node of the session in `{session}`, on whatever node this request arrives.
pub async fn drain(state: web::Data<HttpState>, request: HttpRequest, body: JsonText) -> Result<HttpResponse, Failure> {
    of_this_machine(&state, &request)?;
    let mut fields = Fields::parse(&body.0, &["session"])?;
    let session: SessionId = fields.need("session")?;
    state.cluster.ask_to_drain(session.incarnation());
    Ok(HttpResponse::Accepted().json(json!({ "draining": true })))
}

fn bad_name(error: DevError) -> Failure {
    Failure::new(ErrorCode::BadPayload, error.to_string())
}

/// Refuses a page that could not open a socket here, either (`auth.allowed_origins`).
fn of_this_machine(state: &HttpState, request: &HttpRequest) -> Result<(), Failure> {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    match state.pages.load().permit(text(ORIGIN), text(HOST)) {
        true => Ok(()),
        false => Err(Failure::new(
            ErrorCode::Forbidden,
            "this page may not sign in here; list its origin in auth.allowed_origins",
        )),
    }
}
