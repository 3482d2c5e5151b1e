//! The members of channels, over the whole cluster.

use super::reply::Reply;
use hubwire_protocol::{Address, Incarnation, MemberState, Profile, SessionId, UserId};
use std::time::Duration;

/// A user in a channel, cluster-wide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The session that joined.
    pub session: SessionId,
    /// Its user.
    pub user: UserId,
}

/// A session joins a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joining {
    /// The channel.
    pub channel: Address,
    /// The member.
    pub member: Member,
    /// The incarnations whose sessions count, for a broker that does not know within that step who lives.
    pub live: Vec<Incarnation>,
    /// The session was there before the broker lost data, and is not announced.
    pub known: bool,
    /// What its user shows there from now on, or that it shows nothing. `None`: what a session of the user showed that
    /// is not there any more.
    pub state: Option<Option<MemberState>>,
    /// Where users have profiles: how long the user's is kept from now on. `None`: it has none here.
    pub profiles_kept: Option<Duration>,
    /// The node does not follow the channel's topic, whatever the broker knows of an earlier member of it.
    pub fresh: bool,
}

/// What the broker says to a session that entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entered {
    /// The caller announces the user by [`Membership::tell_joined`].
    pub first: bool,
    /// The node is told directly although others have members there too: it is to follow the channel's topic.
    pub company: bool,
}

/// What is shown of a user in a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// What it shows of itself.
    pub state: Option<MemberState>,
    /// Its profile; empty when it has none.
    pub profile: Profile,
}

/// A session of this incarnation as the broker has it: in the directory, or in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The channel; absent: the directory.
    pub channel: Option<Address>,
    /// The session.
    pub member: Member,
}

/// Members of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Members {
    /// Its sessions, those of dead incarnations included.
    pub sessions: Vec<Member>,
    /// Users whose `left` is put off.
    pub leaving: Vec<UserId>,
    /// What is shown of users there, of whom anything is.
    pub shown: Vec<(UserId, Shown)>,
}

/// Members of a channel as announced to those who watch it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roster {
    /// How many users; where they are not named, those who come and go just now may count or not.
    pub count: usize,
    /// Their names in no order, with what is shown of them; absent when there are more than were wanted.
    pub users: Option<Vec<(UserId, Shown)>>,
}

/// The members of channels. Which sessions are on live nodes is the broker's to judge, by the leases at that moment: a
/// caller may not have heard yet of a node that started. `live` are the nodes it has heard of, for a broker that has
/// the leases elsewhere; such a broker looks the others up.
///
/// Each session of a user may show a state in a channel; of the user is shown what was set last, of the sessions that
/// are there. What a session showed that was the user's last one on a live incarnation stays until `left` is announced,
/// and goes over to the user's next session there. A change of what is shown is announced on the channel's topic.
///
/// # Who hears a channel
/// From the moment in which its first session entered, until its last one is taken out, a node hears what is said on
/// the channel's topic: directly, until it has subscribed to the topic, then by it. Each message takes one of the two
/// ways. Where one node has all members, what it says itself goes nowhere else: it hears it as
/// [`BackendEvent::Kept`](super::BackendEvent).
/// A node that is told directly although others have members as well is told to follow the topic
/// (`ClusterMessage::Company`), again with every message until it does.
/// Only channels are so; the topics of organisations and teams are always followed.
pub trait Membership {
    /// Enters a session into a channel (or fails as [`Directory::attach`](super::Directory::attach) does). The caller
    /// announces the user by [`Membership::tell_joined`] when the session is the user's first one there on a
    /// live incarnation and no `left` is pending, or when the first one was never announced.
    fn join(&self, joining: Joining) -> Reply<Entered>;

    /// Changes what a session shows in a channel. `false`: it is not in there, and shows nothing.
    fn set_state(&self, channel: Address, member: Member, state: Option<MemberState>) -> Reply<bool>;

    /// Removes a session. After a user's last one there on a live incarnation `left` is due in `grace`, and a join
    /// until then cancels it; without a grace `left` is announced at once.
    /// A user whose arrival was never announced leaves unannounced.
    fn depart(&self, channel: Address, member: Member, live: Vec<Incarnation>, grace: Duration) -> Reply<()>;

    /// Announces on the channel's topic that a user joined, and then what is shown of it, once: a repetition, by any
    /// node, does nothing. It comes before whatever later calls
    /// of [`Membership::depart`] and [`Membership::tell_left`] announce there.
    fn tell_joined(&self, channel: Address, user: UserId) -> Reply<()>;

    /// Announces `left`, on the channels' topics, for at most `limit` users for whom it is due and who are not back on
    /// a live incarnation: once for each, whichever nodes call this and however often. Returns how many were looked at.
    fn tell_left(&self, live: Vec<Incarnation>, limit: usize) -> Reply<usize>;

    /// The users in a channel as [`Membership::tell_joined`], [`Membership::depart`] and [`Membership::tell_left`] have
    /// told it up to now: named when there are at most `users_max`.
    /// Their number alone costs the same for every channel.
    fn roster(&self, channel: Address, users_max: usize) -> Reply<Roster>;

    /// Everybody in a channel.
    fn members(&self, channel: Address) -> Reply<Members>;
}
