//! `GET /stream`, `POST` and `DELETE /stream/{session}`: a session without WebSockets.

use crate::http::body::{OneOrMany, TextOf};
use crate::http::failure::Failure;
use crate::http::key::bearer;
use crate::http::path::At;
use crate::http::responses::{Bare, Events, Nothing, Text};
use crate::http::state::HttpState;
use crate::sse::{self, Key, Posted, Streams};
use actix_web::{web, HttpRequest};
use hubwire_protocol::{ErrorCode, SessionId};
use serde_json::{Map, Value};

/// An action, as on the socket.
type Action = Map<String, Value>;

/// Begins a session that sends its frames as events of the response.
pub async fn open(request: HttpRequest) -> Result<Text<Events>, Failure> {
    let Some(streams) = request.app_data::<web::Data<Streams>>() else {
        return Err(Failure::NotFound { message: "socket.stream is off, so there are no streams".into() });
    };
    Ok(sse::open(streams, &request).await.into())
}

/// Accepts an action or an array of them for a session on any node. The outcomes arrive on the stream.
pub async fn post(
    state: web::Data<HttpState>,
    At(session): At<SessionId>,
    request: HttpRequest,
    body: TextOf<OneOrMany<Action>>,
) -> Result<Bare<202>, Failure> {
    let max = state.message_bytes_max;
    if body.0.len() > max {
        return Err(Failure::new(ErrorCode::TooBig, format!("a frame may have at most {max} bytes")));
    }
    bring(&state, session, &request, Some(body.0)).await?;
    Ok(Bare)
}

/// Ends a session at the request of the client, because a proxy may hide that the response was closed.
pub async fn end(
    state: web::Data<HttpState>,
    At(session): At<SessionId>,
    request: HttpRequest,
) -> Result<Nothing, Failure> {
    bring(&state, session, &request, None).await?;
    Ok(Bare)
}

async fn bring(
    state: &HttpState,
    session: SessionId,
    request: &HttpRequest,
    frame: Option<String>,
) -> Result<(), Failure> {
    let key = bearer(request.headers()).ok_or_else(|| {
        let message = "the key of the stream is needed: send Authorization: Bearer <key>";
        Failure::new(ErrorCode::Unauthenticated, message)
    })?;
    let posted = Posted { session, key: Key::shown(key), frame };
    let brought = state.posts.bring(&*state.cluster, posted).await;
    brought.map_err(|(code, message)| Failure::new(code, message))
}
