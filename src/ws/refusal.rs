//! An upgrade that is refused over HTTP: a status and a small JSON body.

use super::admissions::NoPlace;
use super::pace::TooMany;
use actix_http::StatusCode;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt::Write as _;

/// A refused upgrade. The connection ends after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code for programs.
    pub code: Cow<'static, str>,
    /// The fault, for people.
    pub message: Cow<'static, str>,
    /// Further headers; name and value must be valid in HTTP.
    pub headers: Vec<(&'static str, String)>,
}

/// The same form as the errors of the HTTP API.
#[derive(Serialize)]
struct Body<'a> {
    error: Reason<'a>,
}

#[derive(Serialize)]
struct Reason<'a> {
    code: &'a str,
    message: &'a str,
}

impl From<NoPlace> for Refusal {
    fn from(error: NoPlace) -> Self {
        let (status, code, retry_after) = match error {
            NoPlace::Node(_) => (StatusCode::SERVICE_UNAVAILABLE, "overloaded", "5"),
            NoPlace::NotYet => (StatusCode::SERVICE_UNAVAILABLE, "broker_unavailable", "1"),
            NoPlace::NoMore => (StatusCode::SERVICE_UNAVAILABLE, "draining", "1"),
            NoPlace::Address(_) => (StatusCode::TOO_MANY_REQUESTS, "overloaded", "5"),
        };
        Refusal::new(status, code, error.to_string()).with_header("Retry-After", retry_after)
    }
}

impl From<TooMany> for Refusal {
    fn from(error: TooMany) -> Self {
        let retry_after = error.free_in.as_secs() + 1;
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", error.to_string())
            .with_header("Retry-After", retry_after.to_string())
    }
}

impl Refusal {
    /// A refusal without further headers.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Refusal { status, code: code.into(), message: message.into(), headers: Vec::new() }
    }

    /// Adds a header.
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The JSON body.
    pub fn body(&self) -> String {
        // two strings always serialize
        serde_json::to_string(&Body { error: Reason { code: &self.code, message: &self.message } }).unwrap_or_default()
    }

    /// The whole response.
    pub(crate) fn response(&self) -> Vec<u8> {
        let body = self.body();
        let reason = self.status.canonical_reason().unwrap_or("Refused");
        let mut head = format!("HTTP/1.1 {} {reason}\r\nContent-Type: application/json\r\n", self.status.as_u16());
        for (name, value) in &self.headers {
            // a line break within a value would start another header
            let value: String = value.chars().filter(|c| !c.is_control()).collect();
            let _ = write!(head, "{name}: {value}\r\n"); // writing to a String cannot fail
        }
        let _ = write!(head, "Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        head.into_bytes()
    }
}
