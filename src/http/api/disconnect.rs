//! `POST /v1/users/{user}/disconnect` and `POST /v1/sessions/{session}/disconnect`:
//! closes all sessions of a user, or one.

use super::{session, user};
use crate::http::body::JsonText;
use crate::http::failure::Failure;
use crate::http::fields::Fields;
use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use hubwire_protocol::{CloseCode, ErrorCode};
use serde_json::json;

/// Closes the user's sessions with `{code?}` (default 4403). Answers with the number of sessions that were asked.
pub async fn disconnect(
    state: web::Data<HttpState>,
    path: web::Path<String>,
    body: JsonText,
) -> Result<HttpResponse, Failure> {
    let user = user(&path)?;
    let code = code(&body)?;
    let sessions = state.cluster.disconnect(user, code).await?;
    Ok(HttpResponse::Ok().json(json!({ "sessions": sessions })))
}

/// Tells one session to close with `{code?}`. 404 when its node is not alive.
pub async fn disconnect_one(
    state: web::Data<HttpState>,
    path: web::Path<String>,
    body: JsonText,
) -> Result<HttpResponse, Failure> {
    match state.cluster.disconnect_session(session(&path)?, code(&body)?).await? {
        true => Ok(HttpResponse::Ok().json(json!({ "sessions": 1 }))),
        false => Err(Failure::NotFound { message: "no node that is alive has this session".into() }),
    }
}

fn code(body: &JsonText) -> Result<CloseCode, Failure> {
    match Fields::parse(&body.0, &["code"])?.take::<u16>("code")? {
        Some(number) => close_code(number),
        None => Ok(CloseCode::Forbidden),
    }
}

/// Only codes of the application's range: lower ones belong to RFC 6455 and describe protocol faults.
fn close_code(number: u16) -> Result<CloseCode, Failure> {
    let application = || CloseCode::ALL.iter().copied().filter(|code| code.code() >= 4000);
    application().find(|code| code.code() == number).ok_or_else(|| {
        let known: Vec<String> = application().map(|code| code.code().to_string()).collect();
        let message = format!("`code`: {number} is no close code; known are {}", known.join(", "));
        Failure::new(ErrorCode::BadPayload, message)
    })
}
