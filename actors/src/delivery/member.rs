//! A session as its worker knows it.

use crate::denylist::{Denied, List};
use crate::identity::Identity;
use crate::outbox::Outbox;
use crate::words::delivery::{Announce, Gone};
use crate::words::ids::FeedId;
use crate::words::receivers::Receivers;
use core::net::IpAddr;
use hubwire_protocol::event::{ErrorBody, Event};
use hubwire_protocol::{Address, CloseCode, DeviceClass, Dialect, Dismissal, ErrorCode, Position, SessionId, UserId};
use std::rc::Rc;

pub(super) struct Member {
    pub generation: u32,
    pub session: SessionId,
    pub user: Option<UserId>,
    /// What kind of device it runs on.
    pub class: Option<DeviceClass>,
    /// What its credentials say; it is part of nothing before that is known.
    pub identity: Option<Rc<Identity>>,
    pub dialect: Dialect,
    /// Where it comes from.
    pub address: Option<IpAddr>,
    pub outbox: Rc<dyn Outbox>,
    /// False until the welcome was sent: publications wait in the log until then.
    pub open: bool,
    /// A ping is out and nothing was heard since.
    pub pinged: bool,
    /// It is pinged so that its application sees it.
    pub visible_ping: bool,
    /// The feeds it takes part in.
    pub seats: Vec<Seat>,
    /// The feeds it is behind in; rarely any.
    pub lags: Vec<Lag>,
    /// What was written when progress was last seen, and how many ticks ago that was.
    pub progress: Progress,
}

/// A member's place in a topic.
pub(super) struct Seat {
    pub feed: FeedId,
    /// Its index among the topic's members, so that a leave does not search them.
    pub at: u32,
    /// Whether it receives `joined` and `left` of others.
    pub presence: bool,
}

#[derive(Default)]
pub(super) struct Progress {
    pub written_bytes: u64,
    pub ticks: u32,
}

/// A member is behind in a feed: it gets publications from the log, not from the topic.
pub(super) struct Lag {
    pub feed: FeedId,
    /// The last position the member has.
    pub pos: Position,
    /// Where it goes on when the log does not hold that.
    pub gone: Gone,
    /// A read is under way.
    pub reading: bool,
    /// What to say before the first publication.
    pub announce: Announce,
}

impl Lag {
    /// A member of a stream that missed something and was not asked from where it goes on. A user's stream is an inbox:
    /// what it holds is not passed over.
    pub fn behind(feed: FeedId, stream: &Address, pos: Position) -> Self {
        let gone = if matches!(stream, Address::User(_)) { Gone::Oldest } else { Gone::Top };
        Lag { feed, pos, gone, reading: false, announce: Announce::Silent }
    }
}

impl Member {
    pub fn is_among(&self, receivers: &Receivers) -> bool {
        receivers.hold((self.session, self.dialect), self.user.as_ref(), self.class.as_ref())
    }

    pub fn seat(&mut self, feed: FeedId) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.feed == feed)
    }

    /// Gives its seat up; says where it was.
    pub fn stand_up(&mut self, feed: FeedId) -> Option<u32> {
        let at = self.seats.iter().position(|seat| seat.feed == feed)?;
        Some(self.seats.swap_remove(at).at)
    }

    pub fn lag(&mut self, feed: FeedId) -> Option<&mut Lag> {
        self.lags.iter_mut().find(|lag| lag.feed == feed)
    }

    /// Closes it as unauthenticated, and says why.
    pub fn dismiss(&self, why: Dismissal) {
        self.close_for(why.error(), why.error().doc().trim(), (CloseCode::Unauthenticated, why.reason()));
    }

    /// Why it may not be.
    pub fn denied(&self, list: &List) -> Option<Denied> {
        let by_address = self.address.and_then(|address| list.judge_address(address));
        by_address.or_else(|| list.judge(self.identity.as_deref()?))
    }

    /// Closes it because its user or its address is blocked or its token revoked, and says so.
    pub fn deny(&self, denied: Denied) {
        let refusal = denied.refusal();
        self.close_for(refusal.code, &refusal.message, denied.close());
    }

    fn close_for(&self, code: ErrorCode, message: &str, (close, reason): (CloseCode, &str)) {
        let body = ErrorBody { code, message, retry: code.retry(), retry_after_ms: None, not_done: &[], path: None };
        self.say(&Event::Error(body), None, None);
        self.close(close, reason);
    }

    /// Says something in its dialect, if that has a word for it.
    pub fn say(&self, event: &Event<'_>, to: Option<&Address>, re: Option<&str>) {
        if let Some(frame) = self.dialect.event(event, to, re) {
            self.outbox.offer_reply(&frame);
        }
    }

    pub fn close(&self, code: CloseCode, reason: &str) {
        self.outbox.close(self.dialect.close(code, reason), reason);
    }

    pub fn end_lag(&mut self, feed: FeedId) {
        self.lags.retain(|lag| lag.feed != feed);
        if self.lags.is_empty() {
            self.lags = Vec::new();
            self.progress = Progress::default();
        }
    }
}
