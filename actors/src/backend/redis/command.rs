//! A command with the hash slot it belongs to, and what can become of it.

use super::super::BackendError;
use super::keys;
use redis::{Cmd, RedisError, ServerErrorKind, ToRedisArgs, Value};

/// A command and where to send it.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub slot: u16,
    pub cmd: Cmd,
    /// An append: where that is configured, replicas must confirm it.
    pub stores: bool,
}

impl Command {
    /// A plain command on one key.
    pub(super) fn on(name: &str, key: &str) -> Self {
        let mut cmd = redis::cmd(name);
        cmd.arg(key);
        Command::routed_by(key, cmd)
    }

    pub(super) fn routed_by(key: &str, cmd: Cmd) -> Self {
        Command { slot: keys::slot(key), cmd, stores: false }
    }

    pub(super) fn storing(mut self) -> Self {
        self.stores = true;
        self
    }

    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.cmd.arg(argument);
        self
    }
}

/// Why a command has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// Not executed: the script must be loaded first.
    NoScript,
    /// Not executed: another server has the slot.
    Moved { reason: String },
    /// Not executed: another server is about to have the slot and must be asked.
    Ask { address: String },
    /// Not executed: the server is not ready.
    NotReady { reason: String },
    /// Not executed: the server is no master any more.
    ReadOnly { reason: String },
    /// Perhaps executed: the connection broke or the answer did not come in time.
    Lost { reason: String },
    /// Executed here, but too few replicas have it.
    NotReplicated { acked: usize, wanted: usize },
    /// Not executed, and it will not be.
    Refused { reason: String },
}

impl Fault {
    /// Whether to make the connection anew.
    pub(super) fn breaks_connection(&self) -> bool {
        matches!(self, Fault::Lost { .. } | Fault::ReadOnly { .. })
    }
}

impl From<&RedisError> for Fault {
    fn from(error: &RedisError) -> Self {
        let reason = error.to_string();
        match error.kind() {
            redis::ErrorKind::Server(kind) => match kind {
                ServerErrorKind::NoScript => Fault::NoScript,
                ServerErrorKind::Moved => Fault::Moved { reason },
                ServerErrorKind::Ask => match error.redirect_node() {
                    Some((address, _)) => Fault::Ask { address: address.to_owned() },
                    None => Fault::Moved { reason },
                },
                ServerErrorKind::ReadOnly => Fault::ReadOnly { reason },
                ServerErrorKind::BusyLoading
                | ServerErrorKind::TryAgain
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown => Fault::NotReady { reason },
                _ => Fault::Refused { reason },
            },
            redis::ErrorKind::Extension => match error.code() {
                Some("BUSY" | "NOREPLICAS" | "MISCONF" | "UNBLOCKED") => Fault::NotReady { reason },
                _ => Fault::Refused { reason },
            },
            _ => Fault::Lost { reason },
        }
    }
}

impl From<Fault> for BackendError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NoScript => BackendError::Unavailable { reason: "scripts were flushed repeatedly".into() },
            Fault::Ask { address } => {
                BackendError::Unavailable { reason: format!("slot is moving to {address}, which is not connected") }
            }
            Fault::Moved { reason }
            | Fault::NotReady { reason }
            | Fault::ReadOnly { reason }
            | Fault::Lost { reason } => BackendError::Unavailable { reason },
            Fault::NotReplicated { acked, wanted } => BackendError::Unavailable {
                reason: format!("stored, but {acked} of {wanted} replicas confirmed it in time"),
            },
            Fault::Refused { reason } => BackendError::Refused { reason },
        }
    }
}

/// The answer to a command.
pub(super) type Outcome = Result<Value, Fault>;
