//! Remote procedure calls between sessions, the application and the server API.

use super::outcome::Refusal;
use hubwire_protocol::event::Json;
use hubwire_protocol::{ErrorCode, Incarnation};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The reply to a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Brought {
    /// A result.
    Result(Json),
    /// A failure, defined by the called side.
    Error(Json),
}

impl Brought {
    /// The JSON text of the reply.
    pub fn json(&self) -> &Json {
        match self {
            Brought::Result(json) | Brought::Error(json) => json,
        }
    }
}

/// How the application answers an rpc of a client.
#[derive(Debug, Clone, PartialEq)]
pub enum RpcOutcome {
    /// At once.
    Now(Brought),
    /// By the server API, within this time.
    Later(Duration),
}

/// A call of the application to one session, as it reaches the session.
#[derive(Debug, Clone, PartialEq)]
pub struct CallAsked {
    /// The node that waits for the reply.
    pub node: Incarnation,
    /// That node's id of the call.
    pub call: u64,
    /// How long it waits.
    pub timeout: Duration,
    /// The call.
    pub body: CallBody,
}

/// A call of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallBody {
    /// The method.
    pub method: String,
    /// The arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Json>,
}

/// The outcome of a call, between nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Returned {
    /// The client replied with a result.
    Result(Json),
    /// The client replied with a failure.
    Error(Json),
    /// The call did not reach it, or it has ended.
    Refused(NotAsked),
}

/// Why a session was not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotAsked {
    /// There is no such session.
    Gone,
    /// It has as many open calls as allowed.
    Busy,
}

impl From<NotAsked> for Refusal {
    fn from(reason: NotAsked) -> Self {
        match reason {
            NotAsked::Gone => {
                Refusal::new(ErrorCode::NotFound, "there is no such session, or it ended before it replied")
            }
            NotAsked::Busy => {
                Refusal::new(ErrorCode::Overloaded, "the session has too many calls to reply to; try again later")
            }
        }
    }
}

impl From<Brought> for Returned {
    fn from(brought: Brought) -> Self {
        match brought {
            Brought::Result(json) => Returned::Result(json),
            Brought::Error(json) => Returned::Error(json),
        }
    }
}

impl From<Returned> for Result<Brought, Refusal> {
    fn from(returned: Returned) -> Self {
        match returned {
            Returned::Result(json) => Ok(Brought::Result(json)),
            Returned::Error(json) => Ok(Brought::Error(json)),
            Returned::Refused(reason) => Err(reason.into()),
        }
    }
}

/// The application's late answer to an rpc.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LateReply {
    /// The id of the client's action.
    pub re: Box<str>,
    /// The answer.
    pub brought: Brought,
}
