//! The channels a client is in: joins, leaves, views. After a reconnect each is joined again from its position.

use super::answers::{members, Listed, Told};
use super::context::Context;
use super::desk::{Desk, Pending};
use super::membership::Membership;
use super::presence::{Difference, MemberState, Presence};
use super::router::{Told as ToldFeeds, Topic};
use crate::channel_options::ChannelOptions;
use crate::error::{Code, HubError};
use crate::event::Snapshot;
use hubwire_protocol::{Address, UserId};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// A member whose last socket ended has come back or has left after this time; that it came back is not announced.
pub(super) const GRACE: Duration = Duration::from_secs(6);

/// A request to be repeated later.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    Join,
    List,
}

/// See the module documentation.
#[derive(Default)]
pub struct Channels {
    pub(super) memberships: BTreeMap<u64, Membership>,
    pub(super) by_address: BTreeMap<Address, u64>,
    viewed: Option<u64>,
    count: u64,
    pub(super) later: Vec<(Duration, u64, Again)>,
    /// Whether the answer to a join lists all members, according to the node's features.
    pub joins_name_members: bool,
    /// Whether members may have states, according to the node's features.
    pub shows_states: bool,
    /// Whether a join may start with recent publications.
    pub has_recent: bool,
    /// Whether it may start with a snapshot.
    pub has_snapshots: bool,
}

impl Channels {
    /// Adds a handle; the first one joins.
    pub fn enter(&mut self, cx: &mut Context<'_>, address: &Address, wish: ChannelOptions) -> u64 {
        let id = match self.by_address.get(address) {
            Some(id) => *id,
            None => self.create(cx, address, false, wish),
        };
        if let Some(membership) = self.memberships.get_mut(&id) {
            membership.handles += 1;
        }
        id
    }

    /// Leaves the channel viewed before and joins this one, in one step.
    pub fn view(&mut self, cx: &mut Context<'_>, address: &Address, wish: ChannelOptions) -> u64 {
        if let Some(id) = self.by_address.get(address).copied() {
            if self.viewed != Some(id) {
                // already joined: only the channel viewed before is left
                self.view_nothing(cx);
            }
            return self.enter(cx, address, wish);
        }
        let kept = self.end_view(cx);
        let id = self.create(cx, address, true, wish);
        if let Some(membership) = self.memberships.get_mut(&id) {
            membership.handles = 1;
        }
        if let Some(kept) = kept.filter(|_| cx.is_connected) {
            self.join(cx, kept);
        }
        id
    }

    /// Leaves the viewed channel.
    pub fn view_nothing(&mut self, cx: &mut Context<'_>) {
        if self.viewed.is_none() {
            return;
        }
        cx.tell_node("@@hub/view", None);
        if let Some(kept) = self.end_view(cx).filter(|_| cx.is_connected) {
            self.join(cx, kept);
        }
    }

    /// Sets the user's state in the channel.
    pub fn show(&mut self, cx: &mut Context<'_>, id: u64, state: Option<MemberState>) {
        let Some(membership) = self.memberships.get_mut(&id) else { return };
        if cx.is_connected && self.shows_states {
            cx.desk.ask("@@hub/state", Some(&membership.address), Some(json!({ "state": state })), Pending::Told);
        }
        membership.state = state;
    }

    /// Removes a handle; the last one leaves.
    pub fn release(&mut self, cx: &mut Context<'_>, id: u64) {
        let Some(membership) = self.memberships.get_mut(&id) else { return };
        membership.handles -= 1;
        if membership.handles > 0 {
            return;
        }
        match membership.is_view {
            true => cx.tell_node("@@hub/view", None),
            false => cx.tell_node("@@hub/leave", Some(&membership.address)),
        }
        self.end(cx, id, None);
    }

    /// Members of the channel of a handle, and whether the list is up to date.
    pub fn presence(&self, id: u64) -> Option<&Presence> {
        self.memberships.get(&id).map(|membership| &membership.presence)
    }

    /// Waits for the answer to the first join.
    pub fn joined_or_refused(&mut self, id: u64) -> oneshot::Receiver<Result<(), HubError>> {
        let (sender, receiver) = oneshot::channel();
        match self.memberships.get_mut(&id) {
            Some(membership) if membership.is_joined => drop(sender.send(Ok(()))),
            Some(membership) => membership.waiting.push(sender),
            None => drop(sender.send(Err(HubError::new(Code::Closed, "the channel was left")))),
        }
        receiver
    }

    /// The session started: joins all channels.
    pub fn connected(&mut self, cx: &mut Context<'_>) {
        let all: Vec<u64> = self.memberships.keys().copied().collect();
        all.into_iter().for_each(|id| self.join(cx, id));
    }

    /// The session ended: the members known become stale.
    pub fn disconnected(&mut self, desk: &mut Desk) {
        self.later.clear();
        for membership in self.memberships.values_mut() {
            if membership.presence.lost() {
                membership.tell(desk, Difference::default());
            }
        }
    }

    /// Handles an answer to `@@hub/presence`: a page of the channel's members.
    pub fn listed(&mut self, cx: &mut Context<'_>, id: u64, listed: Listed) {
        let Some(membership) = self.memberships.get_mut(&id) else { return };
        let last = listed.users.last().map(|named| named.user.clone());
        if let (true, Some(after)) = (listed.more, last) {
            membership.presence.page(members(listed.users));
            let (address, payload) = (membership.address.clone(), json!({ "after": after }));
            return cx.desk.ask("@@hub/presence", Some(&address), Some(payload), Pending::List(id));
        }
        if let Some(difference) = membership.presence.list(members(listed.users)) {
            membership.tell(cx.desk, difference);
        }
        if membership.presence.is_somebody_away() {
            self.later.push((cx.now + GRACE, id, Again::List));
        }
    }

    /// Handles `@@hub/joined`, `left` or `changed` about other users, or about this one if it lost a right.
    pub fn others_changed(&mut self, cx: &mut Context<'_>, kind: &str, to: &Address, told: Told, own: &UserId) {
        let Some(id) = self.by_address.get(to).copied() else { return };
        let is_lost = told.reason.is_some() && told.users.contains(own);
        if kind == "@@hub/left" && is_lost {
            return self.taken_out(cx, id, &told.reason.unwrap_or_default());
        }
        let Some(membership) = self.memberships.get_mut(&id) else { return };
        let difference = match (kind, told.members) {
            // a large channel became small enough to be listed again: these are all members
            ("@@hub/changed", Some(all)) if Some(all.len()) == told.count => membership.presence.list(members(all)),
            ("@@hub/changed", told) => membership.presence.show(members(told.unwrap_or_default())),
            _ => membership.presence.push(kind == "@@hub/joined", told.users),
        };
        if let Some(difference) = difference {
            membership.tell(cx.desk, difference);
        }
    }

    /// The address of a membership.
    pub fn address(&self, id: u64) -> Option<&Address> {
        self.memberships.get(&id).map(|membership| &membership.address)
    }

    /// The stored snapshot of a handle's channel, as of the last join.
    pub fn snapshot(&self, id: u64) -> Option<Arc<Snapshot>> {
        self.memberships.get(&id)?.snapshot.clone()
    }

    /// Repeats requests that were refused temporarily.
    pub fn tick(&mut self, cx: &mut Context<'_>) {
        let due: Vec<_> = self.later.extract_if(.., |(at, ..)| *at <= cx.now).collect();
        if !cx.is_connected {
            return;
        }
        for (_, id, again) in due {
            match again {
                Again::Join => self.join(cx, id),
                Again::List => self.ask_for_list(cx, id),
            }
        }
    }

    /// The client ended.
    pub fn close(&mut self, cx: &mut Context<'_>, error: Option<&HubError>) {
        let all: Vec<u64> = self.memberships.keys().copied().collect();
        all.into_iter().for_each(|id| self.end(cx, id, error.cloned()));
    }

    /// The node leaves the viewed channel. Returns its id if other handles still need it: then it is joined again.
    fn end_view(&mut self, cx: &mut Context<'_>) -> Option<u64> {
        let before = self.viewed.take()?;
        let membership = self.memberships.get_mut(&before)?;
        if membership.handles > 1 {
            membership.is_view = false;
            return Some(before);
        }
        self.end(cx, before, None);
        None
    }

    fn create(&mut self, cx: &mut Context<'_>, address: &Address, is_view: bool, wish: ChannelOptions) -> u64 {
        self.count += 1;
        let membership = Membership::new(address, is_view, wish);
        self.memberships.insert(self.count, membership);
        self.by_address.insert(address.clone(), self.count);
        if is_view {
            self.viewed = Some(self.count);
        }
        if cx.is_connected {
            self.join(cx, self.count);
        }
        self.count
    }

    pub(super) fn ask_for_list(&mut self, cx: &mut Context<'_>, id: u64) {
        if let Some(membership) = self.memberships.get_mut(&id) {
            membership.presence.expect();
            cx.desk.ask("@@hub/presence", Some(&membership.address), None, Pending::List(id));
        }
    }

    pub(super) fn end(&mut self, cx: &mut Context<'_>, id: u64, error: Option<HubError>) {
        let Some(membership) = self.memberships.remove(&id) else { return };
        if self.by_address.get(&membership.address) == Some(&id) {
            self.by_address.remove(&membership.address);
        }
        if self.viewed == Some(id) {
            self.viewed = None;
        }
        cx.streams.forget(&membership.address);
        let why = error.clone().unwrap_or_else(|| HubError::new(Code::Closed, "the channel was left"));
        cx.desk.tell_feeds(ToldFeeds::End(Topic::Stream(membership.address.clone()), error));
        membership.end(&why);
    }
}
