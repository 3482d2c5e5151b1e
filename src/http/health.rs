//! `/healthz`: the process answers. `/readyz`: it can serve clients.

use super::responses::{Done, Status};
use super::state::HttpState;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{web, HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The process serves.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Alive {
    status: &'static str,
}

/// Whether load balancers should send clients to the node.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Ready {
    ready: bool,
    /// Why the node is not ready; on the internal listener only.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<Vec<String>>,
}

/// 200 or 503.
impl Responder for Ready {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let status = if self.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        HttpResponse::build(status).json(self)
    }
}

/// Always 200: the answer itself proves that the process serves.
pub(super) async fn alive() -> Done<Alive> {
    Status(Alive { status: "ok" })
}

/// 200 if the broker answers, no actor has panicked, there is room, and the node does not drain; else 503 with the
/// reasons.
pub(super) async fn ready(state: web::Data<HttpState>) -> Ready {
    let reasons = unready(&state).await;
    Ready { ready: reasons.is_empty(), reasons: Some(reasons) }
}

/// Like [`ready`], for load balancers that reach only the public listener. The answer has no reasons, which are for the
/// operator, and the broker is called at most every [`SHORT_AGE`], however often strangers ask.
pub(super) async fn ready_in_short(state: web::Data<HttpState>) -> Ready {
    let ready = state.readiness.get(|| async { unready(&state).await.is_empty() }).await;
    Ready { ready, reasons: None }
}

/// Maximum age of an answer on the public listener.
const SHORT_AGE: Duration = Duration::from_millis(200);

/// The latest answer on the public listener. Of simultaneous requests, one asks the broker and the others wait for it.
#[derive(Clone, Default)]
pub struct Readiness(Arc<Mutex<Option<(Instant, bool)>>>);

impl Readiness {
    async fn get<F: Future<Output = bool>>(&self, find_out: impl FnOnce() -> F) -> bool {
        let mut latest = self.0.lock().await;
        match *latest {
            Some((at, ready)) if at.elapsed() < SHORT_AGE => ready,
            _ => {
                let ready = find_out().await;
                *latest = Some((Instant::now(), ready));
                ready
            }
        }
    }
}

/// Why the node is not ready: it is starting or draining, has no room, or the broker does not answer.
pub(crate) async fn unready(state: &HttpState) -> Vec<String> {
    let mut reasons = Vec::new();
    if state.drain.is_begun() {
        reasons.push("draining".to_owned());
    }
    if state.sockets.is_waiting() {
        reasons.push("not connected to the broker yet".to_owned());
    }
    let (open, open_max) = (state.sockets.count(), state.sockets.max());
    if open >= open_max {
        reasons.push(format!("full: {open} of {open_max} sockets are open"));
    }
    if state.sockets.is_short() {
        reasons.push("short: no file descriptor is free".to_owned());
    }
    if state.cluster.is_broken() {
        reasons.push("broken: a fault within the node, see its log".to_owned());
    // the broker is not called, because the actors for it may be gone
    } else {
        reasons.extend(why_no_broker(state).await);
    }
    reasons
}

async fn why_no_broker(state: &HttpState) -> Option<String> {
    match tokio::time::timeout(state.ready_timeout, state.cluster.ping()).await {
        Ok(Ok(())) => None,
        Ok(Err(refusal)) => Some(refusal.to_string()),
        Err(_) => Some(format!("broker did not answer within {} ms", state.ready_timeout.as_millis())),
    }
}
