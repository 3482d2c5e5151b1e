//! `PUT /v1/channels/{channel}/snapshot`: stores the state of a channel at a position.

use super::members::channel;
use crate::http::body::JsonText;
use crate::http::failure::Failure;
use crate::http::fields::Fields;
use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use bytes::Bytes;
use hubwire_protocol::{ErrorCode, Position};
use serde_json::value::RawValue;

/// Stores `{pos, payload}`; the payload's text is kept unchanged.
pub async fn put(
    state: web::Data<HttpState>,
    path: web::Path<String>,
    body: JsonText,
) -> Result<HttpResponse, Failure> {
    let channel = channel(&path)?;
    let mut fields = Fields::parse(&body.0, &["pos", "payload"])?;
    let (pos, payload): (Position, &RawValue) = (fields.need("pos")?, fields.need("payload")?);
    let (bytes, max) = (payload.get().len(), state.snapshot_bytes_max);
    if bytes > max {
        let message = format!("the snapshot has {bytes} bytes, at most {max} are allowed (streams.snapshot_bytes)");
        return Err(Failure::new(ErrorCode::TooBig, message));
    }
    let payload = Bytes::copy_from_slice(payload.get().as_bytes());
    Ok(HttpResponse::Ok().json(state.cluster.put_snapshot(channel, pos, payload).await?))
}
