//! The only place that maps errors to HTTP: status, headers and the body `{"error":{"code","message"}}`.

use crate::admin::door::Shut;
use actix_web::body::BoxBody;
use actix_web::http::header::{ACCEPT_ENCODING, ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::ErrorCode;
use serde::Serialize;
use std::fmt;

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A code of the protocol's table.
    Code {
        /// The code.
        code: ErrorCode,
        /// What, where, what to do.
        message: String,
    },
    /// Nothing is served at the path, or it names something that does not exist.
    NotFound {
        /// What was not found.
        message: String,
    },
    /// The path supports other methods.
    Method {
        /// The supported methods, in the form of `Allow`.
        allow: String,
    },
    /// The body is not declared as JSON.
    MediaType {
        /// The declared type.
        declared: String,
    },
    /// The body is compressed.
    Coding {
        /// The value of `Content-Encoding`.
        coding: String,
    },
    /// The body did not arrive in time.
    BodyTimeout,
    /// A configuration to be reloaded is not valid; nothing was changed.
    BadConfiguration {
        /// All mistakes.
        reasons: String,
    },
}

/// An error in the form of a body.
#[derive(Debug, Serialize)]
pub(super) struct ErrorText<'a> {
    code: &'a str,
    message: &'a str,
}

impl Failure {
    /// A failure with a code of the protocol.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Failure::Code { code, message: message.into() }
    }

    /// The stable code in the body.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::Code { code, .. } => code.as_str(),
            Failure::NotFound { .. } => "not_found",
            Failure::Method { .. } => "method_not_allowed",
            Failure::MediaType { .. } | Failure::Coding { .. } => "unsupported_media_type",
            Failure::BodyTimeout => "request_timeout",
            Failure::BadConfiguration { .. } => "bad_configuration",
        }
    }

    /// The body's `error` object.
    pub(super) fn text<'a>(&self, message: &'a str) -> ErrorText<'a> {
        ErrorText { code: self.code(), message }
    }
}

/// The HTTP status of a code of the protocol.
fn status(code: ErrorCode) -> StatusCode {
    use ErrorCode::*;
    match code {
        BadSyntax | BadAction | WrongFrameKind | TooDeep | TooMany | UnknownType | BadPayload | MissingAddress
        | BadAddress => StatusCode::BAD_REQUEST,
        Unauthenticated | BadCredentials | TokenExpired | TokenRevoked | Disconnected => StatusCode::UNAUTHORIZED,
        Forbidden | ForbiddenType | NotJoined => StatusCode::FORBIDDEN,
        SchemaMismatch => StatusCode::UNPROCESSABLE_ENTITY,
        TooManyChannels | IdConflict | StreamFull => StatusCode::CONFLICT,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        Timeout => StatusCode::GATEWAY_TIMEOUT,
        TooBig => StatusCode::PAYLOAD_TOO_LARGE,
        RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Overloaded | BrokerUnavailable | Draining => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Code { message, .. } | Failure::NotFound { message } => f.write_str(message),
            Failure::Method { allow } => write!(f, "this path takes {allow}"),
            Failure::MediaType { declared } if declared.is_empty() => {
                f.write_str("the header Content-Type: application/json is missing")
            }
            Failure::MediaType { declared } => {
                write!(f, "the body is declared as {declared}; send Content-Type: application/json")
            }
            Failure::Coding { coding } => {
                write!(f, "the body is encoded with {coding}; send it without Content-Encoding")
            }
            Failure::BodyTimeout => f.write_str("the body did not arrive in time"),
            Failure::BadConfiguration { reasons } => write!(f, "nothing was changed: {reasons}"),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Code { code: refusal.code, message: refusal.message }
    }
}

impl From<Shut> for Failure {
    fn from(shut: Shut) -> Self {
        let message = match shut {
            Shut::Host => {
                "the page is not served under this name; open it as localhost, or add the name to admin.hosts of the \
                 node"
            }
            Shut::NoHeader => "the header X-Hubwire-Admin: 1 is missing",
        };
        Failure::new(ErrorCode::Forbidden, message)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        match self {
            Failure::Code { code, .. } => status(*code),
            Failure::NotFound { .. } => StatusCode::NOT_FOUND,
            Failure::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Failure::MediaType { .. } | Failure::Coding { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Failure::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Failure::BadConfiguration { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Failure::Method { allow } => {
                response.insert_header((ALLOW, allow.as_str()));
            }
            // RFC 9110, section 15.5.16: the coding that would be accepted
            Failure::Coding { .. } => {
                response.insert_header((ACCEPT_ENCODING, "identity"));
            }
            Failure::Code { code, .. } if status(*code) == StatusCode::UNAUTHORIZED => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            Failure::Code { code, .. } if code.retry() => {
                response.insert_header((RETRY_AFTER, "1"));
            }
            _ => {}
        }
        response.json(serde_json::json!({ "error": self.text(&self.to_string()) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_succeed_later_is_told_with_a_status_that_says_so() {
        for code in ErrorCode::ALL {
            let status = Failure::new(*code, "x").status_code();
            let later = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS, StatusCode::GATEWAY_TIMEOUT];
            let later = later.contains(&status);
            assert!(!code.retry() || later || *code == ErrorCode::Internal, "{code}: {status}");
            assert!(status.is_client_error() || status.is_server_error(), "{code}: {status}");
        }
    }
}
