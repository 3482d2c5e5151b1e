//! One line of a history.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What happened to a device, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Milliseconds since the run began.
    pub at_ms: u64,
    /// The device of the record: `<user>/<device>`. The runner itself has a name without a slash.
    pub device: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// An action was written to a socket. The same id again: it is repeated, because no answer came.
    Send {
        /// `<device>#<number>`; unique in the run.
        id: String,
        /// Its address.
        to: String,
    },
    /// It was acknowledged.
    Ok {
        /// Its id.
        id: String,
        /// Its position in the stream it was addressed to.
        pos: String,
    },
    /// It was refused for now.
    Fail {
        /// Its id.
        id: String,
        /// The error code.
        code: String,
    },
    /// No answer came in time.
    Timeout {
        /// Its id, or what else was awaited.
        id: String,
    },
    /// A session began.
    Attach {
        /// Label of its node.
        node: String,
    },
    /// The device follows a stream and has everything up to here.
    Resumed {
        /// The stream.
        stream: String,
        /// Its position.
        pos: String,
    },
    /// The device was told that the stream goes on after this position, whatever lay before.
    Reset {
        /// The stream.
        stream: String,
        /// The position.
        pos: String,
    },
    /// A publication arrived.
    Recv {
        /// The stream it belongs to.
        stream: String,
        /// Its position.
        pos: String,
        /// The id its sender gave it.
        id: String,
    },
    /// The device was told who joined (`there`) or left a channel.
    Change {
        /// The channel.
        channel: String,
        /// Who.
        user: String,
        /// Joined or left.
        there: bool,
    },
    /// The cluster said who is at an address, at rest: user and number of sessions.
    Presence {
        /// A channel or a user.
        address: String,
        /// Who is there.
        users: BTreeMap<String, u64>,
    },
    /// The socket is over.
    Close {
        /// Its close code; 1006 without a close frame.
        code: u16,
    },
    /// What a stream's log holds at the end, oldest first.
    Log {
        /// The stream.
        stream: String,
        /// Its publications.
        entries: Vec<Entry>,
    },
    /// The broker may have lost what it took between then and now.
    Rollback {
        /// When that began, on the clock of the history.
        since_ms: u64,
        /// Whether it may have lost even what it acknowledged.
        acked: bool,
    },
    /// How much of something a node has, and how much it may have.
    Gauge {
        /// Of what.
        name: String,
        /// How much.
        value: u64,
        /// At most.
        bound: u64,
    },
    /// The runner began a fault.
    Fault {
        /// Which.
        name: String,
    },
    /// The runner ended a fault.
    Heal {
        /// Which.
        name: String,
    },
}

/// A publication in a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its position.
    pub pos: String,
    /// The position of the one before.
    pub prev: String,
    /// The id its sender gave it.
    pub id: String,
}

/// The user of a device.
pub fn user_of(device: &str) -> &str {
    device.split_once('/').map_or(device, |(user, _)| user)
}

/// The device that gave an id.
pub(super) fn device_of(id: &str) -> &str {
    id.rsplit_once('#').map_or(id, |(device, _)| device)
}
