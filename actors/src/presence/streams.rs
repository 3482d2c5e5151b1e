//! The streams of local users.

use super::Presence;
use crate::backend::BackendError;
use crate::context::Context;
use crate::core::Core;
use crate::feed::owner::FeedOwner;
use crate::feed::Feed;
use crate::mail;
use crate::retry;
use crate::words::delivery::{Announce, Audience, TellOne};
use crate::words::feed::Tail;
use crate::words::ids::FeedId;
use crate::words::presence::{CheckAll, ResumeUser};
use crate::words::receivers::Receivers;
use actix::prelude::*;
use hubwire_protocol::cluster::{ClusterMessage, Envelope};
use hubwire_protocol::{Address, Incarnation, Position, UserId};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Tails in one message: about 50 KiB at most.
const TAILS_PER_MESSAGE: usize = 512;

impl FeedOwner for Presence {
    fn feed(&mut self, id: FeedId) -> Option<&mut Feed> {
        let user = self.feeds.get(&id)?;
        self.users.get_mut(user).map(|local| &mut local.feed)
    }

    fn feed_of(&mut self, stream: &Address) -> Option<&mut Feed> {
        let Address::User(user) = stream else { return None };
        self.users.get_mut(user).map(|local| &mut local.feed)
    }

    fn each_feed(&mut self, act: fn(&mut Feed)) {
        self.users.values_mut().for_each(|local| act(&mut local.feed));
    }

    fn reminding(&mut self) -> &mut bool {
        &mut self.reminding
    }

    fn core(&self) -> &Rc<Core> {
        &self.core
    }

    /// The feed has all sessions of the user on this node; actions for a single session take another path.
    fn tell(&mut self, address: &Address, envelope: &Envelope<'_>) {
        match address {
            Address::User(user) => {
                if let Some(local) = self.users.get_mut(user) {
                    local.feed.owe(envelope.from);
                    let receivers = Receivers::ephemeral(envelope, address);
                    local.feed.tell(&receivers, Audience::All, |dialect| dialect.publication(envelope, None));
                }
            }
            Address::Session(session) => {
                if let Some(member) = self.member(*session) {
                    let Some(frame) = member.dialect.publication(envelope, None) else { return };
                    if mail::tell(&member.delivery, TellOne { key: member.key, frame }).is_err() {
                        self.core.metrics.ephemeral_dropped.inc();
                    }
                }
            }
            _ => {}
        }
    }
}

impl Presence {
    pub(super) fn resume(&mut self, message: ResumeUser, _: &mut Context<Self>) {
        if let Some(local) = self.users.get_mut(&message.member.user) {
            let announce = Announce::Resumed { re: message.re };
            local.feed.resume(&message.member, message.start, announce, false);
        }
    }

    /// Compares every local user's stream with its log, one batch after another. During a comparison one further
    /// request is kept, however many arrive.
    pub(super) fn check_all(&mut self, _: CheckAll, ctx: &mut Context<Self>) {
        let users = &self.users;
        let has_begun = self.comparison.begin(|| {
            let started = users.iter().filter(|(_, local)| local.feed.is_started());
            started.map(|(user, _)| user.clone()).collect()
        });
        if has_begun {
            self.check_more(ctx);
        }
    }

    fn check_more(&mut self, ctx: &mut Context<Self>) {
        if let Some(users) = self.comparison.next() {
            self.check(users, ctx);
        }
    }

    fn checked(&mut self, ctx: &mut Context<Self>) {
        self.comparison.answered();
        self.check_more(ctx);
        if self.comparison.take_again() {
            self.check_all(CheckAll, ctx);
        }
    }

    fn check(&mut self, users: Vec<UserId>, ctx: &mut Context<Self>) {
        let tops = self.core.backend.tops(users.iter().cloned().map(Address::User).collect());
        ctx.spawn(tops.into_actor(self).map(move |tops, presence, ctx| match tops {
            Ok(tops) => {
                for (user, top) in users.into_iter().zip(tops) {
                    presence.tail(Tail { stream: Address::User(user), top }, ctx);
                }
                presence.checked(ctx);
            }
            // another program wrote to one of these keys: halving finds the others
            Err(BackendError::WrongType { .. }) if users.len() > 1 => {
                let (one, other) = users.split_at(users.len() / 2);
                presence.comparison.ask_more();
                presence.check(one.to_vec(), ctx);
                presence.check(other.to_vec(), ctx);
            }
            Err(BackendError::WrongType { .. }) => presence.checked(ctx),
            Err(error) => {
                log::debug!("cannot compare streams with their logs yet error={error}");
                // only this reveals what was lost, so it is retried until it succeeds; the other streams do not wait
                // for it
                ctx.run_later(retry::LATER, move |presence, ctx| presence.check(users, ctx));
                presence.check_more(ctx);
            }
        }));
    }

    /// Repeats the last positions of users with a recent message to the other nodes that had a session of theirs: one
    /// message per node, which also includes positions that would be due soon.
    pub(super) fn say_tails(&mut self) {
        let mut due = self.trails.due();
        if due.is_empty() {
            return;
        }
        let told: BTreeSet<Incarnation> = due.iter().flat_map(|(_, _, nodes)| nodes).copied().collect();
        due.extend(self.trails.along(|nodes| nodes.iter().all(|node| told.contains(node))));
        for node in told {
            let of_node = due.iter().filter(|(_, _, nodes)| nodes.contains(&node));
            let streams: Vec<(String, Position)> = of_node.map(|(stream, pos, _)| (stream.to_string(), *pos)).collect();
            for part in streams.chunks(TAILS_PER_MESSAGE) {
                let tail = match part {
                    [(stream, pos)] => ClusterMessage::Tail { stream, pos: *pos },
                    part => {
                        ClusterMessage::Tails { tops: part.iter().map(|(stream, pos)| (&**stream, *pos)).collect() }
                    }
                };
                self.core.node_channel.tell(node, tail.encode().into());
            }
        }
    }
}
