//! A command with its hash slot, and its possible faults.

use super::super::BackendError;
use super::slots;
use redis::{Cmd, RedisError, ServerErrorKind, ToRedisArgs, Value};
use std::cell::RefCell;
use std::time::Duration;

/// Most keys of a command that a log line shows.
const KEYS_SHOWN: usize = 8;

/// A command and its destination.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub slot: u16,
    cmd: RefCell<Cmd>,
    /// Whether it is an append: if so configured, replicas must confirm it.
    pub stores: bool,
    /// The index of the argument with the position's nonce, if each attempt needs a nonce of its own.
    nonce_at: Option<usize>,
}

impl Command {
    /// A plain command on one key.
    pub(super) fn on(name: &str, key: &str) -> Self {
        let mut cmd = redis::cmd(name);
        cmd.arg(key);
        Command::routed_by(key, cmd)
    }

    pub(super) fn routed_by(key: &str, cmd: Cmd) -> Self {
        Command { slot: slots::slot(key), cmd: RefCell::new(cmd), stores: false, nonce_at: None }
    }

    pub(super) fn storing(mut self) -> Self {
        self.stores = true;
        self
    }

    /// Adds the nonce of a position.
    pub(super) fn nonce(mut self, nonce: u64) -> Self {
        self.nonce_at = Some(self.cmd.get_mut().args_iter().len());
        self.arg(nonce)
    }

    /// Keeps the nonce in repeats, because another position contains the same one.
    pub(super) fn with_fixed_nonce(mut self) -> Self {
        self.nonce_at = None;
        self
    }

    /// The same command for another attempt. With the same nonce, an attempt at a broker that lost the first one could
    /// put the publication at exactly the position it had in the lost history, and a client that had received that one
    /// would continue from there unaware. The former nonces follow the new one, so that the script recognizes the call.
    pub(super) fn again(mut self, nonce: u64) -> Self {
        let Some(at) = self.nonce_at else { return self };
        let mut cmd = Cmd::new();
        for (index, argument) in self.cmd.get_mut().args_iter().enumerate() {
            // only SCAN and similar commands have other arguments
            let redis::Arg::Simple(argument) = argument else { continue };
            match index == at {
                true => cmd.arg([nonce.to_string().as_bytes(), argument].join(&b' ')),
                false => cmd.arg(argument),
            };
        }
        self.cmd = RefCell::new(cmd);
        self
    }

    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.cmd.get_mut().arg(argument);
        self
    }

    /// The command itself, to be sent. A caller that may have to send it again gives it back: copying every command
    /// would cost more than copying the few that fail.
    pub(super) fn lend(&self) -> Cmd {
        self.cmd.take()
    }

    pub(super) fn take_back(&self, cmd: &Cmd) {
        self.cmd.replace(cmd.clone());
    }

    pub(super) fn copy(&self) -> Cmd {
        self.cmd.borrow().clone()
    }

    /// The size of its arguments in bytes.
    pub(super) fn bytes(&self) -> usize {
        let bytes = |argument: redis::Arg<&[u8]>| match argument {
            redis::Arg::Simple(argument) => argument.len(),
            _ => 0, // only SCAN and its kin have others
        };
        self.cmd.borrow().args_iter().map(bytes).sum()
    }

    /// The keys it uses, for the log. A command that is lent out has none.
    pub(super) fn keys(&self) -> String {
        let cmd = self.cmd.borrow();
        let words: Vec<_> = cmd
            .args_iter()
            .map_while(|argument| match argument {
                redis::Arg::Simple(word) => Some(String::from_utf8_lossy(word)),
                _ => None, // only SCAN and its kin have others
            })
            .take(KEYS_SHOWN + 3)
            .collect();
        let keys = match &words[..] {
            [name, _, count, keys @ ..] if name == "EVALSHA" => {
                &keys[..count.parse().unwrap_or(0).min(keys.len()).min(KEYS_SHOWN)]
            }
            words => words.get(1..2).unwrap_or_default(),
        };
        keys.join(" ")
    }
}

/// Why a command got no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// Not executed: the script must be loaded first.
    NoScript,
    /// Not executed: another server has the slot.
    Moved { reason: String },
    /// Not executed: the slot is moving to another server, which must be asked.
    Ask { address: String },
    /// Not executed: the server is not ready.
    NotReady { reason: String },
    /// Not executed: the server is not a master any more.
    ReadOnly { reason: String },
    /// Perhaps executed: the connection broke, or the answer did not arrive in time.
    Lost { reason: String },
    /// Executed on the master, but too few replicas have confirmed it.
    NotReplicated { acked: usize, wanted: usize },
    /// Not executed: fewer replicas are connected than have to confirm it.
    TooFewReplicas { replicas: usize, wanted: usize },
    /// Not executed: the server has no memory left or cannot save, and refuses everything that stores data.
    Full { reason: String },
    /// Not executed: the key holds a value of another type than the node writes.
    WrongType { reason: String },
    /// Not executed; repeating it would not help.
    Refused { reason: String },
}

impl Fault {
    /// The broker's message, if it understood the command and refused it.
    pub(super) fn refusal(&self) -> Option<&str> {
        match self {
            Fault::WrongType { reason } | Fault::Refused { reason } => Some(reason),
            _ => None,
        }
    }

    /// Whether the node has to reconnect.
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
                Some("BUSY" | "NOREPLICAS" | "UNBLOCKED") => Fault::NotReady { reason },
                Some("OOM" | "MISCONF") => Fault::Full { reason },
                Some("WRONGTYPE") => Fault::WrongType { reason },
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
            Fault::TooFewReplicas { replicas, wanted } => BackendError::Unavailable {
                reason: format!("nothing was stored, as {replicas} of {wanted} replicas are there to confirm it"),
            },
            Fault::Full { reason } => BackendError::Unwritable { reason },
            Fault::WrongType { reason } => BackendError::WrongType { reason },
            Fault::Refused { reason } => BackendError::Refused { reason },
        }
    }
}

/// The answer to a command.
pub(super) type Outcome = Result<Value, Fault>;

/// A duration in whole milliseconds, as commands take it.
pub(super) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_command_are_known() {
        let (a, b) = ("x:{u:u1}:sessions".to_owned(), "x:{u:u1}:log".to_owned());
        let scripts = crate::backend::redis::scripts::Scripts::new("local EVENTS = false", "local WAYS = {}");
        assert_eq!(scripts.attach.call(&[a, b]).arg("x").keys(), "x:{u:u1}:sessions x:{u:u1}:log");
        assert_eq!(Command::on("HGETALL", "x:{u:u1}:sessions").arg("x").keys(), "x:{u:u1}:sessions");
    }

    fn words(command: &Command) -> Vec<String> {
        let packed = String::from_utf8(command.copy().get_packed_command()).unwrap();
        packed.split("\r\n").skip(2).step_by(2).map(String::from).collect()
    }

    #[test]
    fn another_attempt_has_a_nonce_of_its_own_and_names_the_former_ones() {
        let command = Command::on("EVALSHA", "key").arg("envelope").nonce(1).arg("id");
        let command = command.again(2).again(3);
        assert_eq!(words(&command), ["EVALSHA", "key", "envelope", "3 2 1", "id"]);
        let fixed = Command::on("EVALSHA", "key").nonce(1).with_fixed_nonce();
        assert_eq!(words(&fixed.again(2)), ["EVALSHA", "key", "1"]);
    }
}
