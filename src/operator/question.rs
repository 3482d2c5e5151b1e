//! Questions to a node, for an operator or for a client that is connected to another node. They are JSON between nodes
//! of possibly different versions: a node that does not know a question does not answer it, and is shown as silent.

use super::watch::TailFilter;
use crate::sse::posts::Posted;
use hubwire_actors::words::status::ChannelFilter;
use hubwire_protocol::{Address, Position, SessionId, UserId};
use serde::{Deserialize, Serialize};

/// A question; see the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// The state of the node.
    Node,
    /// Its measurements of the last minutes.
    Series,
    /// The states of these of its sessions.
    Sessions(Vec<SessionId>),
    /// Channels with members there.
    Channels(ChannelFilter),
    /// How many of its sessions follow a stream.
    Following(Address),
    /// Accept a post of a client for one of its sessions.
    Post(Posted),
    /// The publications it has accepted since this tail last asked.
    Tail {
        /// The id of the tail.
        id: u64,
        /// The filter of the tail.
        filter: TailFilter,
    },
    /// The trace of a publication, as far as the node knows it.
    Message {
        /// Its stream.
        stream: Address,
        /// Its position.
        pos: Position,
    },
    /// The latest events of its audit trail, newest first.
    Audit {
        /// Of one kind, by its name.
        event: Option<String>,
        /// Of one user.
        user: Option<UserId>,
        /// At most this many.
        limit: usize,
    },
    /// Its configuration.
    Settings {
        /// Mixed into the marks of secrets, so that marks of different questions cannot be compared.
        salt: u64,
    },
}

/// An option in the answer to [`Question::Settings`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingOf {
    /// `section.key`.
    pub option: String,
    /// The printable value; for a secret only whether there is one.
    pub value: String,
    /// Origin of the value.
    pub origin: String,
    /// Whether the value must not be shown.
    pub secret: bool,
    /// Differs between two answers to the same question if the values do.
    pub mark: u64,
}
