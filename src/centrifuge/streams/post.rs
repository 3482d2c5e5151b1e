//! `POST /emulation`: passes messages of a stream's client to its session, on any node.

use crate::http::{Failure, HttpState};
use crate::sse::{Key, Posted};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{web, HttpRequest, HttpResponse};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use hubwire_protocol::centrifuge::{Format, Posted as Command};
use hubwire_protocol::ErrorCode;

/// Forwards it. The outcome arrives in the response stream.
pub(super) async fn post(
    state: web::Data<HttpState>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let format = if content_type.starts_with("application/octet-stream") { Format::Protobuf } else { Format::Json };
    let wrong = || Failure::new(ErrorCode::BadPayload, "the body is `session`, `node` and `data`");
    let Command { session, data } = format.posted(&body).ok_or_else(wrong)?;
    if data.len() > state.message_bytes_max {
        let max = state.message_bytes_max;
        return Err(Failure::new(ErrorCode::TooBig, format!("commands have at most {max} bytes together")));
    }
    let gone = || Failure::NotFound { message: "there is no such session".into() };
    let (session, key) = session.split_once('.').ok_or_else(gone)?;
    let session = session.parse().map_err(|_| gone())?;
    let frame = match format {
        Format::Protobuf => STANDARD.encode(&data),
        Format::Json => String::from_utf8(data.into_owned()).map_err(|_| wrong())?,
    };
    let posted = Posted { session, key: Key::shown(key), frame: Some(frame) };
    state.posts.bring(&*state.cluster, posted).await.map_err(|(code, message)| Failure::new(code, message))?;
    Ok(HttpResponse::NoContent().finish())
}
