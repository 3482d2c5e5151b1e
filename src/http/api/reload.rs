//! `POST /v1/reload`: this node reads its configuration again, as at SIGHUP.

use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use hubwire_protocol::ErrorCode;
use serde_json::json;

/// Answers after the reload: the options that are in use now, and those that need a restart.
pub async fn reload(state: web::Data<HttpState>) -> Result<HttpResponse, Failure> {
    let done = state.reload.reload().await;
    let busy = || Failure::new(ErrorCode::Overloaded, "others ask for a reload too; try again");
    match done.ok_or_else(busy)? {
        Ok(done) => Ok(HttpResponse::Ok().json(json!({ "changed": done.changed, "need_restart": done.need_restart }))),
        Err(reasons) => Err(Failure::BadConfiguration { reasons }),
    }
}
