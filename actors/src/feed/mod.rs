//! A feed: a stream as one node follows it, from incoming notifications to the workers with members.
//!
//! It ensures that nothing is delivered twice or out of order and that no gap goes unnoticed. A publication is
//! delivered when its `prev` is the position delivered last. An early one is parked for a moment (two connections may
//! overtake each other); if the gap remains, the missing range is read from the log, once for the whole node. If the
//! log no longer contains the position (it was trimmed, or has another history after a failover), the feed is reset,
//! and every member is notified.
//!
//! A feed is plain state within the actor that owns it (channel, hub or presence);
//! [`owner`] connects it to the backend.

mod fan_out;
mod members;
pub mod owner;
mod recent;
#[cfg(test)]
mod tests;

use crate::backend::Range;
use crate::core::Core;
use crate::mail;
use crate::words::delivery::Reset;
use crate::words::feed::Arrival;
use crate::words::frames::Wanted;
use crate::words::ids::FeedId;
use crate::words::member::MemberRef;
use crate::words::present::Present;
use crate::words::receivers::Known;
use hubwire_protocol::{Address, Position};
use members::{NewMember, Waiters, WorkerMembers};
use recent::{Recent, PARKED_MAX};
use smallvec::SmallVec;
use std::rc::Rc;
use std::sync::Arc;

/// What the owner has to do after an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Nothing,
    /// Check after a moment whether the gap has closed by itself.
    Watch,
    /// Read the log after [`Feed::last`].
    Read,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The first position of the feed is not known yet.
    Starting,
    Live,
    /// A read of the log is in flight.
    Reading,
}

/// A feed of this node; see the module.
pub struct Feed {
    id: FeedId,
    stream: Arc<Address>,
    core: Rc<Core>,
    state: State,
    last: Position,
    recent: Recent,
    /// Whether a new top was announced while the log was being read: the read may have been too early to see it.
    said: bool,
    /// Present only while the feed is starting.
    waiting: Option<Box<Waiters>>,
    /// Most feeds belong to one user, on one worker.
    reaches: SmallVec<[WorkerMembers; 1]>,
    wanted: Wanted,
    known: Known,
    /// Members of the channel; only for a channel.
    present: Option<Arc<Present>>,
}

impl Feed {
    /// A feed that waits for its first position.
    pub fn new(core: Rc<Core>, stream: Address) -> Self {
        let known = Known::of(&stream);
        Feed {
            id: FeedId::next(),
            stream: Arc::new(stream),
            core,
            state: State::Starting,
            last: Position::START,
            recent: Recent::default(),
            said: false,
            waiting: None,
            reaches: SmallVec::new(),
            wanted: Wanted::default(),
            known,
            present: None,
        }
    }

    /// The feed's id.
    pub fn id(&self) -> FeedId {
        self.id
    }

    /// Its stream.
    pub fn stream(&self) -> &Arc<Address> {
        &self.stream
    }

    /// The position delivered last.
    pub fn last(&self) -> Position {
        self.last
    }

    /// Whether its first position is known.
    pub fn is_started(&self) -> bool {
        self.state != State::Starting
    }

    /// Sets the list of members, which is sent to members that are added.
    pub fn set_present(&mut self, present: Arc<Present>) {
        self.present = Some(present);
    }

    /// Whether the feed has no members.
    pub fn is_empty(&self) -> bool {
        self.reaches.is_empty() && self.waiting.as_ref().is_none_or(|waiting| waiting.0.is_empty())
    }

    // -- positions ------------------------------------------------------------------------------------------------

    /// Starts the feed at `top`. Returns the members that waited, and what to do next.
    pub fn start(&mut self, top: Position) -> (Vec<MemberRef>, Next) {
        self.last = top;
        self.state = State::Live;
        let waiting = self.waiting.take().map_or_else(Vec::new, |waiting| waiting.0);
        let mut started = Vec::with_capacity(waiting.len());
        for NewMember { member, start, announce, presence } in waiting {
            self.count(&member, 1);
            self.place(&member, start, announce, presence);
            started.push(member);
        }
        // of the publications that arrived before, older ones are part of `top`
        self.recent.drop_parked(top);
        let next = self.go_on();
        (started, next)
    }

    /// A notification with a publication arrived.
    pub fn arrive(&mut self, arrival: Arrival) -> Next {
        if self.state == State::Live && arrival.prev == self.last {
            self.deliver(arrival);
            return if self.recent.parked().is_empty() { Next::Nothing } else { self.deliver_parked() };
        }
        if arrival.pos == self.last || self.recent.has_seen(arrival.pos) {
            return Next::Nothing;
        }
        self.recent.park(arrival);
        match self.state {
            State::Live if self.recent.parked().len() >= PARKED_MAX => self.read(),
            State::Live => Next::Watch,
            State::Starting | State::Reading => Next::Nothing,
        }
    }

    /// Skips a publication that no member here receives: the copy of a direct message if its sender has no other
    /// session here. Notifies the delivery actors if they have to know. Returns false if it is not the next one.
    pub fn pass(&mut self, pos: Position, prev: Position) -> bool {
        let next = self.state == State::Live && prev == self.last && self.recent.parked().is_empty();
        if next {
            self.advance(pos);
        }
        next
    }

    fn advance(&mut self, pos: Position) -> Position {
        self.recent.see(pos);
        std::mem::replace(&mut self.last, pos)
    }

    /// Handles an announced top of the log. A lower position than the delivered one is as suspicious as a higher one:
    /// after a failover the log may be shorter. If the whole log is lost, the next publication shows it by its `prev`.
    pub fn tail(&mut self, top: Position) -> Next {
        let known = top == self.last || top == Position::START || self.recent.has_seen(top);
        match self.state {
            _ if known => Next::Nothing,
            State::Live => Next::Watch,
            State::Starting | State::Reading => {
                self.said = true;
                Next::Nothing
            }
        }
    }

    /// The wait for an early publication's predecessor is over.
    pub fn still_behind(&mut self) -> Next {
        match self.state {
            State::Live => self.read(),
            _ => Next::Nothing,
        }
    }

    /// Something may have been lost: reads the log.
    pub fn suspect(&mut self) -> Next {
        match self.state {
            State::Live => self.read(),
            _ => Next::Nothing,
        }
    }

    fn read(&mut self) -> Next {
        self.state = State::Reading;
        self.core.metrics.gaps.inc();
        Next::Read
    }

    /// Handles the entries that the log has after [`Feed::last`].
    pub fn repaired(&mut self, range: Range) -> Next {
        self.state = State::Live;
        if !range.intact {
            // parked publications are still delivered; before them, the members are notified of the break
            let first = self.recent.parked().iter().min_by_key(|arrival| arrival.pos);
            self.reset(first.map_or(range.top, |arrival| arrival.prev));
            return self.go_on();
        }
        let top = range.top;
        for entry in range.entries {
            self.deliver(entry.into());
        }
        self.recent.drop_parked(self.last);
        if self.last.seq < top.seq {
            return self.read(); // the range was longer than one read
        }
        self.go_on()
    }

    /// Delivers what was parked during a read; reads again if the read may have been too early.
    fn go_on(&mut self) -> Next {
        let next = self.deliver_parked();
        match std::mem::take(&mut self.said) {
            true => self.read(),
            false => next,
        }
    }

    /// The log could not be read; it is tried again later.
    pub fn not_repaired(&mut self) {
        self.state = State::Live;
    }

    /// Continues at `top`, whatever was before it.
    fn reset(&mut self, top: Position) {
        self.core.metrics.resets.inc();
        log::warn!(
            "stream does not hold the position it was followed to stream={} last={} top={top}",
            self.stream,
            self.last
        );
        self.last = top;
        self.recent.forget_seen();
        for reach in &mut self.reaches {
            reach.last = top;
            mail::insist(&reach.delivery, Reset { feed: self.id, top });
        }
    }

    fn deliver_parked(&mut self) -> Next {
        while let Some(arrival) = self.recent.take_next(self.last) {
            self.deliver(arrival);
        }
        match self.recent.parked().is_empty() {
            true => Next::Nothing,
            false => Next::Watch,
        }
    }
}
