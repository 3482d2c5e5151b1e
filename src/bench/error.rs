//! Why a run failed, and what to do about it.

use super::ledger::Faults;
use hubwire_client::socket::SocketError;
use hubwire_client::wire::WireError;
use hubwire_protocol::ErrorCode;

/// The error of a run; see the module.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The arguments contradict each other, or ask for more than this process is allowed to do.
    #[error("{0}")]
    Usage(String),
    /// No connection, or it broke.
    #[error("{url}: {error}{}", connection_advice(error))]
    Connection {
        /// The node's address.
        url: String,
        /// What happened.
        error: SocketError,
    },
    /// The node closed a socket within the run.
    #[error("{url}: closed by the node: {code} {reason}{}", close_advice(*code))]
    Closed {
        /// The node's address.
        url: String,
        /// Close code; 1006 when the connection ended without a close frame.
        code: u16,
        /// Close reason.
        reason: String,
    },
    /// The node answered with `@@hub/error`.
    #[error("the node refused: {code}: {message}{}", refusal_advice(code))]
    Refused {
        /// Stable code.
        code: String,
        /// The node's message.
        message: String,
    },
    /// A timeout.
    #[error("{what} within {timeout_ms} ms")]
    Timeout {
        /// What did not happen in time.
        what: &'static str,
        /// The time limit.
        timeout_ms: u64,
    },
    /// A process given by `--pid` cannot be read.
    #[error("process {pid}: {error}; --pid takes processes of this machine (Linux) that this user may read")]
    Process {
        /// Its id.
        pid: u32,
        /// What happened.
        error: std::io::Error,
    },
    /// A message cannot be encoded.
    #[error("a message cannot be encoded: {0}")]
    Encoding(#[from] WireError),
    /// A promise was broken.
    #[error("{0}")]
    Broken(Faults),
}

impl BenchError {
    /// The kind of failure; if the node sent a code, that one.
    pub fn code(&self) -> &str {
        match self {
            BenchError::Usage(_) => "usage",
            BenchError::Connection { .. } => "connection",
            BenchError::Closed { .. } => "closed",
            BenchError::Refused { code, .. } => code,
            BenchError::Timeout { .. } => "timeout",
            BenchError::Process { .. } => "process",
            BenchError::Encoding(_) => "encoding",
            BenchError::Broken(_) => "broken",
        }
    }

    /// 1 for a broken promise, 2 for everything that prevented a valid run.
    pub fn exit_code(&self) -> u8 {
        match self {
            BenchError::Broken(_) => 1,
            _ => 2,
        }
    }
}

fn connection_advice(error: &SocketError) -> &'static str {
    match error {
        SocketError::Refused { status: 401 | 403, .. } => {
            "\npass --secret-file (or --tokens), or start the node with --dev to use generated users"
        }
        SocketError::Refused { status: 429, .. } => {
            "\nthe node refuses more sockets from one address (socket.max_connections_per_ip), or more wrong tokens \
             (limits.wrong_credentials_per_minute): if it does not know the secret, pass the right --secret-file"
        }
        SocketError::Refused { status: 503, .. } => {
            "\nthe node refuses more sockets: socket.max_connections, or its limit of open files (ulimit -n)"
        }
        SocketError::Refused { status: 404, .. } => "\nthe path of a node's sockets is /ws",
        SocketError::Refused { .. } | SocketError::Scheme(_) | SocketError::Frame(_) => "",
        SocketError::Tls(_) => "\nname the authority of the node's certificate with --ca FILE",
        _ => "\nis a node running there? start one with: hubwire serve --dev",
    }
}

fn close_advice(code: u16) -> &'static str {
    match code {
        1009 => "\nlower --size, or raise the node's socket.max_message_bytes",
        4000 => "\nthe node is draining",
        4100 | 4102 => "\nthe node is over one of its limits, or its broker is unavailable",
        4101 => "\nthis program read too slowly: lower the load",
        4409 | 4413 => {
            "\nthe node allows no more sessions of one user: sessions.max_sessions; --tokens needs a token of a \
             different user for each connection"
        }
        4429 => "\nfar over the node's limits: limits.actions_per_second, socket.control_frames_per_second",
        _ => "",
    }
}

fn refusal_advice(code: &str) -> &'static str {
    let is = |known: ErrorCode| known.as_str() == code;
    match () {
        () if is(ErrorCode::RateLimited) => {
            "\nthe node limits what a sender may do: limits.actions_per_second, limits.user_rates, \
             limits.deliveries_per_second, limits.user_bytes_max; lower --rate, use more --publishers, \
             or start the node without them (docs/bench.md)"
        }
        () if is(ErrorCode::Overloaded) => {
            "\na bounded queue of the node is full: limits.in_flight_max per session, broker.queue_max; \
             lower --window or --rate"
        }
        () if is(ErrorCode::TooBig) => "\nlower --size, or raise the node's socket.max_message_bytes",
        () if is(ErrorCode::Forbidden) => "\nthe users must be in the organisation that --org names",
        () if is(ErrorCode::TooManyChannels) => "\nlimits.channels_max of the node",
        () => "",
    }
}
