//! What a node is asked, for an operator or for a client that reached another node. Travels as JSON between nodes of
//! possibly different versions: a node that does not know a question does not answer it and is shown as silent.

use super::watch::TailFilter;
use crate::sse::posts::Posted;
use hubwire_actors::words::status::ChannelFilter;
use hubwire_protocol::{Address, Position, SessionId, UserId};
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// How the node is.
    Node,
    /// What it measured over the last minutes.
    Series,
    /// What there is to see of these of its sessions.
    Sessions(Vec<SessionId>),
    /// Channels with members there.
    Channels(ChannelFilter),
    /// How many of its sessions follow a stream.
    Following(Address),
    /// To take what a client posted for one of its sessions.
    Post(Posted),
    /// What it accepted since this tail asked last.
    Tail {
        /// The tail's name.
        id: u64,
        /// What it wants to see.
        filter: TailFilter,
    },
    /// Where a publication went, as far as the node knows.
    Message {
        /// Its stream.
        stream: Address,
        /// Its position.
        pos: Position,
    },
    /// The latest events of its audit trail, newest first.
    Audit {
        /// Of one kind, by its word.
        event: Option<String>,
        /// Of one user.
        user: Option<UserId>,
        /// At most so many.
        limit: usize,
    },
    /// With what configuration it runs.
    Settings {
        /// Mixed into what tells secrets apart, so that the answers of one question are good for that question only.
        salt: u64,
    },
}

/// An option as a node answers [`Question::Settings`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingOf {
    /// `section.key`.
    pub option: String,
    /// The value for people; of a secret only whether there is one.
    pub value: String,
    /// Origin of the value.
    pub origin: String,
    /// Whether the value may not be seen.
    pub secret: bool,
    /// Differs between two answers to one question when the values do.
    pub mark: u64,
}
