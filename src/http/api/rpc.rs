//! `POST /v1/sessions/{session}/rpc` calls one session; `POST /v1/sessions/{session}/reply` answers the call of one.

use super::members::{told, SessionsTold};
use crate::http::body::Body;
use crate::http::failure::Failure;
use crate::http::path::At;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use crate::http::within::Within;
use actix_web::web;
use hubwire_actors::words::rpc::{Brought, CallBody, LateReply};
use hubwire_protocol::rpc::{is_method, Json, METHOD_BYTES_MAX};
use hubwire_protocol::{ErrorCode, SessionId};
use serde::Deserialize;
use std::time::Duration;

/// How long a session has to reply: five minutes at most.
type Timeout = Within<1, 300_000>;

/// A call of a session.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The method to call.
    #[cfg_attr(feature = "schema", schemars(schema_with = "hubwire_protocol::rpc::method_schema"))]
    method: String,
    /// Its arguments.
    params: Option<Json>,
    /// How long the session has to reply.
    #[serde(default = "ten_seconds")]
    timeout_ms: Timeout,
}

fn ten_seconds() -> Timeout {
    Within::nearest(10_000)
}

/// The reply to an rpc of a session: a `result`, or an `error`.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", schemars(extend("oneOf" = [{ "required": ["result"] }, { "required": ["error"] }])))]
pub struct Reply {
    /// The `id` of the call that the application received.
    re: String,
    /// The result.
    result: Option<Json>,
    /// Instead of `result`: the error, in the application's own form.
    error: Option<Json>,
}

/// Calls a session, and answers with the reply of its client.
pub async fn call(
    state: web::Data<HttpState>,
    At(session): At<SessionId>,
    Body(Call { method, params, timeout_ms }): Body<Call>,
) -> Result<Done<Brought>, Failure> {
    if !is_method(&method) {
        let message = format!("`method` must be 1 to {METHOD_BYTES_MAX} printable ASCII characters without spaces");
        return Err(bad(message));
    }
    fits(&state, params.as_ref())?;
    let body = CallBody { method, params };
    Ok(Status(state.cluster.call(session, body, Duration::from_millis(timeout_ms.get())).await?))
}

/// Answers an rpc of a session. 404 if its node is not alive.
pub async fn reply(
    state: web::Data<HttpState>,
    At(session): At<SessionId>,
    Body(Reply { re, result, error }): Body<Reply>,
) -> Result<Done<SessionsTold>, Failure> {
    let brought = match (result, error) {
        (Some(_), Some(_)) => return Err(bad("a reply has either a `result` or an `error`".into())),
        (None, Some(error)) => Brought::Error(error),
        (result, None) => Brought::Result(result.unwrap_or_else(Json::null)),
    };
    let (Brought::Result(json) | Brought::Error(json)) = &brought;
    fits(&state, Some(json))?;
    match state.cluster.reply(session, LateReply { re: re.into(), brought }).await? {
        true => told(1),
        false => Err(Failure::NotFound { message: "no node that is alive has this session".into() }),
    }
}

/// Limits a value to the length of a client's frame, which fits into a session's outbox.
fn fits(state: &HttpState, json: Option<&Json>) -> Result<(), Failure> {
    let (bytes, max) = (json.map_or(0, |json| json.get().len()), state.limits.load().frame_bytes_max);
    match bytes > max {
        true => Err(Failure::new(ErrorCode::TooBig, format!("{bytes} bytes; at most {max} are allowed"))),
        false => Ok(()),
    }
}

fn bad(message: String) -> Failure {
    Failure::new(ErrorCode::BadPayload, message)
}
