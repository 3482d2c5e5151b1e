//! `POST /v1/sessions/{session}/rpc` calls one session; `POST /v1/sessions/{session}/reply` answers the call of one.

use crate::http::body::JsonText;
use crate::http::failure::Failure;
use crate::http::fields::Fields;
use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use hubwire_actors::words::rpc::{Brought, CallBody, LateReply};
use hubwire_protocol::rpc::{is_method, Json, METHOD_BYTES_MAX};
use hubwire_protocol::{ErrorCode, SessionId};
use serde_json::json;
use std::time::Duration;

/// Default time for the reply.
const TIMEOUT_MS: u64 = 10_000;
/// Longest time for the reply.
const TIMEOUT_MS_MAX: u64 = 300_000;

/// Calls a session with `{method, params?, timeout_ms?}` and answers with the reply of its client: `{"result":…}` or
/// `{"error":…}`.
pub async fn call(
    state: web::Data<HttpState>,
    path: web::Path<String>,
    body: JsonText,
) -> Result<HttpResponse, Failure> {
    let session = session(&path)?;
    let mut fields = Fields::parse(&body.0, &["method", "params", "timeout_ms"])?;
    let method: String = fields.need("method")?;
    if !is_method(&method) {
        let message = format!("`method` must be 1 to {METHOD_BYTES_MAX} printable ASCII characters without spaces");
        return Err(bad(message));
    }
    let params: Option<Json> = fields.take("params")?;
    let timeout_ms = fields.take("timeout_ms")?.unwrap_or(TIMEOUT_MS);
    if !(1..=TIMEOUT_MS_MAX).contains(&timeout_ms) {
        return Err(bad(format!("`timeout_ms` must be from 1 to {TIMEOUT_MS_MAX}")));
    }
    fits(&state, params.as_ref())?;
    let body = CallBody { method, params };
    Ok(HttpResponse::Ok().json(state.cluster.call(session, body, Duration::from_millis(timeout_ms)).await?))
}

/// Answers an rpc of a session with `{re, result}` or `{re, error}`. 404 when its node is not alive.
pub async fn reply(
    state: web::Data<HttpState>,
    path: web::Path<String>,
    body: JsonText,
) -> Result<HttpResponse, Failure> {
    let session = session(&path)?;
    let mut fields = Fields::parse(&body.0, &["re", "result", "error"])?;
    let re: String = fields.need("re")?;
    let brought = match (fields.take::<Json>("result")?, fields.take::<Json>("error")?) {
        (Some(_), Some(_)) => return Err(bad("a reply has a `result` or an `error`, not both".into())),
        (None, Some(error)) => Brought::Error(error),
        (result, None) => Brought::Result(result.unwrap_or_else(Json::null)),
    };
    let (Brought::Result(json) | Brought::Error(json)) = &brought;
    fits(&state, Some(json))?;
    match state.cluster.reply(session, LateReply { re: re.into(), brought }).await? {
        true => Ok(HttpResponse::Ok().json(json!({ "sessions": 1 }))),
        false => Err(Failure::NotFound { message: "no node that is alive has this session".into() }),
    }
}

fn session(text: &str) -> Result<SessionId, Failure> {
    text.parse().map_err(|error| Failure::new(ErrorCode::BadAddress, format!("session: {error}")))
}

/// The same limit as for messages of clients, so that it fits into a session's outbox.
fn fits(state: &HttpState, json: Option<&Json>) -> Result<(), Failure> {
    let (bytes, max) = (json.map_or(0, |json| json.get().len()), state.limits.load().frame_bytes_max);
    match bytes > max {
        true => Err(Failure::new(ErrorCode::TooBig, format!("{bytes} bytes; at most {max} are taken"))),
        false => Ok(()),
    }
}

fn bad(message: String) -> Failure {
    Failure::new(ErrorCode::BadPayload, message)
}
