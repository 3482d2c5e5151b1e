//! An upgrade that is refused over HTTP: a status and a small JSON body.

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
    /// What is wrong, for people.
    pub message: Cow<'static, str>,
    /// Further headers; name and value must be fit for HTTP.
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
        // two strings always print
        serde_json::to_string(&Body { error: Reason { code: &self.code, message: &self.message } }).unwrap_or_default()
    }

    /// The whole response.
    pub(crate) fn response(&self) -> Vec<u8> {
        let body = self.body();
        let reason = self.status.canonical_reason().unwrap_or("Refused");
        let mut head = format!("HTTP/1.1 {} {reason}\r\nContent-Type: application/json\r\n", self.status.as_u16());
        for (name, value) in &self.headers {
            // a line end within a value would begin another header
            let value: String = value.chars().filter(|c| !c.is_control()).collect();
            let _ = write!(head, "{name}: {value}\r\n"); // writing to a String cannot fail
        }
        let _ = write!(head, "Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        head.into_bytes()
    }
}
