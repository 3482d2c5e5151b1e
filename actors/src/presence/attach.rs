//! Sessions enter and leave the directory.

use super::{LocalSession, LocalUser, Presence};
use crate::apart;
use crate::backend::{Attach, AttachOutcome, BackendError};
use crate::context::Context;
use crate::feed::owner::follow;
use crate::feed::Feed;
use crate::mail;
use crate::retry;
use crate::session_list::SessionList;
use crate::words;
use crate::words::delivery::{Announce, Start};
use crate::words::member::MemberRef;
use crate::words::outcome::turned_away;
use crate::words::presence::{AttachSession, DetachSession};
use actix::prelude::*;
use hubwire_protocol::{Address, CloseCode, DeviceId, SessionId, UserId};
use std::time::Duration;
use tokio::time::Instant;

/// How long a session waits for room in the queue to the broker.
const ENTERS_WITHIN: Duration = Duration::from_secs(10);

/// A session on its way into the directory.
#[derive(Clone)]
struct PendingAttach {
    user: UserId,
    session: SessionId,
    device: Option<DeviceId>,
    resume: Option<Start>,
    began: Instant,
}

impl Presence {
    /// Creates the feed before the directory has the session, so that notifications that are routed here from then on
    /// find it.
    pub(super) fn attach_session(&mut self, message: AttachSession, ctx: &mut Context<Self>) {
        let AttachSession { member, device, orgs, resume } = message;
        // a node that considers all others dead can neither apply the policy nor determine which session came first;
        // one that receives no messages cannot serve a session, even if it followed the session's topics before
        if !self.core.knows_nodes() || self.core.is_deaf() {
            return self.attach_failed(&member, CloseCode::BrokerUnavailable);
        }
        let (user, session) = (member.user.clone(), member.session);
        let (core, feeds) = (&self.core, &mut self.feeds);
        let local = self.users.entry(user.clone()).or_insert_with(|| {
            core.metrics.users.inc();
            let feed = Feed::new(core.clone(), Address::User(user.clone()));
            feeds.insert(feed.id(), user.clone());
            Box::new(LocalUser { feed, sessions: SessionList::default() })
        });
        local.sessions.push(LocalSession { member, device: device.clone(), attached: false });
        self.sessions.insert(session, user.clone());
        if let Some(orgs) = orgs {
            self.note(user.clone(), orgs);
        }
        self.enter_directory(PendingAttach { user, session, device, resume, began: Instant::now() }, ctx);
    }

    /// If the queue to the broker is full, for example because thousands of sessions have just ended, the session
    /// waits: a waiting client causes no load, while a closed one reconnects.
    fn enter_directory(&mut self, entering: PendingAttach, ctx: &mut Context<Self>) {
        let PendingAttach { user, session, device, .. } = entering.clone();
        let policy = self.core.settings.session_policy;
        let attached = self.core.backend.attach(Attach { user, session, device, policy, live: self.core.live() });
        apart::wait(ctx.shared_address(), attached, move |result, presence: &mut Presence, ctx| {
            if !presence.sessions.contains_key(&session) {
                // it ended meanwhile: only now can it be removed without a race
                return presence.leave_directory(entering.user, session, ctx);
            }
            match result {
                Err(BackendError::Overloaded) if entering.began.elapsed() < ENTERS_WITHIN => {
                    presence.core.metrics.sessions_entering.inc();
                    ctx.run_later(retry::SOON, |presence, ctx| {
                        presence.core.metrics.sessions_entering.dec();
                        if presence.sessions.contains_key(&entering.session) {
                            presence.enter_directory(entering, ctx);
                        }
                    });
                }
                result => presence.attached(session, entering.resume, result, ctx),
            }
        });
    }

    fn attached(
        &mut self,
        session: SessionId,
        resume: Option<Start>,
        result: Result<AttachOutcome, BackendError>,
        ctx: &mut Context<Self>,
    ) {
        let Some(member) = self.member(session).cloned() else { return };
        let (top, replaced) = match result {
            Ok(AttachOutcome::Entered { top, replaced }) => (top, replaced),
            Ok(AttachOutcome::Refused) => return self.attach_failed(&member, CloseCode::SessionLimit),
            Err(error) => {
                if let Some(times) = self.not_entered.due() {
                    log::warn!("cannot enter a session in the directory session={session} times={times} error={error}");
                }
                self.leave_directory(member.user.clone(), session, ctx); // it may have been entered nevertheless
                let (code, said) = turned_away(&Address::User(member.user.clone()), error);
                return self.turn_away(&member, words::session::AttachFailed { code, said });
            }
        };
        for other in replaced {
            self.close_replaced(other, ctx);
        }
        self.finish_outbox(&member.user, ctx);
        let Some(local) = self.users.get_mut(&member.user) else { return };
        if let Some(entry) = local.sessions.find_mut(session) {
            entry.attached = true;
        }
        let id = local.feed.id();
        if !local.feed.is_started() {
            let (_, next) = local.feed.start(top);
            follow(self, ctx, id, next);
        }
        let Some(local) = self.users.get_mut(&member.user) else { return };
        let (start, announce) = match resume {
            Some(start) => (start, Announce::Resumed { re: None }),
            None => (Start::Now, Announce::Silent),
        };
        local.feed.add(member.clone(), start, announce, false);
        let position = local.feed.last();
        // a session that has ended has sent its detach
        let _ = mail::tell(&member.handle, words::session::Attached { position });
    }

    fn attach_failed(&mut self, member: &MemberRef, code: CloseCode) {
        self.turn_away(member, words::session::AttachFailed { code, said: None });
    }

    fn turn_away(&mut self, member: &MemberRef, failed: words::session::AttachFailed) {
        self.forget(member);
        let _ = mail::tell(&member.handle, failed); // a session that has ended needs no answer
    }

    pub(super) fn detach_session(&mut self, message: DetachSession, ctx: &mut Context<Self>) {
        let member = message.member;
        let attached = self.forget(&member);
        if attached {
            self.leave_directory(member.user, member.session, ctx);
        }
    }

    pub(super) fn leave_directory(&mut self, user: UserId, session: SessionId, ctx: &mut Context<Self>) {
        let detached = self.core.backend.detach(user.clone(), session);
        apart::wait(ctx.shared_address(), detached, move |result, _: &mut Presence, ctx| match result {
            // the key does not hold a directory, so the session cannot be in it
            Ok(()) | Err(BackendError::WrongType { .. }) => {}
            Err(error) => {
                log::debug!("cannot remove a session from the directory yet session={session} error={error}");
                // otherwise it would be a ghost until this node ends
                ctx.run_later(retry::SOON, move |presence, ctx| presence.leave_directory(user, session, ctx));
            }
        });
    }

    /// Forgets a local session. Returns whether the directory has it.
    fn forget(&mut self, member: &MemberRef) -> bool {
        self.sessions.remove(&member.session);
        let mut attached = false;
        let Some(local) = self.users.get_mut(&member.user) else { return attached };
        if let Some(gone) = local.sessions.remove(member.session) {
            attached = gone.attached;
            if attached {
                local.feed.remove(member, None);
            }
        }
        if local.sessions.is_empty() {
            self.feeds.remove(&local.feed.id());
            if self.users.remove(&member.user).is_some() {
                self.core.metrics.users.dec();
            }
        }
        attached
    }

    /// Completes direct messages of a user that a crash left half stored.
    fn finish_outbox(&mut self, user: &UserId, ctx: &mut Context<Self>) {
        let finished = self.core.backend.finish_outbox(user.clone(), self.core.settings.retention.clone());
        apart::wait(ctx.shared_address(), finished, |finished, presence: &mut Presence, ctx| match finished {
            Ok(finished) => {
                for (receiver, part, entry) in finished {
                    presence.notify(&receiver, &part, &entry.envelope, ctx);
                }
            }
            Err(error) => log::warn!("cannot look for half-stored direct messages error={error}"),
        });
    }
}
