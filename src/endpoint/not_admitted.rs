//! Refusals of requests for sessions, and their forms.

use crate::ws::{self, Verdict};
use actix_web::http::StatusCode;
use hubwire_actors::denylist::Denied;
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::event::{ErrorBody, Event};
use hubwire_protocol::{CloseCode, Dialect, Dismissal, ErrorCode, UserId};

/// Why a request does not become a session.
pub(super) struct NotAdmitted {
    pub close: CloseCode,
    pub code: ErrorCode,
    pub message: String,
    /// The reason of a close, if it is not the default of the code.
    pub reason: Option<&'static str>,
    /// How long until another attempt may succeed.
    pub retry_after_ms: Option<u64>,
    pub is_counted: bool,
    /// The user of the credentials, as far as they prove it.
    pub user: Option<UserId>,
}

impl NotAdmitted {
    pub(super) fn new(close: CloseCode, code: ErrorCode, message: String) -> Self {
        NotAdmitted { close, code, message, reason: None, retry_after_ms: None, is_counted: false, user: None }
    }

    /// The same with the user.
    pub(super) fn of(self, user: Option<UserId>) -> Self {
        NotAdmitted { user, ..self }
    }

    /// The answer to an address that tried too many wrong credentials.
    pub(super) fn too_many(refusal: Refusal) -> Self {
        let Refusal { code, message, retry_after_ms } = refusal;
        NotAdmitted { retry_after_ms, ..NotAdmitted::new(CloseCode::Overloaded, code, message) }
    }

    pub(super) fn denied(denied: Denied) -> Self {
        let (Refusal { code, message, .. }, (close, reason)) = (denied.refusal(), denied.close());
        NotAdmitted { reason: Some(reason), ..NotAdmitted::new(close, code, message) }
    }
}

pub(super) fn bad_credentials(message: String) -> NotAdmitted {
    NotAdmitted::new(CloseCode::Unauthenticated, ErrorCode::BadCredentials, message)
}

/// A refused token or ticket, or a broker that did not answer about it.
pub(super) fn not_accepted(refusal: Refusal) -> NotAdmitted {
    let close = match refusal.code {
        ErrorCode::BadCredentials | ErrorCode::TokenExpired | ErrorCode::TokenRevoked => CloseCode::Unauthenticated,
        _ => CloseCode::BrokerUnavailable,
    };
    NotAdmitted::new(close, refusal.code, refusal.message)
}

/// A client that the application does not know, or about which it did not answer.
pub(super) fn not_known(refusal: Refusal) -> NotAdmitted {
    let close = match refusal.code {
        ErrorCode::BadCredentials => CloseCode::Unauthenticated,
        ErrorCode::Forbidden => CloseCode::Forbidden,
        _ => CloseCode::Overloaded,
    };
    NotAdmitted::new(close, refusal.code, refusal.message)
}

/// A browser gets the refusal after the upgrade, in its dialect and as a close code.
pub(super) fn closed(refusal: NotAdmitted, dialect: Dialect, subprotocol: Option<String>) -> Verdict {
    let NotAdmitted { close, code, message, reason, retry_after_ms, .. } = refusal;
    let reason = match (reason, close) {
        (Some(reason), _) => reason.into(),
        (None, CloseCode::Unauthenticated) => Dismissal::of(code).reason().into(),
        // a developer sees the reason in the browser's console
        (None, CloseCode::Forbidden) => clipped(&message),
        (None, other) => other.reason().into(),
    };
    let body = ErrorBody { code, message: &message, retry: code.retry(), retry_after_ms, not_done: &[], path: None };
    let error = dialect.event(&Event::Error(body), None, None);
    Verdict::CloseAfterUpgrade { subprotocol, error, code: dialect.close(close, &reason), reason }
}

/// Other clients get it as a status.
pub(super) fn refused(refusal: NotAdmitted) -> ws::Refusal {
    let status = match refusal.close {
        CloseCode::Forbidden => StatusCode::FORBIDDEN,
        CloseCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        CloseCode::Subprotocol => StatusCode::BAD_REQUEST,
        _ if refusal.code == ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let refused = ws::Refusal::new(status, refusal.code.as_str(), refusal.message);
    match refusal.retry_after_ms {
        Some(wait_ms) => refused.with_header("Retry-After", wait_ms.div_ceil(1000).max(1).to_string()),
        None => refused,
    }
}

/// A close reason has at most 123 bytes (RFC 6455 section 5.5).
fn clipped(reason: &str) -> String {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason[..end].to_owned()
}
