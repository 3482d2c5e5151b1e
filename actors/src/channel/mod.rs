//! A channel: one actor per channel with at least one local member. The actor exists only while it has members.
//!
//! A join is complete when the cluster's member list has it and the channel's position is known; then the member is
//! handed to its delivery actor, which writes `joined` before the first publication.

mod announcements;
mod attending;
mod coming;
mod list;
mod local_members;
mod looking;
mod membership;
mod relist;
mod roster;
mod showing;

use crate::apart::TaskDone;
use crate::backend::BackendError;
use crate::context::Context;
use crate::core::Core;
use crate::feed::owner::{follow, FeedOwner};
use crate::feed::Feed;
use crate::handlers::handlers;
use crate::mail;
use crate::probe::probed;
use crate::words::bridge::{BridgePort, Unfollow};
use crate::words::channel::*;
use crate::words::feed::{Arrived, Ephemeral, Tail, TopicFollowed, TopicUnconfirmed};
use crate::words::hub::HubPort;
use crate::words::ids::FeedId;
use crate::words::member::MemberRef;
use actix::prelude::*;
use announcements::Announcements;
use hubwire_protocol::{Address, Position, SessionId, UserId};
use local_members::LocalMembers;
use roster::{Heard, KnownMembers};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// The actor of a channel; see the module.
pub struct Channel {
    core: Rc<Core>,
    hub: Arc<dyn HubPort>,
    bridge: Arc<dyn BridgePort>,
    feed: Feed,
    members: LocalMembers,
    /// Calls to the broker that are still pending: removals of sessions and announcements of joins. The channel does
    /// not end before they are answered.
    unsettled: u32,
    /// Joins that have arrived here; by this number the hub knows whether another one is on its way.
    joins: u64,
    announcements: Announcements,
    /// Whether an announcement is scheduled.
    announce_due: bool,
    roster: KnownMembers,
    /// Grows with each announced change of the roster.
    version: u64,
    /// How often the list of members was sent to a client.
    shown: u64,
    /// Set while the members are being read: announcements that arrived since then may be newer than the answer.
    looking: Option<Box<Heard>>,
    /// Whether the members have to be read soon.
    look_due: bool,
    /// Whether the bridge passes the channel's messages to this actor.
    attended: bool,
    /// Present until the channel begins.
    starting: Option<Box<Starting>>,
    /// For the list of an organisation or a team: the sessions that watch its members.
    watchers: BTreeMap<SessionId, MemberRef>,
    /// Whether a reminder of delivery actors is scheduled.
    reminding: bool,
}

/// What a channel keeps until it begins.
#[derive(Default)]
struct Starting {
    /// The top of the log when the topic was subscribed.
    top: Option<Position>,
    /// Users that joined before the channel followed its topic: these joins are not announced yet.
    unsaid: Vec<UserId>,
}

impl Channel {
    /// A channel without members.
    pub fn new(core: Rc<Core>, address: Address, hub: Arc<dyn HubPort>, bridge: Arc<dyn BridgePort>) -> Self {
        let feed = Feed::new(core.clone(), address);
        Channel {
            hub,
            bridge,
            feed,
            members: LocalMembers::default(),
            unsettled: 0,
            joins: 0,
            announcements: Announcements::default(),
            announce_due: false,
            roster: KnownMembers::Unknown,
            // usually above the versions before a restart of the actor; a client starts over with each join anyway
            version: core.environment.unix_ms(),
            shown: 0,
            looking: None,
            look_due: false,
            attended: false,
            starting: None,
            watchers: BTreeMap::new(),
            reminding: false,
            core,
        }
    }

    fn address(&self) -> &Address {
        self.feed.stream()
    }

    fn topic_followed(&mut self, message: TopicFollowed, ctx: &mut Context<Self>) {
        if self.feed.is_started() {
            return;
        }
        // from here on the channel receives joins and leaves
        self.starting.get_or_insert_default().top = Some(message.top);
        match self.is_unwatched() {
            true => self.begin(ctx),
            false => self.look(ctx),
        }
    }

    /// Begins once the topic is followed and the members were read.
    fn begin(&mut self, ctx: &mut Context<Self>) {
        let Some(top) = self.starting.as_mut().and_then(|starting| starting.top.take()) else { return };
        self.list();
        let (started, next) = self.feed.start(top);
        if !self.announcements.is_empty() {
            self.announce_soon(ctx);
        }
        for member in started.iter().filter(|_| !self.is_list()) {
            self.tell_joined(member);
        }
        for user in self.starting.take().map_or_else(Vec::new, |starting| starting.unsaid) {
            self.publish_joined(user, ctx);
        }
        let id = self.feed.id();
        follow(self, ctx, id, next);
    }

    fn topic_unconfirmed(&mut self, message: TopicUnconfirmed, ctx: &mut Context<Self>) {
        match message.error {
            // another node could not do better, and other streams of the sessions are not affected
            error @ BackendError::WrongType { .. } => self.refuse_waiting(&error, ctx),
            error => self.feed.turn_away(&error),
        }
    }

    fn stop(&mut self, _: Stop, ctx: &mut Context<Self>) {
        if self.attended {
            mail::insist(&self.bridge, Unfollow { topic: self.address().clone() });
        }
        ctx.stop();
    }
}

impl FeedOwner for Channel {
    fn feed(&mut self, id: FeedId) -> Option<&mut Feed> {
        (self.feed.id() == id).then_some(&mut self.feed)
    }

    fn feed_of(&mut self, _: &Address) -> Option<&mut Feed> {
        Some(&mut self.feed)
    }

    fn each_feed(&mut self, act: fn(&mut Feed)) {
        act(&mut self.feed);
    }

    fn reminding(&mut self) -> &mut bool {
        &mut self.reminding
    }

    fn core(&self) -> &Rc<Core> {
        &self.core
    }
}

impl Actor for Channel {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(mail::CORE_MAILBOX);
    }
}

impl Handler<TaskDone<Channel>> for Channel {
    type Result = ();
    fn handle(&mut self, message: TaskDone<Channel>, ctx: &mut Self::Context) {
        message.run(self, ctx);
    }
}

handlers! {
    Channel;
    Join => join;
    Leave => leave;
    ListSession => list_session;
    Unlist => unlist_session;
    WatchList => watch_list;
    UnwatchList => unwatch_list;
    Arrived => arrived;
    Ephemeral => ephemeral;
    Tail => tail;
    Show => show_state;
    PresenceChanged => presence_changed;
    StateChanged => state_changed;
    ProfileChanged => profile_changed;
    LookAgain => look_again;
    TopicFollowed => topic_followed;
    TopicUnconfirmed => topic_unconfirmed;
    Relist => relist;
    Stop => stop;
}

probed!(Channel);

#[cfg(test)]
mod tests {
    use crate::vital::VitalTask;

    /// There may be 100,000 channels on a node. The size of each task is rounded up to a multiple of 128 bytes: one
    /// that is larger than this takes 128 bytes more.
    #[test]
    fn a_channel_is_small() {
        let bytes = size_of::<VitalTask<super::Channel>>();
        assert!(bytes <= 416, "{bytes} bytes");
    }
}
