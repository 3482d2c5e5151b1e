//! `POST /v1/reload`: this node reads its configuration again, as at SIGHUP.

use crate::http::failure::Failure;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use crate::reload::Reloaded;
use actix_web::web;
use hubwire_protocol::ErrorCode;

/// Answers when it is done: what is in use now, and what needs a restart.
pub async fn reload(state: web::Data<HttpState>) -> Result<Done<Reloaded>, Failure> {
    let done = state.reload.reload().await;
    let busy = || Failure::new(ErrorCode::Overloaded, "others ask for a reload too; try again");
    match done.ok_or_else(busy)? {
        Ok(done) => Ok(Status(done)),
        Err(reasons) => Err(Failure::BadConfiguration { reasons }),
    }
}
