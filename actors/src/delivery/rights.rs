//! Keeps sessions out of feeds that their credentials do not grant, even if a message that adds them is still in
//! flight.

use super::worker::Worker;
use crate::access::follows;
use crate::audit::AuditEvent;
use crate::denylist::DenylistSnapshot;
use crate::identity::Identity;
use crate::words::delivery::Announce;
use crate::words::ids::{FeedId, MemberKey};
use hubwire_protocol::event::{ErrorBody, Event, Resumed, StreamError};
use hubwire_protocol::{Address, ErrorCode};
use std::rc::Rc;

const REASON: &str = "the session's credentials do not allow that any more";

impl Worker {
    /// Sets the identity of the session. Before this returns, the session is removed from feeds that `identity` may not
    /// follow.
    pub(crate) fn admit(&self, key: MemberKey, identity: Rc<Identity>) {
        let feeds = self.with(key, |member| {
            member.identity = Some(identity);
            member.seats.iter().map(|seat| seat.feed).collect::<Vec<FeedId>>()
        });
        for feed in feeds.unwrap_or_default() {
            let stream = self.topics.borrow().get(&feed).map(|topic| topic.stream.clone());
            if stream.is_some_and(|stream| !self.admits(key, &stream)) {
                self.take_out(key, feed);
            }
        }
    }

    /// Closes the sessions that are denied now.
    pub(super) fn deny(&self, list: &DenylistSnapshot) {
        for (_, member) in self.members.borrow_mut().iter_mut() {
            // a session that is closing already has its answer
            let denied = if member.outbox.is_closing() { None } else { member.denied(list) };
            if let Some(denied) = denied {
                let (user, session) = (member.user().cloned(), Some(member.session));
                let address = member.address.map(|address| address.to_string().into());
                self.node.audit().note(AuditEvent { user, session, address, ..AuditEvent::of(denied.kind()) });
                member.deny(denied);
                member.outbox.wake();
            }
        }
    }

    fn take_out(&self, key: MemberKey, feed: FeedId) {
        self.flush_topic(feed); // came before
        let seat = self.with(key, |member| {
            member.end_lag(feed);
            member.stand_up(feed)
        });
        if let Some(at) = seat.flatten() {
            self.remove_from_topic(feed, at);
        }
    }

    /// Whether a session may follow a stream.
    pub(super) fn admits(&self, key: MemberKey, stream: &Address) -> bool {
        let rules = self.node.rules();
        let policy = &rules.policy;
        let admits = self
            .with(key, |member| member.identity.as_deref().is_some_and(|identity| follows(identity, policy, stream)));
        admits == Some(true)
    }

    /// Refuses a join or resume that a refresh overtook.
    pub(super) fn turn_away(&self, key: MemberKey, stream: &Address, announce: &Announce) {
        let code = ErrorCode::Forbidden;
        let (control, re) = match announce {
            Announce::Silent => return,
            Announce::Joined { re, .. } => {
                let (message, retry) = (REASON, code.retry());
                let body = ErrorBody { code, message, retry, retry_after_ms: None, not_done: &[], path: None };
                (Event::Error(body), re)
            }
            Announce::Resumed { re } => {
                let error = Some(StreamError { code, message: REASON });
                (Event::Resumed(Resumed { error, ..Resumed::default() }), re)
            }
        };
        self.with(key, |member| {
            member.say(&control, Some(stream), re.as_deref());
            member.outbox.wake();
        });
    }
}
