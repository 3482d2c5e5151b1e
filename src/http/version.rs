//! `/version`: what runs here, for scripts and clients.

use actix_web::HttpResponse;
use serde_json::json;

/// What the sockets speak.
const PROTOCOL: &str = "hubwire.v1";

/// Name and version of the program, and the protocol it speaks.
pub(super) async fn show() -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "protocol": PROTOCOL,
    }))
}
