//! The members of channels, over the whole cluster.

use super::reply::Reply;
use hubwire_protocol::{Address, Incarnation, MemberState, Profile, SessionId, UserId};
use std::time::Duration;

/// A user in a channel, cluster-wide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The session that joined.
    pub session: SessionId,
    /// The user of the session.
    pub user: UserId,
}

/// A session joins a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joining {
    /// The channel.
    pub channel: Address,
    /// The member.
    pub member: Member,
    /// The incarnations whose sessions count, for a broker that cannot look them up within that step.
    pub live: Vec<Incarnation>,
    /// The session joined before the broker lost data, and is not announced again.
    pub known: bool,
    /// The new state of its user there, or `Some(None)` for none. `None`: it takes over the state of a session of the
    /// user that has ended.
    pub state: Option<Option<MemberState>>,
    /// How long to keep the user's profile from now on, if users have profiles. `None`: no profiles.
    pub profiles_kept: Option<Duration>,
    /// The node does not follow the channel's topic, even if the broker still believes so because of an earlier member.
    pub fresh: bool,
}

/// The broker's answer to a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JoinOutcome {
    /// The caller has to announce the user by [`ChannelMembership::tell_joined`].
    pub first: bool,
    /// The node is notified directly although other nodes have members, too: it has to subscribe to the channel's
    /// topic.
    pub company: bool,
}

/// What other members of a channel see of a user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// Its presence state.
    pub state: Option<MemberState>,
    /// Its profile; empty when it has none.
    pub profile: Profile,
}

/// An entry of this incarnation at the broker: in the directory, or in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The channel; absent for an entry in the directory.
    pub channel: Option<Address>,
    /// The session.
    pub member: Member,
}

/// Members of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Members {
    /// The sessions, including those of dead incarnations.
    pub sessions: Vec<Member>,
    /// Users whose `left` is delayed.
    pub leaving: Vec<UserId>,
    /// States and profiles, of users that have any.
    pub shown: Vec<(UserId, Shown)>,
    /// The states of the sessions that have one.
    pub states: Vec<(SessionId, MemberState)>,
}

/// The members of a channel as announced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roster {
    /// The number of users. Where they are not named, users that are joining or leaving at the moment may or may not
    /// count.
    pub count: usize,
    /// Their ids in no order, with states and profiles; absent when there are more than requested.
    pub users: Option<Vec<(UserId, Shown)>>,
}

/// The members of channels. The broker decides which sessions are on live nodes, by the leases at that moment: a caller
/// may not know yet of a node that has just started. `live` are the nodes that the caller knows, for a broker that
/// keeps the leases on another server; such a broker looks the others up.
///
/// Each session of a user may have a state in a channel; the user's state is the one set last by a session that is
/// still there. When the user's last session on a live incarnation ends, its state stays until `left` is announced, and
/// the user's next session there takes it over. A change of the user's state is announced on the channel's topic.
///
/// # Which nodes receive messages of a channel
/// From the moment in which its first session entered until its last one is removed, a node receives all messages on
/// the channel's topic: directly until it has subscribed to the topic, afterwards by the subscription. Each message
/// takes one of the two ways. While one node has all members, its own messages go to no other node: it receives them as
/// [`BackendEvent::Kept`](super::BackendEvent). A node that is notified directly although other nodes have members as
/// well is asked to subscribe (`ClusterMessage::Company`), again with every message until it does. This applies only to
/// channels; the topics of organisations and teams always need a subscription.
pub trait ChannelMembership {
    /// Enters a session into a channel (or fails like [`Directory::attach`](super::Directory::attach)). The caller
    /// announces the user by [`ChannelMembership::tell_joined`] if the session is the user's first one there on a live
    /// incarnation and no `left` is pending, or if the first one was never announced.
    fn join(&self, joining: Joining) -> Reply<JoinOutcome>;

    /// Changes the state of a session in a channel. `false`: the session is not in the channel, and nothing changed.
    fn set_state(&self, channel: Address, member: Member, state: Option<MemberState>) -> Reply<bool>;

    /// Removes a session. After a user's last one there on a live incarnation, `left` is due in `grace`, and a join
    /// before that cancels it; without a grace `left` is announced at once. A user whose join was never announced
    /// leaves unannounced.
    fn depart(&self, channel: Address, member: Member, live: Vec<Incarnation>, grace: Duration) -> Reply<()>;

    /// Announces once on the channel's topic that a user joined, and then its state and profile: a repetition, by any
    /// node, does nothing. It precedes all announcements of later calls of [`ChannelMembership::depart`] and
    /// [`ChannelMembership::tell_left`].
    fn tell_joined(&self, channel: Address, user: UserId) -> Reply<()>;

    /// Announces `left` on the channels' topics, for at most `limit` users for whom it is due and who have not come
    /// back on a live incarnation: once for each, whichever nodes call this and however often. Returns the number of
    /// users that were checked.
    fn tell_left(&self, live: Vec<Incarnation>, limit: usize) -> Reply<usize>;

    /// The users in a channel as announced so far by [`ChannelMembership::tell_joined`],
    /// [`ChannelMembership::depart`] and [`ChannelMembership::tell_left`]: by name when there are at most `users_max`.
    /// The number alone costs the same for every channel.
    fn roster(&self, channel: Address, users_max: usize) -> Reply<Roster>;

    /// All members of a channel.
    fn members(&self, channel: Address) -> Reply<Members>;
}
