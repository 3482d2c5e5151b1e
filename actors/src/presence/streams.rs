//! The streams of local users.

use super::Presence;
use crate::feed::owner::follow;
use crate::mail;
use crate::vital::isolated;
use crate::words::presence::{Arrived, CheckAll, Ephemeral, Resume, Tail};
use crate::words::shard::{Announce, Audience, TellOne};
use actix::prelude::*;
use hubwire_protocol::cluster::{ClusterMessage, Envelope};
use hubwire_protocol::{Address, UserId};
use std::time::Duration;

/// How often shards whose mailbox was full are reminded of where the feeds stand.
const REMIND: Duration = Duration::from_secs(1);
/// How soon a question the broker did not answer is asked again.
const RETRY: Duration = Duration::from_secs(1);
/// Streams asked for their top in one call.
const TOPS_PER_CALL: usize = 256;

impl Presence {
    pub(super) fn start_reminders(&self, ctx: &mut Context<Self>) {
        ctx.run_interval(REMIND, |presence, _| {
            presence.users.values_mut().for_each(|local| local.feed.remind());
        });
    }

    pub(super) fn arrived(&mut self, message: Arrived, ctx: &mut Context<Self>) {
        let Some(local) = self.users.get_mut(&message.user) else { return };
        let (id, next) = (local.feed.id(), local.feed.arrive(message.arrival));
        follow(self, ctx, id, next);
    }

    pub(super) fn tail(&mut self, message: Tail, ctx: &mut Context<Self>) {
        let Some(local) = self.users.get_mut(&message.user) else { return };
        let (id, next) = (local.feed.id(), local.feed.tail(message.top));
        follow(self, ctx, id, next);
    }

    pub(super) fn resume(&mut self, message: Resume, _: &mut Context<Self>) {
        if let Some(local) = self.users.get_mut(&message.member.user) {
            let announce = Announce::Resumed { re: message.re };
            local.feed.resume(&message.member, message.after, announce, false);
        }
    }

    pub(super) fn ephemeral(&mut self, message: Ephemeral, _: &mut Context<Self>) {
        let told =
            isolated(|| Envelope::decode(&message.envelope).map(|envelope| self.tell(&message.address, &envelope)));
        if let Err(error) = told {
            self.core.metrics.malformed.inc();
            log::warn!("ephemeral action cannot be read address={} error={error}", message.address);
        }
    }

    fn tell(&mut self, address: &Address, envelope: &Envelope<'_>) {
        match address {
            Address::User(user) => {
                if let Some(local) = self.users.get_mut(user) {
                    local.feed.owe(envelope.from);
                    local.feed.tell(envelope.session, Audience::All, |codec| codec.publication(envelope, None));
                }
            }
            Address::Session(session) => {
                if let Some(member) = self.member(*session) {
                    let frame = member.codec.publication(envelope, None);
                    if mail::tell(&member.shard, TellOne { key: member.key, frame }).is_err() {
                        self.core.metrics.ephemeral_dropped.inc();
                    }
                }
            }
            _ => {}
        }
    }

    /// Compares every local user's stream with its log, some at a time.
    pub(super) fn check_all(&mut self, _: CheckAll, ctx: &mut Context<Self>) {
        let started = self.users.iter().filter(|(_, local)| local.feed.is_started());
        let users: Vec<UserId> = started.map(|(user, _)| user.clone()).collect();
        for chunk in users.chunks(TOPS_PER_CALL) {
            self.check(chunk.to_vec(), ctx);
        }
    }

    fn check(&mut self, users: Vec<UserId>, ctx: &mut Context<Self>) {
        let tops = self.core.backend.tops(users.iter().cloned().map(Address::User).collect());
        ctx.spawn(tops.into_actor(self).map(move |tops, presence, ctx| match tops {
            Ok(tops) => {
                for (user, top) in users.into_iter().zip(tops) {
                    presence.tail(Tail { user, top }, ctx);
                }
            }
            Err(error) => {
                log::debug!("cannot compare streams with their logs yet error={error}");
                // what was lost shows only so: until it is known
                ctx.run_later(RETRY, move |presence, ctx| presence.check(users, ctx));
            }
        }));
    }

    /// Users written to a moment ago: the nodes that had a session of theirs hear where the stream stands.
    pub(super) fn say_tails(&mut self) {
        for (stream, pos, nodes) in self.trails.due() {
            let tail = ClusterMessage::Tail { stream: &stream.to_string(), pos }.encode();
            self.send(&nodes, tail.into());
        }
    }
}
