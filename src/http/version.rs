//! `/version`: the version of this node, for scripts and clients.

use actix_web::HttpResponse;
use serde_json::json;

/// The protocol of the sockets.
const PROTOCOL: &str = "hubwire.v1";

/// Name and version of the program, and its protocol.
pub(super) async fn show() -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "protocol": PROTOCOL,
    }))
}
