//! `GET /`: says what answers here.

use actix_web::HttpResponse;
use serde_json::json;

/// Name, version and where sockets and documents are.
pub async fn show() -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "socket": "/ws",
        "docs": "docs/protocol.md for sockets, docs/http-api.md for this API",
    }))
}
