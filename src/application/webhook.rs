//! The webhook of server events.

use super::target::Target;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use hubwire_actors::server_events::{BatchOutcome, EventSink};
use hyper::{HeaderMap, StatusCode};
use std::sync::Arc;

/// Delivers batches to one URL.
pub(super) struct Webhook(pub Arc<Target>);

impl EventSink for Webhook {
    fn deliver(&self, batch: Bytes) -> BoxFuture<'static, BatchOutcome> {
        let target = self.0.clone();
        Box::pin(async move {
            match target.call(HeaderMap::new(), batch).await {
                Ok(reply) => outcome(reply.status),
                Err(error) => BatchOutcome::Failed(error.to_string()),
            }
        })
    }
}

/// With a status 4xx, repeating is in vain, except for those that mean "later" and those of a misconfigured receiver: a
/// fault that it can repair must not cost events.
fn outcome(status: StatusCode) -> BatchOutcome {
    const LATER: &[StatusCode] = &[
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    let reason = format!("the application answered {status}");
    match status {
        status if status.is_success() => BatchOutcome::Taken,
        status if status.is_client_error() && !LATER.contains(&status) => BatchOutcome::Refused(reason),
        _ => BatchOutcome::Failed(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_content_causes_is_refused_for_good() {
        let outcome = |status| outcome(StatusCode::from_u16(status).unwrap());
        for status in [200, 202, 204] {
            assert_eq!(outcome(status), BatchOutcome::Taken);
        }
        for status in [400, 409, 410, 413, 422] {
            assert!(matches!(outcome(status), BatchOutcome::Refused(_)), "{status}");
        }
        for status in [301, 401, 403, 404, 405, 408, 425, 429] {
            assert!(matches!(outcome(status), BatchOutcome::Failed(_)), "{status}");
        }
    }
}
