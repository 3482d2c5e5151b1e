//! `POST /v1/users/{user}/disconnect` and `POST /v1/sessions/{session}/disconnect`: closes all sessions of a user, or
//! one.

use super::members::{told, SessionsTold};
use crate::http::body::Body;
use crate::http::failure::Failure;
use crate::http::path::At;
use crate::http::responses::Done;
use crate::http::state::HttpState;
use actix_web::web;
use hubwire_protocol::{CloseCode, SessionId, UserId};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// How the sessions are closed.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// Close code; its range tells the client whether to reconnect.
    #[serde(default = "forbidden", deserialize_with = "close_code")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "codes"))]
    code: CloseCode,
}

fn forbidden() -> CloseCode {
    CloseCode::Forbidden
}

/// Closes the user's sessions, and returns how many were told to close.
pub async fn disconnect(
    state: web::Data<HttpState>,
    At(user): At<UserId>,
    Body(Closing { code }): Body<Closing>,
) -> Result<Done<SessionsTold>, Failure> {
    told(state.cluster.disconnect(user, code).await?)
}

/// Tells one session to close. 404 if its node is not alive.
pub async fn disconnect_one(
    state: web::Data<HttpState>,
    At(session): At<SessionId>,
    Body(Closing { code }): Body<Closing>,
) -> Result<Done<SessionsTold>, Failure> {
    match state.cluster.disconnect_session(session, code).await? {
        true => told(1),
        false => Err(Failure::NotFound { message: "no node that is alive has this session".into() }),
    }
}

/// Only codes of the range for applications: lower ones belong to RFC 6455 and describe framing errors.
fn application_codes() -> impl Iterator<Item = CloseCode> {
    CloseCode::ALL.iter().copied().filter(|code| code.code() >= 4000)
}

fn close_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CloseCode, D::Error> {
    let number = u16::deserialize(deserializer)?;
    application_codes().find(|code| code.code() == number).ok_or_else(|| {
        let known: Vec<String> = application_codes().map(|code| code.code().to_string()).collect();
        D::Error::custom(format_args!("{number} is not a close code; the known ones are {}", known.join(", ")))
    })
}

#[cfg(feature = "schema")]
fn codes(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let codes: Vec<u16> = application_codes().map(CloseCode::code).collect();
    schemars::json_schema!({ "type": "integer", "enum": codes, "default": forbidden().code() })
}
