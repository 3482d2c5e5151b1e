//! `POST /v1/drain`: the node hands its sessions over to the others and ends.

use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use serde_json::json;

/// Begins the drain and answers at once; `begun` says whether this request began it.
pub async fn begin(state: web::Data<HttpState>) -> HttpResponse {
    let begun = state.drain.begin();
    HttpResponse::Accepted().json(json!({ "draining": true, "begun": begun }))
}
