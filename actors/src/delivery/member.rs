//! A session from its worker's view.

use crate::denylist::{Denied, DenylistSnapshot};
use crate::identity::Identity;
use crate::outbox::Outbox;
use crate::slots::Numbered;
use crate::words::delivery::{Announce, Gone};
use crate::words::ids::FeedId;
use crate::words::receivers::Receivers;
use core::net::IpAddr;
use hubwire_protocol::event::{ErrorBody, Event};
use hubwire_protocol::{Address, CloseCode, DeviceClass, Dialect, Dismissal, ErrorCode, Position, SessionId, UserId};
use std::cell::Cell;
use std::rc::Rc;

pub(super) struct WorkerMember {
    pub generation: u32,
    pub session: SessionId,
    /// The class of its device.
    pub class: Option<DeviceClass>,
    /// The identity of its credentials; before that is known the session is in no feed.
    pub identity: Option<Rc<Identity>>,
    pub dialect: Dialect,
    /// The address of its client.
    pub address: Option<IpAddr>,
    pub outbox: Rc<dyn Outbox>,
    /// False until the welcome was sent: until then publications wait in the log.
    pub open: bool,
    /// A ping was sent, and nothing was received since.
    pub pinged: bool,
    /// The ping has to be visible to its application.
    pub visible_ping: bool,
    /// Its seats in feeds.
    pub seats: Vec<Seat>,
    /// How far it lags; rarely anything, and there is one member per socket.
    pub behind: Option<Box<Behind>>,
}

/// What is known of a member that lags.
#[derive(Default)]
pub(super) struct Behind {
    /// The feeds in which it lags.
    pub lags: Vec<Lag>,
    /// The number of bytes written when the last progress was seen, and how many ticks ago that was.
    pub progress: Progress,
    _counted: Counted,
}

thread_local! {
    static BEHIND: Cell<usize> = const { Cell::new(0) };
}

/// Counts members of this thread that lag.
struct Counted;

impl Default for Counted {
    fn default() -> Self {
        BEHIND.set(BEHIND.get() + 1);
        Counted
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        BEHIND.set(BEHIND.get() - 1);
    }
}

/// Whether any member of this thread lags. Usually none does, and then no member has to be accessed to find out.
pub(super) fn any_is_behind() -> bool {
    BEHIND.get() > 0
}

/// A member's place in a topic.
pub(super) struct Seat {
    pub feed: FeedId,
    /// Its index among the topic's members, so that a leave needs no search.
    pub at: u32,
    /// Whether it receives `joined` and `left` of other users.
    pub presence: bool,
}

#[derive(Default)]
pub(super) struct Progress {
    pub written_bytes: u64,
    pub ticks: u32,
}

/// A member that lags in a feed: it gets publications from the log, not from the topic.
pub(super) struct Lag {
    pub feed: FeedId,
    /// The last position the member has.
    pub pos: Position,
    /// Where it continues if the log no longer holds that position.
    pub gone: Gone,
    /// A read is in flight.
    pub reading: bool,
    /// What to announce before the first publication.
    pub announce: Announce,
}

impl Lag {
    /// A member that missed something without a resume. A user's stream is an inbox: none of its publications are
    /// skipped.
    pub fn behind(feed: FeedId, stream: &Address, pos: Position) -> Self {
        let gone = if matches!(stream, Address::User(_)) { Gone::Oldest } else { Gone::Top };
        Lag { feed, pos, gone, reading: false, announce: Announce::Silent }
    }
}

impl Numbered for WorkerMember {
    fn generation(&self) -> u32 {
        self.generation
    }
}

impl WorkerMember {
    pub fn is_among(&self, receivers: &Receivers) -> bool {
        receivers.hold((self.session, self.dialect), self.user(), self.class.as_ref())
    }

    /// Its user, once its credentials are known.
    pub fn user(&self) -> Option<&UserId> {
        self.identity.as_deref().map(|identity| &identity.user)
    }

    pub fn seat(&mut self, feed: FeedId) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.feed == feed)
    }

    /// Gives up its seat; returns the index.
    pub fn stand_up(&mut self, feed: FeedId) -> Option<u32> {
        let at = self.seats.iter().position(|seat| seat.feed == feed)?;
        Some(self.seats.swap_remove(at).at)
    }

    pub fn lag(&mut self, feed: FeedId) -> Option<&mut Lag> {
        self.behind.as_mut()?.lags.iter_mut().find(|lag| lag.feed == feed)
    }

    /// From now on it lags in one more feed.
    pub fn begin_lag(&mut self, lag: Lag) {
        self.behind.get_or_insert_default().lags.push(lag);
    }

    /// Closes it as unauthenticated, with the reason.
    pub fn dismiss(&self, why: Dismissal) {
        self.close_for(why.error(), why.error().doc().trim(), (CloseCode::Unauthenticated, why.reason()));
    }

    /// Why it must be closed, if it must.
    pub fn denied(&self, list: &DenylistSnapshot) -> Option<Denied> {
        let by_address = self.address.and_then(|address| list.judge_address(address));
        by_address.or_else(|| list.judge(self.identity.as_deref()?))
    }

    /// Closes it because its user or its address is blocked or its token was revoked, with the reason.
    pub fn deny(&self, denied: Denied) {
        let refusal = denied.refusal();
        self.close_for(refusal.code, &refusal.message, denied.close());
    }

    fn close_for(&self, code: ErrorCode, message: &str, (close, reason): (CloseCode, &str)) {
        let body = ErrorBody { code, message, retry: code.retry(), retry_after_ms: None, not_done: &[], path: None };
        self.say(&Event::Error(body), None, None);
        self.close(close, reason);
    }

    /// Sends an event in its dialect, if the dialect can express it.
    pub fn say(&self, event: &Event<'_>, to: Option<&Address>, re: Option<&str>) {
        if let Some(frame) = self.dialect.event(event, to, re) {
            self.outbox.offer_reply(&frame);
        }
    }

    pub fn close(&self, code: CloseCode, reason: &str) {
        self.outbox.close(self.dialect.close(code, reason), reason);
    }

    pub fn end_lag(&mut self, feed: FeedId) {
        let Some(behind) = &mut self.behind else { return };
        behind.lags.retain(|lag| lag.feed != feed);
        if behind.lags.is_empty() {
            self.behind = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{any_is_behind, Behind, WorkerMember};

    #[test]
    fn the_last_member_that_has_caught_up_leaves_none_behind() {
        assert!(!any_is_behind());
        let (one, other) = (Behind::default(), Some(Box::<Behind>::default()));
        drop(one);
        assert!(any_is_behind());
        drop(other);
        assert!(!any_is_behind());
    }

    /// The table of members has one per socket, and up to twice as many places.
    #[test]
    fn a_member_is_small() {
        assert!(size_of::<WorkerMember>() <= 120, "{} bytes", size_of::<WorkerMember>());
    }
}
