//! An organisation's hub: one per organisation with at least one local session.
//!
//! It follows the streams of the organisation and of teams with sessions here, and owns the organisation's channels. A
//! session receives every organisation event once, however many channels it is in.

mod channels;
mod lists;

use crate::context::Context;
use crate::core::Core;
use crate::environment::Map;
use crate::feed::owner::{follow, FeedOwner};
use crate::feed::Feed;
use crate::handlers::handlers;
use crate::mail;
use crate::probe::probed;
use crate::words::bridge::{BridgePort, Follow, HubIdle, Route, Unfollow};
use crate::words::channel::{PresenceChanged, ProfileChanged, StateChanged};
use crate::words::delivery::{Announce, Audience, Start};
use crate::words::feed::{Arrived, Ephemeral, Tail, TopicFollowed, TopicUnconfirmed};
use crate::words::hub::*;
use crate::words::ids::FeedId;
use crate::words::member::{MemberRef, SessionHandle};
use crate::words::receivers::{Known, Receivers};
use actix::prelude::*;
use channels::PooledChannel;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::{Address, ChannelPath, CloseCode, OrgId, Position, SessionId, TeamId};
use litemap::LiteMap;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// The hub of an organisation; see the module.
pub struct Hub {
    core: Rc<Core>,
    org: OrgId,
    bridge: Arc<dyn BridgePort>,
    /// The feeds of the organisation and of its teams.
    feeds: LiteMap<Address, Feed>,
    channels: Map<ChannelPath, PooledChannel>,
    /// Members of the organisation and its teams, if configured.
    lists: Map<Address, PooledChannel>,
    pending: Vec<WaitingSession>,
    sessions: u32,
    entered: u64,
    /// Whether a reminder of delivery actors is scheduled.
    reminding: bool,
}

/// A session that entered before the position of a stream was known.
struct WaitingSession {
    handle: Arc<SessionHandle>,
    session: SessionId,
    positions: BTreeMap<Address, Position>,
    missing: usize,
}

impl Hub {
    /// A hub without sessions.
    pub fn new(core: Rc<Core>, org: OrgId, bridge: Arc<dyn BridgePort>) -> Self {
        Hub {
            org,
            bridge,
            feeds: LiteMap::with_capacity(1), // most organisations have no teams here
            channels: core.environment.map(),
            lists: core.environment.map(),
            pending: Vec::new(),
            sessions: 0,
            entered: 0,
            reminding: false,
            core,
        }
    }

    fn enter(&mut self, message: EnterHub, ctx: &mut Context<Self>) {
        let EnterHub { member, teams, resume } = message;
        self.entered += 1;
        self.sessions += 1;
        // a refused session sends its exit when it ends, like any other. `system`, of which every user is a member, has
        // no bound
        let is_bounded = !self.org.is_system();
        if let Err(refusal) = self.core.accounts.has_room(if is_bounded { self.sessions as usize } else { 0 }) {
            let said = Some((Address::Org(self.org.clone()), refusal));
            let failed = crate::words::session::AttachFailed { code: CloseCode::SessionLimit, said };
            let _ = mail::tell(&member.handle, failed); // a session that has ended needs no answer
            return;
        }
        let streams = self.streams(teams);
        self.list_in(&member, &streams, ctx);
        self.take_in(&member, streams, &resume, ctx);
    }

    fn change_teams(&mut self, message: ChangeTeams, ctx: &mut Context<Self>) {
        let ChangeTeams { member, lost, gained } = message;
        let (lost, gained) = (self.teams(lost), self.teams(gained));
        self.list_out(&member, &lost, false);
        self.let_go(&member, lost);
        self.list_in(&member, &gained, ctx);
        self.take_in(&member, gained, &BTreeMap::new(), ctx);
    }

    /// Adds a session to streams, and notifies it when it is a member of all of them.
    fn take_in(
        &mut self,
        member: &MemberRef,
        streams: Vec<Address>,
        resume: &BTreeMap<Address, Start>,
        ctx: &mut Context<Self>,
    ) {
        let mut pending = WaitingSession {
            handle: member.handle.clone(),
            session: member.session,
            positions: BTreeMap::new(),
            missing: 0,
        };
        for stream in streams {
            let feed = self.follow_stream(stream.clone(), ctx);
            let (start, announce) = match resume.get(&stream) {
                Some(start) => (*start, Announce::Resumed { re: None }),
                None => (Start::Now, Announce::Silent),
            };
            match feed.add(member.clone(), start, announce, false) {
                true => drop(pending.positions.insert(stream, feed.last())),
                false => pending.missing += 1,
            }
        }
        self.finish_or_keep(pending, ctx);
    }

    /// The streams of a session in these teams.
    fn streams(&self, teams: Vec<TeamId>) -> Vec<Address> {
        let mut streams = self.teams(teams);
        streams.insert(0, Address::Org(self.org.clone()));
        streams
    }

    fn teams(&self, teams: Vec<TeamId>) -> Vec<Address> {
        teams.into_iter().map(|team| Address::Team(self.org.clone(), team)).collect()
    }

    fn follow_stream(&mut self, stream: Address, ctx: &mut Context<Self>) -> &mut Feed {
        let (core, bridge) = (&self.core, &self.bridge);
        self.feeds.entry(stream.clone()).or_insert_with(|| {
            let route = Route::Hub(ctx.shared_address());
            mail::insist(bridge, Follow { topic: stream.clone(), route });
            Feed::new(core.clone(), stream)
        })
    }

    fn finish_or_keep(&mut self, pending: WaitingSession, ctx: &mut Context<Self>) {
        if pending.missing > 0 {
            return self.pending.push(pending);
        }
        let hub = ctx.shared_address();
        let entered = crate::words::session::OrgEntered { org: self.org.clone(), hub, positions: pending.positions };
        // if the session has ended meanwhile, it has sent its exit
        let _ = mail::tell(&pending.handle, entered);
    }

    fn topic_followed(&mut self, message: TopicFollowed, ctx: &mut Context<Self>) {
        let Some(feed) = self.feeds.get_mut(&message.topic) else { return };
        if feed.is_started() {
            return;
        }
        let id = feed.id();
        let (started, next) = feed.start(message.top);
        // all sessions that arrived while the broker was away may be waiting here: each is checked once
        let started: HashSet<SessionId> = started.iter().map(|member| member.session).collect();
        for mut one in std::mem::take(&mut self.pending) {
            if started.contains(&one.session) {
                one.positions.insert(message.topic.clone(), message.top);
                one.missing -= 1;
            }
            self.finish_or_keep(one, ctx);
        }
        follow(self, ctx, id, next);
        self.list_followed(&message);
    }

    fn topic_unconfirmed(&mut self, message: TopicUnconfirmed, _: &mut Context<Self>) {
        if let Some(feed) = self.feeds.get(&message.topic) {
            feed.turn_away(&message.error);
        }
    }

    fn exit(&mut self, message: Exit, _: &mut Context<Self>) {
        self.sessions -= 1;
        self.pending.retain(|pending| pending.session != message.member.session);
        let streams = self.streams(message.teams);
        self.list_out(&message.member, &streams, true);
        self.let_go(&message.member, streams);
        self.idle_if_empty();
    }

    fn let_go(&mut self, member: &MemberRef, streams: Vec<Address>) {
        for stream in streams {
            let Some(feed) = self.feeds.get_mut(&stream) else { continue };
            feed.remove(member, None);
            // the organisation's own stream lives as long as the hub
            if feed.is_empty() && matches!(stream, Address::Team(..)) {
                self.feeds.remove(&stream);
                mail::insist(&self.bridge, Unfollow { topic: stream });
            }
        }
    }

    fn idle_if_empty(&self) {
        if self.sessions == 0 && self.channels.is_empty() && self.lists.is_empty() {
            mail::insist(&self.bridge, HubIdle { org: self.org.clone(), entered: self.entered });
        }
    }

    fn resume(&mut self, message: ResumeStream, _: &mut Context<Self>) {
        if let Some(feed) = self.feeds.get_mut(&message.stream) {
            feed.resume(&message.member, message.start, Announce::Resumed { re: message.re }, false);
        }
    }

    fn stop(&mut self, _: Stop, ctx: &mut Context<Self>) {
        for (stream, _) in std::mem::replace(&mut self.feeds, LiteMap::new()) {
            mail::insist(&self.bridge, Unfollow { topic: stream });
        }
        ctx.stop();
    }
}

impl FeedOwner for Hub {
    fn feed(&mut self, id: FeedId) -> Option<&mut Feed> {
        self.feeds.iter_mut().map(|(_, feed)| feed).find(|feed| feed.id() == id)
    }

    fn feed_of(&mut self, stream: &Address) -> Option<&mut Feed> {
        self.feeds.get_mut(stream)
    }

    fn each_feed(&mut self, act: fn(&mut Feed)) {
        self.feeds.iter_mut().for_each(|(_, feed)| act(feed));
    }

    fn reminding(&mut self) -> &mut bool {
        &mut self.reminding
    }

    fn core(&self) -> &Rc<Core> {
        &self.core
    }

    /// The sender receives it, too.
    fn tell(&mut self, to: &Address, envelope: &Envelope<'_>) {
        if let Some(feed) = self.feed_of(to) {
            feed.owe(envelope.from);
            let receivers = Receivers::told(envelope, to, Known::of(to));
            feed.tell(&receivers, Audience::All, |dialect| dialect.publication(envelope, None));
        }
    }
}

impl Actor for Hub {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(mail::CORE_MAILBOX);
    }
}

handlers! {
    Hub;
    EnterHub => enter;
    Exit => exit;
    ChangeTeams => change_teams;
    ResumeStream => resume;
    JoinChannel => join_channel;
    LeaveChannel => leave_channel;
    ShowState => show_state;
    ChannelIdle => channel_idle;
    Arrived => arrived;
    Ephemeral => ephemeral;
    Tail => tail;
    WatchOrg => watch_org;
    UnwatchOrg => unwatch_org;
    OfList<PresenceChanged> => of_list;
    OfList<StateChanged> => of_list;
    OfList<ProfileChanged> => of_list;
    LookAgain => look_again;
    Relist => relist;
    TopicFollowed => topic_followed;
    TopicUnconfirmed => topic_unconfirmed;
    Stop => stop;
}

probed!(Hub);
