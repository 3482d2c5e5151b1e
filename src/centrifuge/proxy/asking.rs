//! Questions to the application, and its answers.
//!
//! | it answers | |
//! |---|---|
//! | 200 with `{"result":{…}}` | the command is done |
//! | 200 with `{"error":{"code","message"}}` | the client gets that error |
//! | 200 with `{"disconnect":{"code","reason"}}` | the connection is closed so |
//! | anything else, or nothing in time | an error 100, which clients take as a reason to try again |

use super::handshake::Handshake;
use crate::application::{CallError, Reply, Target};
use hubwire_protocol::centrifuge::{codes, Format};
use hyper::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::Value;
use std::sync::Arc;

/// The fields of every question.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Asker<'a> {
    pub client: &'a str,
    pub transport: &'static str,
    pub protocol: &'static str,
    pub encoding: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<&'a str>,
}

impl<'a> Asker<'a> {
    /// `handshake`: the request that opened the connection.
    pub fn new(client: &'a str, handshake: &Handshake, format: Format, user: Option<&'a str>) -> Self {
        let protocol = if format == Format::Protobuf { "protobuf" } else { "json" };
        Asker { client, transport: handshake.transport, protocol, encoding: "json", user }
    }
}

/// A question.
#[derive(Serialize)]
pub(super) struct Question<'a> {
    #[serde(flatten)]
    pub asker: Asker<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a RawValue>,
    /// Data that is not JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b64data: Option<String>,
}

impl<'a> Question<'a> {
    /// A question that contains only the asker.
    pub fn of(asker: Asker<'a>) -> Self {
        Question { asker, channel: "", method: None, name: "", data: None, b64data: None }
    }

    pub fn printed(&self) -> Vec<u8> {
        // texts and JSON texts always serialize
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The decision of the application.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Yes, with a result, which is an object.
    Result(Value),
    /// No.
    Error {
        /// Its number.
        code: u32,
        /// For people; of a length that is passed on.
        message: String,
    },
    /// The connection ends.
    Disconnect {
        /// Of a close frame.
        code: u16,
        /// For people; it fits a close frame.
        reason: String,
    },
    /// It gave no decision.
    Failed,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    result: Option<Value>,
    error: Option<Failure>,
    disconnect: Option<End>,
}

#[derive(Deserialize)]
struct Failure {
    code: u32,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct End {
    code: u16,
    #[serde(default)]
    reason: String,
}

/// Longest text of the application that is forwarded, in bytes; the reason of a close frame has to fit.
const TEXT_BYTES_MAX: usize = 120;

/// Sends a question.
pub(super) async fn ask(target: &Arc<Target>, headers: HeaderMap, question: Vec<u8>) -> Decision {
    decision(target.call(headers, question.into()).await)
}

fn decision(reply: Result<Reply, CallError>) -> Decision {
    let reply = match reply {
        Ok(reply) if reply.status == hyper::StatusCode::OK => reply,
        Ok(reply) => {
            log::debug!("a proxy answered no decision status={}", reply.status);
            return Decision::Failed;
        }
        Err(error) => {
            log::debug!("a proxy answered no decision error={error}");
            return Decision::Failed;
        }
    };
    Decision::read(&reply.body)
}

impl Decision {
    /// What a body with the status 200 says.
    pub fn read(body: &[u8]) -> Decision {
        match serde_json::from_slice(body) {
            Ok(Answer { disconnect: Some(End { code, reason }), .. }) if (3000..5000).contains(&code) => {
                Decision::Disconnect { code, reason: clipped(reason) }
            }
            Ok(Answer { disconnect: Some(_), .. }) => Decision::Disconnect {
                code: codes::FORCE_DISCONNECT.code,
                reason: codes::FORCE_DISCONNECT.reason.to_owned(),
            },
            Ok(Answer { error: Some(Failure { code, message }), .. }) => {
                Decision::Error { code, message: clipped(message) }
            }
            Ok(Answer { result: Some(result), .. }) if result.is_object() => Decision::Result(result),
            _ => Decision::Failed,
        }
    }
}

fn clipped(mut text: String) -> String {
    let end = (0..=TEXT_BYTES_MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(status: u16, body: &'static str) -> Decision {
        let status = hyper::StatusCode::from_u16(status).unwrap();
        decision(Ok(Reply { status, headers: HeaderMap::new(), body: body.into() }))
    }

    #[test]
    fn only_a_result_is_a_yes() {
        assert_eq!(of(200, r#"{"result":{"user":"u1"}}"#), Decision::Result(json!({ "user": "u1" })));
        let error = Decision::Error { code: 1000, message: "no".into() };
        assert_eq!(of(200, r#"{"error":{"code":1000,"message":"no"},"result":{}}"#), error);
        let end = Decision::Disconnect { code: 4500, reason: "gone".into() };
        assert_eq!(of(200, r#"{"disconnect":{"code":4500,"reason":"gone"},"error":null}"#), end);
        // not a valid close code
        assert!(matches!(of(200, r#"{"disconnect":{"code":7}}"#), Decision::Disconnect { code: 3503, .. }));
        for (status, body) in [(200, "{}"), (200, ""), (200, r#"{"result":null}"#), (204, ""), (500, "{}"), (302, "")] {
            assert_eq!(of(status, body), Decision::Failed, "{status} {body}");
        }
        assert_eq!(decision(Err(CallError::Timeout)), Decision::Failed);
        let long = format!(r#"{{"error":{{"code":1000,"message":"{}"}}}}"#, "ö".repeat(100));
        let Decision::Error { message, .. } = of(200, Box::leak(long.into_boxed_str())) else { panic!() };
        assert_eq!(message, "ö".repeat(60));
    }
}
