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

// Codes that only HTTP has.
const METHOD_NOT_ALLOWED: &str = "method_not_allowed";
const UNSUPPORTED_MEDIA_TYPE: &str = "unsupported_media_type";
const REQUEST_TIMEOUT: &str = "request_timeout";
const BAD_CONFIGURATION: &str = "bad_configuration";

/// Why a request was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A code of the protocol's table.
    Code {
        /// The code.
        code: ErrorCode,
        /// The fault, its place, and what to do.
        message: String,
    },
    /// The same with the time after which the request may succeed.
    Later {
        /// The code.
        code: ErrorCode,
        /// What, where, what to do.
        message: String,
        /// Seconds to wait.
        after_s: u64,
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
    /// The configuration to reload is not valid; nothing was changed.
    BadConfiguration {
        /// All mistakes.
        reasons: String,
    },
}

/// The request was not carried out.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Error"))]
pub struct Failed {
    error: Reason,
}

/// Why a request was not done.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Reason {
    #[cfg_attr(feature = "schema", schemars(with = "HttpErrorCode"))]
    code: &'static str,
    /// For people.
    message: String,
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Failed { error: Reason { code: failure.code(), message: failure.to_string() } }
    }
}

impl Failure {
    /// A failure with a code of the protocol.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Failure::Code { code, message: message.into() }
    }

    /// The stable code in the body.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::Code { code, .. } | Failure::Later { code, .. } => code.as_str(),
            Failure::NotFound { .. } => ErrorCode::NotFound.as_str(),
            Failure::Method { .. } => METHOD_NOT_ALLOWED,
            Failure::MediaType { .. } | Failure::Coding { .. } => UNSUPPORTED_MEDIA_TYPE,
            Failure::BodyTimeout => REQUEST_TIMEOUT,
            Failure::BadConfiguration { .. } => BAD_CONFIGURATION,
        }
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
            Failure::Code { message, .. } | Failure::Later { message, .. } | Failure::NotFound { message } => {
                f.write_str(message)
            }
            Failure::Method { allow } => write!(f, "this path accepts only {allow}"),
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
        let Refusal { code, message, retry_after_ms } = refusal;
        match retry_after_ms {
            Some(wait_ms) => Failure::Later { code, message, after_s: wait_ms.div_ceil(1000).max(1) },
            None => Failure::Code { code, message },
        }
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
            Failure::Code { code, .. } | Failure::Later { code, .. } => status(*code),
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
            Failure::Later { after_s, .. } => {
                response.insert_header((RETRY_AFTER, after_s.to_string()));
            }
            Failure::Code { code, .. } if code.retry() => {
                response.insert_header((RETRY_AFTER, "1"));
            }
            _ => {}
        }
        response.json(Failed::from(self.clone()))
    }
}

/// The codes of the protocol, and those of HTTP.
#[cfg(feature = "schema")]
struct HttpErrorCode;

#[cfg(feature = "schema")]
impl schemars::JsonSchema for HttpErrorCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ErrorCode".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let of_protocol = ErrorCode::ALL.iter().map(|code| code.as_str());
        let own = [METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE, REQUEST_TIMEOUT, BAD_CONFIGURATION];
        schemars::json_schema!({ "type": "string", "enum": of_protocol.chain(own).collect::<Vec<_>>() })
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
