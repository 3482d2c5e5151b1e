//! `GET /`: describes the server.

use actix_web::HttpResponse;
use serde_json::json;

/// Name, version, and the places of sockets and documents.
pub async fn show() -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "socket": "/ws",
        "docs": "docs/protocol.md for sockets, docs/http-api.md for this API",
    }))
}
