//! `POST /v1/reload`: this node reloads its configuration, as on SIGHUP.

use crate::http::failure::Failure;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use crate::reload::Reloaded;
use actix_web::web;
use hubwire_protocol::ErrorCode;

/// Answers when the reload is complete: with the options that changed, and those that need a restart.
pub async fn reload(state: web::Data<HttpState>) -> Result<Done<Reloaded>, Failure> {
    let done = state.reload.reload().await;
    let busy = || Failure::new(ErrorCode::Overloaded, "too many reloads are waiting; try again");
    match done.ok_or_else(busy)? {
        Ok(done) => Ok(Status(done)),
        Err(reasons) => Err(Failure::BadConfiguration { reasons }),
    }
}
