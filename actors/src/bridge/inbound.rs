//! Passes messages of the broker to the actor that owns the stream.

use super::Bridge;
use crate::backend::BackendEvent;
use crate::context::Context;
use crate::inquiry::Inquiry;
use crate::mail;
use crate::words::bridge::{Company, Route};
use crate::words::feed::{Arrival, Arrived, Ephemeral};
use crate::words::port::Port;
use crate::words::rpc::CallAsked;
use crate::words::{channel, hub, last_heard, presence, watchers};
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::cluster::{ClusterMessage, StreamPlace};
use hubwire_protocol::{Address, MemberState, OwnClose, Position, Profile, SessionId};
use std::time::Duration;

impl Bridge {
    pub(super) fn on_event(&mut self, event: BackendEvent, ctx: &mut Context<Self>) {
        match event {
            BackendEvent::Message { payload } => self.on_message(payload, ctx),
            BackendEvent::Kept { payload } => {
                self.core.metrics.suppressed.with_label_values(&["publish"]).inc();
                self.on_message(payload, ctx);
            }
            BackendEvent::Stored { stream, entry, kept } => {
                if kept {
                    self.core.metrics.suppressed.with_label_values(&["publish"]).inc();
                }
                // it is in the log, and without the lease that must do: every stream is checked once the lease is back
                if self.core.holds_lease() {
                    self.publication(stream, entry.into());
                }
            }
            BackendEvent::Unanswered => self.look_at_near(ctx),
            BackendEvent::Lossy => {
                log::warn!("pub/sub may have lost messages, checking every followed stream");
                self.core.metrics.lossy.inc();
                self.check_all(ctx);
                self.look_again();
            }
            // the backend logs the reason
            BackendEvent::Deaf => {
                self.core.note_deaf();
                self.check_all(ctx);
            }
        }
    }

    /// Reads the members of all channels: no log reveals lost joins and leaves.
    fn look_again(&self) {
        mail::insist(&self.watchers, watchers::LookAgain);
        for (stream, route) in &self.routes {
            match route {
                Route::Channel(channel) => mail::insist(channel, channel::LookAgain),
                Route::Hub(hub) if matches!(stream, Address::Org(_)) => mail::insist(hub, hub::LookAgain),
                Route::Hub(_) => {} // its organisation notifies it
            }
        }
    }

    fn on_message(&mut self, payload: Bytes, ctx: &mut Context<Self>) {
        if !self.core.holds_lease() {
            return; // it is in the log; every stream is checked once the lease is back
        }
        let Some((payload, sealed)) = self.core.node_channel.open(&payload) else {
            self.core.metrics.forged.inc();
            return log::warn!("cluster message with a wrong seal dropped");
        };
        let message = match ClusterMessage::decode(&payload) {
            Ok(message) => message,
            Err(error) => {
                self.core.metrics.malformed.inc();
                log::warn!("cluster message cannot be read error={error}");
                return;
            }
        };
        if !sealed && needs_seal(&message) {
            self.core.metrics.forged.inc();
            return log::warn!("cluster message without a seal dropped");
        }
        let taken = match message {
            ClusterMessage::Publication { stream, pos, prev, envelope } => {
                let arrival = Arrival { pos, prev, envelope: payload.slice_ref(envelope) };
                stream.parse().ok().map(|stream| self.publication(stream, arrival))
            }
            ClusterMessage::Direct { copy, receiver, envelope } => {
                let envelope = payload.slice_ref(envelope);
                // in the order in which they were stored
                [copy, receiver].into_iter().try_for_each(|StreamPlace { stream, pos, prev }| {
                    let arrival = Arrival { pos, prev, envelope: envelope.clone() };
                    stream.parse().ok().map(|stream| self.publication(stream, arrival))
                })
            }
            ClusterMessage::Ephemeral { address, envelope } => self.ephemeral(address, payload.slice_ref(envelope)),
            ClusterMessage::Tail { stream, pos } => self.tail(stream, pos),
            ClusterMessage::Tails { tops } => tops.into_iter().try_for_each(|(stream, pos)| self.tail(stream, pos)),
            ClusterMessage::Presence { channel, user, joined } => self.presence_change(channel, user, joined),
            ClusterMessage::State { channel, user, state } => self.state_change(channel, user, state),
            ClusterMessage::Profile { channel, user, profile } => self.profile_change(channel, user, profile),
            ClusterMessage::Stirred { user } => self.stirred(user),
            ClusterMessage::Company { channel } => {
                channel.parse().ok().map(|topic| self.company(Company { topic }, ctx))
            }
            ClusterMessage::Close { session, code, said } => {
                let own = std::str::from_utf8(said).ok().and_then(OwnClose::from_text);
                mail::insist(&self.presence, presence::CloseSession { session, code, own });
                Some(())
            }
            ClusterMessage::Place { session, channel, joined } => self.place(session, channel, joined),
            ClusterMessage::Call { session, node, call, timeout_ms, body } => {
                serde_json::from_slice(body).ok().map(|body| {
                    let asked = CallAsked { node, call, timeout: Duration::from_millis(timeout_ms), body };
                    mail::insist(&self.presence, presence::CallHere { session, asked });
                })
            }
            ClusterMessage::Returned { call, body } => serde_json::from_slice(body)
                .ok()
                .map(|returned| mail::insist(&self.presence, presence::CallReturned { call, returned })),
            ClusterMessage::LateReply { session, body } => serde_json::from_slice(body)
                .ok()
                .map(|reply| mail::insist(&self.presence, presence::ReplyHere { session, reply })),
            ClusterMessage::AskLastHeard { user, node, search } => user
                .parse()
                .ok()
                .map(|user| mail::insist(&self.presence, last_heard::TellLastHeard { user, node, search })),
            ClusterMessage::LastHeard { search, latest } => {
                mail::insist(&self.presence, last_heard::LastHeard { search, latest });
                Some(())
            }
            ClusterMessage::Drain => {
                self.drain_asked.notify_one();
                Some(())
            }
            ClusterMessage::Question { from, id, question } => {
                self.inquiries.take(Inquiry { from, id, question: payload.slice_ref(question) });
                Some(())
            }
            ClusterMessage::Answer { id, answer } => {
                self.inquiries.answered(id, payload.slice_ref(answer));
                Some(())
            }
        };
        if taken.is_none() {
            self.core.metrics.malformed.inc();
            log::warn!("cluster message has an invalid address, or no body of its kind");
        }
    }

    /// An address that nobody follows here (any more) is ignored.
    fn publication(&mut self, stream: Address, arrival: Arrival) {
        let mailbox = if matches!(stream, Address::User(_)) { "presence" } else { "feed" };
        let Some(owner) = self.owner(&stream) else { return };
        if mail::tell(owner, Arrived { stream, arrival }).is_err() {
            // the next publication, the tail or the sweep reveals the gap
            self.core.overflow(mailbox);
        }
    }

    fn ephemeral(&mut self, to: &str, envelope: Bytes) -> Option<()> {
        let to: Address = to.parse().ok()?;
        let Some(owner) = self.owner(&to) else { return Some(()) };
        if mail::tell(owner, Ephemeral { to, envelope }).is_err() {
            self.core.metrics.ephemeral_dropped.inc();
        }
        Some(())
    }

    fn tail(&mut self, stream: &str, top: Position) -> Option<()> {
        let address: Address = stream.parse().ok()?;
        self.tell_top(address, top);
        Some(())
    }

    fn place(&mut self, session: SessionId, channel: &str, joined: bool) -> Option<()> {
        let channel: Address = channel.parse().ok()?;
        mail::insist(&self.presence, presence::PlaceSession { session, channel, joined });
        Some(())
    }

    fn presence_change(&mut self, channel: &str, user: &str, joined: bool) -> Option<()> {
        self.tell_channel(channel, channel::PresenceChanged { user: user.parse().ok()?, joined })
    }

    fn stirred(&mut self, user: &str) -> Option<()> {
        let user = user.parse().ok()?;
        if mail::tell(&self.watchers, watchers::Stirred { user }).is_err() {
            self.core.overflow("watchers"); // the periodic check of all watched users finds it
        }
        Some(())
    }

    fn state_change(&mut self, channel: &str, user: &str, state: &[u8]) -> Option<()> {
        self.tell_channel(channel, channel::StateChanged { user: user.parse().ok()?, state: state_of(state)? })
    }

    fn profile_change(&mut self, channel: &str, user: &str, profile: &[u8]) -> Option<()> {
        let profile = Profile::from_text(profile);
        self.tell_channel(channel, channel::ProfileChanged { user: user.parse().ok()?, profile })
    }

    /// Notifies a followed channel, organisation or team, which detects a lost message when it next reads the members.
    fn tell_channel<M>(&mut self, channel: &str, change: M) -> Option<()>
    where
        M: Message<Result = ()>,
        dyn channel::ChannelPort: Port<M>,
        dyn hub::HubPort: Port<hub::OfList<M>>,
    {
        let list: Address = channel.parse().ok()?;
        let told = match self.routes.get(&list) {
            Some(Route::Channel(channel)) => mail::tell(channel, change),
            Some(Route::Hub(hub)) => mail::tell(hub, hub::OfList { list, change }),
            None => Ok(()),
        };
        if told.is_err() {
            self.core.overflow("feed");
        }
        Some(())
    }
}

/// The state in a message of a topic; empty means none.
fn state_of(text: &[u8]) -> Option<Option<MemberState>> {
    if text.is_empty() {
        return Some(None);
    }
    let text = std::str::from_utf8(text).ok()?;
    MemberState::from_text(text.to_owned()).ok().map(Some)
}

/// Whether only nodes send this message, on a node channel.
fn needs_seal(message: &ClusterMessage<'_>) -> bool {
    let for_users = |address: &str| address.starts_with("user:") || address.starts_with("session:");
    match message {
        ClusterMessage::Publication { stream, .. } | ClusterMessage::Tail { stream, .. } => for_users(stream),
        ClusterMessage::Ephemeral { address, .. } => for_users(address),
        ClusterMessage::Direct { .. }
        | ClusterMessage::Tails { .. }
        | ClusterMessage::Close { .. }
        | ClusterMessage::Drain
        | ClusterMessage::Place { .. }
        | ClusterMessage::AskLastHeard { .. }
        | ClusterMessage::LastHeard { .. }
        | ClusterMessage::Question { .. }
        | ClusterMessage::Answer { .. }
        | ClusterMessage::Call { .. }
        | ClusterMessage::Returned { .. }
        | ClusterMessage::LateReply { .. } => true,
        ClusterMessage::Presence { .. }
        | ClusterMessage::State { .. }
        | ClusterMessage::Profile { .. }
        | ClusterMessage::Stirred { .. }
        | ClusterMessage::Company { .. } => false,
    }
}
