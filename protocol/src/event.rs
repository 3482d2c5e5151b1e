//! All that a client can hear besides publications, whatever wire protocol it speaks.
//!
//! The types are written by serde where a protocol has the same fields; the names of its messages are its own.

pub use crate::ack::Ack;
pub use crate::channel_list::{ChannelList, LiveChannel};
pub use crate::conversations::{Conversation, Conversations};
pub use crate::past::{HistoryPage, Snapshot};
pub use crate::people::{People, Person};
pub use crate::rpc::{Call, Json, Reply};
pub use crate::welcome::{Membership, Memberships, Welcome, WelcomeLimits};

use crate::{ErrorCode, MemberState, OrgId, Position, Profile, SessionId, UserId};
use serde::Serialize;
use std::collections::BTreeMap;

/// Something a client hears. What it is about, and the request it answers, go beside it.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Event<'a> {
    /// First after authentication.
    Welcome(Welcome<'a>),
    /// The answer to a join or view; without a request, others joined.
    Joined(Joined<'a>),
    /// The answer to a leave; without a request, others left.
    Left(Left<'a>),
    /// What users show of themselves or their profiles changed; or a channel has too many users for its changes to be
    /// told by name, or few enough again.
    Changed(Changed<'a>),
    /// Presence: an answer; without a request, watched users came online, went offline, or have another profile.
    Presence(Presence<'a>),
    /// People of the user: an answer.
    People(People<'a>),
    /// Conversations of the user: an answer.
    Conversations(Conversations<'a>),
    /// Channels of an organisation: an answer.
    Channels(ChannelList<'a>),
    /// A page of a log: an answer.
    #[serde(skip_serializing)]
    History(HistoryPage<'a>),
    /// A stream goes on, or does not: one per stream, before what was missed.
    Resumed(Resumed<'a>),
    /// A refresh changed the organisations or teams.
    Orgs(Orgs<'a>),
    /// The stream goes on at `pos`; what lay before it and was not delivered is gone.
    Lag(Lag),
    /// The application asks this session.
    Rpc(Call<'a>),
    /// What a call to the application brought.
    Reply(Reply<'a>),
    /// What was asked is done.
    Ack(Ack),
    /// What was asked is refused.
    Error(ErrorBody<'a>),
    /// A ping for clients that cannot see those of WebSocket.
    Ping {},
    /// The node drains.
    Bye(Bye),
}

impl Event<'_> {
    /// Whether it repeats what a client wrote, which is JSON text.
    pub(crate) fn repeats_json(&self) -> bool {
        let members = match self {
            Event::Conversations(_) => return true,
            Event::People(people) => return people.people.iter().any(|it| it.profile.is_some()),
            Event::Joined(joined) if joined.recent.is_some() || joined.snapshot.is_some() => return true,
            Event::Joined(joined) => &joined.members,
            Event::Resumed(resumed) => &resumed.members,
            Event::Changed(changed) => &changed.members,
            Event::Presence(presence) => {
                return presence.users.iter().any(|it| it.state.is_some() || it.profile.is_some())
            }
            _ => return false,
        };
        members.iter().flatten().any(|it| it.state.is_some() || it.profile.is_some())
    }
}

/// What a refresh changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Orgs<'a> {
    /// Organisations whose events arrive without asking, from now on.
    pub orgs: Vec<&'a OrgId>,
    /// What the user is in each of them.
    pub memberships: Memberships<'a>,
    /// Where the streams stand that the session follows now and did not before.
    pub resume: BTreeMap<String, Position>,
}

/// A join, of the client or of others.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Joined<'a> {
    /// The user that joined (pushed), or nothing (answer).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<&'a UserId>,
    /// Answer: the position the channel goes on from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos: Option<Position>,
    /// Answer to a join with `pos`: whether everything after it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered: Option<bool>,
    /// Answer: the last position of the log at that moment, where what follows from it ends; `0-0` when it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<Position>,
    /// Answer to a join that asked for them: the newest publications up to `pos`, oldest first, as they were delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recent: Option<Vec<Json>>,
    /// Answer to a join that asked for it: the channel's snapshot, or `null` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Option<Snapshot>>,
    /// Members of the channel, the asker included; absent when there are more than the node lists, or it does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<PresentMember<'a>>>,
    /// How many users are in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Grows with each change that this node tells of the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// A user in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PresentMember<'a> {
    /// The user.
    pub user: &'a UserId,
    /// What it shows of itself there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'a MemberState>,
    /// Its profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'a Profile>,
}

/// A leave, of the client or of others.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Left<'a> {
    /// The user that left (pushed), or nothing (answer).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<&'a UserId>,
    /// Pushed to the user itself: why the node took the session out of the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<LeftReason>,
    /// How many users are in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Grows with each change that this node tells of the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// Why the node took a session out of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftReason {
    /// Its credentials do not allow the channel any more.
    Forbidden,
    /// The server took it out, or closed the channel.
    Kicked,
    /// The token for this channel has ended.
    Expired,
}

/// A channel changed as a whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changed<'a> {
    /// Those of whom something changed, as they are now. As many as `count`: everybody in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<PresentMember<'a>>>,
    /// How many users are in the channel.
    pub count: usize,
    /// Grows with each change that this node tells of the channel.
    pub version: u64,
}

/// Presence of an address.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Presence<'a> {
    /// The users that are there: of a channel its members; of a user itself, or nobody.
    pub users: Vec<PresentUser<'a>>,
    /// Of a channel: how many users there are, on this page and others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Whether there are users behind the last one of this page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// A user who is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PresentUser<'a> {
    /// The user.
    pub user: &'a UserId,
    /// Among several users asked for or watched: whether it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// With how many sessions.
    pub sessions: usize,
    /// Which they are, in a channel; not every protocol tells.
    #[serde(skip)]
    pub ids: &'a [SessionId],
    /// What it shows of itself in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'a MemberState>,
    /// Its profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'a Profile>,
    /// Of who is not there: when it was there last, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<u64>,
}

/// How one stream goes on.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Resumed<'a> {
    /// Whether everything after the client's position follows.
    pub recovered: bool,
    /// The position the stream goes on from: the client's own, or where it had to be set to.
    /// Absent when it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos: Option<Position>,
    /// The last position of the log at that moment, where what follows from it ends; `0-0` when it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<Position>,
    /// Why this stream is not resumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<StreamError<'a>>,
    /// Members of the channel, the asker included; absent when there are more than the node lists, or it does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<PresentMember<'a>>>,
    /// How many users are in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Grows with each change that this node tells of the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// Why one of several streams is refused.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StreamError<'a> {
    /// Stable code.
    pub code: ErrorCode,
    /// For people: what, where, what to do.
    pub message: &'a str,
}

/// A stream goes on with a gap.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lag {
    /// The stream goes on after this position.
    pub pos: Position,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorBody<'a> {
    /// Stable code.
    pub code: ErrorCode,
    /// For people: what, where, what to do.
    pub message: &'a str,
    /// Whether the same action may succeed later.
    pub retry: bool,
    /// When to try again, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// A frame was refused as a whole: the ids of its actions, as far as they could be read. None of them was done.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub not_done: &'a [String],
    /// Where in the payload the fault is, a JSON Pointer (RFC 6901); `""` is the payload itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<&'a str>,
}

/// The node sends its clients elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bye {
    /// Why.
    pub reason: &'static str,
    /// Reconnect after this many milliseconds (jittered per session).
    pub retry_in_ms: u64,
}
