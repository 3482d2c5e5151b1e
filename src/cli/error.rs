//! Why a command failed: what, where, and what to do.

use super::count::{counted, counted_with};
use crate::bench::BenchError;
use crate::config::ConfigErrors;
use crate::node::NodeError;
use crate::wshub::RunError;
use hubwire_client::socket::SocketError;
use hubwire_client::wire::WireError;
use hubwire_protocol::{Dismissal, ErrorCode};
use serde_json::{json, Value};
use std::path::PathBuf;

/// A fault in what was read: the error of a parser, or a text.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The error of a command; see the module.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The arguments contradict each other, or one is malformed in a way that clap cannot detect.
    #[error("{0}")]
    Usage(String),
    /// The configuration was not accepted.
    #[error("{0}\ncheck it with: hubwire check-config")]
    Config(#[from] ConfigErrors),
    /// The node could not run.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The drop-in for WS-HUB could not run.
    #[error("{}: {error}", path.display())]
    WsHub {
        /// Its configuration file.
        path: PathBuf,
        /// The reason.
        error: Box<RunError>,
    },
    /// No connection, or it broke.
    #[error("{url}: {error}{}", connection_advice(error))]
    Connection {
        /// The socket's address.
        url: String,
        /// What happened.
        error: Box<SocketError>,
    },
    /// The node closed the socket.
    #[error(
        "{url}: closed by the node: {}{reason}{}",
        code.map(|c| format!("{c} ")).unwrap_or_default(),
        advice(*code, reason)
    )]
    Closed {
        /// The socket's address.
        url: String,
        /// Close code.
        code: Option<u16>,
        /// Close reason.
        reason: String,
    },
    /// The node answered an action with `@@hub/error`.
    #[error("the node refused: {code}: {message}{}", refusal_advice(code))]
    Refused {
        /// Stable code.
        code: String,
        /// The node's words.
        message: String,
    },
    /// A message that is not an action.
    #[error("received something that is not an action of hubwire.v1: {reason}")]
    Foreign {
        /// The fault.
        #[source]
        reason: Cause,
    },
    /// Something did not happen in time.
    #[error("{what} within {timeout_ms} ms")]
    Timeout {
        /// What did not happen.
        what: &'static str,
        /// The time limit.
        timeout_ms: u64,
    },
    /// The server API was not reached.
    #[error("{url}: {error}\nis the internal listener there? set its address with --api or HUBWIRE_API")]
    Api {
        /// The URL.
        url: String,
        /// What happened.
        error: Box<ureq::Error>,
    },
    /// The server API answered with an error.
    #[error("{url}: HTTP {status}: {code}: {message}{}", api_advice(*status))]
    ApiRefused {
        /// The URL.
        url: String,
        /// HTTP status.
        status: u16,
        /// Stable code.
        code: String,
        /// The node's words.
        message: String,
    },
    /// A load test failed.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// `doctor` found faults, which are already printed.
    #[error("{}", counted(*problems, "problem"))]
    Unhealthy {
        /// The number of faults.
        problems: usize,
    },
    /// `verify` found broken promises, which are already printed.
    #[error("{} not kept", counted_with(*broken, "promise", ("is", "are")))]
    Unkept {
        /// The number of promises.
        broken: usize,
    },
    /// `check-centrifugo` found options that a node does not have or does not accept, which are already printed.
    #[error("{} no equivalent{}", counted_with(*missing, "option", ("has", "have")), rest_advice(*mistakes))]
    Unequalled {
        /// Options without equivalent.
        missing: usize,
        /// Whether the rest is not a valid configuration of a node.
        mistakes: bool,
    },
    /// A token that a node would not accept.
    #[error("the token is not valid: {0}")]
    Token(#[source] Cause),
    /// A file could not be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What happened.
        error: std::io::Error,
    },
    /// A file has the wrong content.
    #[error("{}: {reason}", path.display())]
    FileContent {
        /// The file.
        path: PathBuf,
        /// The fault.
        #[source]
        reason: Cause,
    },
    /// Standard output cannot be written.
    #[error("standard output: {0}")]
    Output(std::io::Error),
    /// The runtime could not start.
    #[error("runtime: {0}")]
    Runtime(std::io::Error),
}

impl CliError {
    /// The error as a document for scripts: a stable code, and the message for people.
    pub fn document(&self) -> Value {
        let mut error = json!({ "code": self.code(), "message": self.to_string() });
        match self {
            CliError::Closed { code: Some(code), .. } => error["close_code"] = json!(code),
            CliError::ApiRefused { status, .. } => error["status"] = json!(status),
            _ => {}
        }
        json!({ "error": error })
    }

    /// The kind of failure; if the node sent a code, that one.
    fn code(&self) -> &str {
        match self {
            CliError::Usage(_) => "usage",
            CliError::Config(_) => "config",
            CliError::Node(_) | CliError::WsHub { .. } => "node",
            CliError::Connection { .. } | CliError::Api { .. } => "connection",
            CliError::Closed { .. } => "closed",
            CliError::Refused { code, .. } | CliError::ApiRefused { code, .. } => code,
            CliError::Foreign { .. } => "foreign",
            CliError::Timeout { .. } => "timeout",
            CliError::Bench(error) => error.code(),
            CliError::Unhealthy { .. } => "unhealthy",
            CliError::Unkept { .. } => "unkept",
            CliError::Unequalled { .. } => "unequalled",
            CliError::Token(_) => "token",
            CliError::File { .. } | CliError::FileContent { .. } => "file",
            CliError::Output(_) => "output",
            CliError::Runtime(_) => "runtime",
        }
    }

    /// 2 for wrong usage, 1 for everything else; load tests have their own rule.
    pub fn exit_code(&self) -> u8 {
        match self {
            CliError::Usage(_) => 2,
            CliError::Bench(error) => error.exit_code(),
            _ => 1,
        }
    }
}

impl From<WireError> for CliError {
    fn from(error: WireError) -> Self {
        CliError::Foreign { reason: error.into() }
    }
}

fn rest_advice(mistakes: bool) -> &'static str {
    match mistakes {
        true => ", and a node would not start with the rest",
        false => "",
    }
}

fn connection_advice(error: &SocketError) -> &'static str {
    match error {
        SocketError::Tls(_) => "\nname the authority of the node's certificate with --ca FILE",
        _ => "\nis a node running there? start one with: hubwire serve --dev",
    }
}

fn advice(code: Option<u16>, reason: &str) -> &'static str {
    match code {
        Some(4401) => Dismissal::ALL
            .iter()
            .find(|dismissal| dismissal.reason() == reason)
            .map_or(NO_CREDENTIALS, |dismissal| credentials_advice(dismissal.error())),
        Some(4408) => NO_CREDENTIALS,
        Some(4000..=4099) => "\nconnect again: another node takes over",
        Some(4100..=4199) => "\ntry again later",
        _ => "",
    }
}

const NO_CREDENTIALS: &str = "\npass credentials with --token or --ticket, or with --user to a node started with --dev";

fn refusal_advice(code: &str) -> &'static str {
    ErrorCode::ALL.iter().find(|known| known.as_str() == code).map_or("", |known| credentials_advice(*known))
}

/// What to do when the node does not accept the credentials, or no longer does.
fn credentials_advice(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Unauthenticated => NO_CREDENTIALS,
        ErrorCode::BadCredentials => {
            "\ninspect the token with: hubwire token inspect; a ticket can be used once, and only for a short time"
        }
        ErrorCode::TokenExpired => "\nget a new token, and pass it with --token or HUBWIRE_TOKEN",
        ErrorCode::TokenRevoked => "\nthe application revoked the token: sign in again",
        ErrorCode::Disconnected => "\nthe application ended this session; it may refuse the next one, too",
        _ => "",
    }
}

fn api_advice(status: u16) -> &'static str {
    match status {
        401 => "\npass a key of the node with --api-key or HUBWIRE_API_KEY",
        404 => "\nis this the internal listener? the public one has no server API",
        _ => "",
    }
}
