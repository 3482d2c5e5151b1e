//! `/healthz`: the process answers. `/readyz`: it can serve clients.

use super::state::HttpState;
use actix_web::http::StatusCode;
use actix_web::{web, HttpResponse};
use serde_json::json;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Always 200: the answer itself proves that the process serves.
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// 200 if the broker answers and the node is intact, has room and does not drain; otherwise 503 with the reasons.
pub(super) async fn ready(state: web::Data<HttpState>) -> HttpResponse {
    let reasons = unready(&state).await;
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    HttpResponse::build(status).json(json!({ "ready": reasons.is_empty(), "reasons": reasons }))
}

/// Like [`ready`], for balancers that reach only the public listener: without the reasons, which are for operators, and
/// with at most one call to the broker per [`SHORT_AGE`], however often strangers ask.
pub(super) async fn ready_in_short(state: web::Data<HttpState>) -> HttpResponse {
    let ready = state.readiness.get(|| async { unready(&state).await.is_empty() }).await;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    HttpResponse::build(status).json(json!({ "ready": ready }))
}

/// Maximum age of an answer on the public listener.
const SHORT_AGE: Duration = Duration::from_millis(200);

/// The latest answer to strangers. Of simultaneous requests one finds it out, the others wait for it.
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

/// Why the node should get no clients: it is starting or draining, has no room, or the broker does not answer.
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
    // the broker is not called, because the actors that would call it may be gone
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
