//! `/metrics`: the node's registry as Prometheus text.

use super::failure::Failure;
use super::responses::{Prometheus, Text};
use super::state::HttpState;
use actix_web::{web, HttpResponse};
use hubwire_protocol::ErrorCode;
use prometheus::{Encoder, TextEncoder};

/// Prints all registered metrics.
pub(super) async fn show(state: web::Data<HttpState>) -> Result<Text<Prometheus>, Failure> {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    encoder
        .encode(&state.registry.gather(), &mut text)
        .map_err(|error| Failure::new(ErrorCode::Internal, format!("metrics cannot be printed: {error}")))?;
    Ok(HttpResponse::Ok().content_type(encoder.format_type()).body(text).into())
}
