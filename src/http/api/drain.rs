//! `POST /v1/drain`: the node hands its sessions over to the others and ends.

use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use serde_json::json;

/// Starts the drain and answers at once; `begun` tells whether this request started it.
pub async fn begin(state: web::Data<HttpState>) -> HttpResponse {
    let begun = state.drain.begin();
    HttpResponse::Accepted().json(json!({ "draining": true, "begun": begun }))
}
