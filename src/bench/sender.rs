//! A sender: its publications in flight, and when the next one is due.

use super::load::{Load, Pace};
use std::cell::RefCell;
use std::collections::VecDeque;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A sender of a run.
pub struct Sender {
    /// Streams it sends to in turn, each once.
    routes: Vec<usize>,
    /// How many it sends; `None`: no limit.
    share: Option<u64>,
    state: RefCell<State>,
    /// Notified when a publication is complete.
    pub progressed: Notify,
}

#[derive(Default)]
struct State {
    sent: u64,
    /// Index of the first of `open`.
    first: u64,
    /// Publications in flight, from the oldest.
    open: VecDeque<Open>,
}

/// A publication in flight.
struct Open {
    due: Instant,
    /// Outstanding deliveries, and the ack.
    left: u64,
}

/// What a sender does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send one that was due at that time.
    Send(Instant),
    /// Wait for the pace.
    Wait,
    /// Nothing more.
    Over,
}

/// A publication to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered {
    /// Its number among all of the sender's.
    pub index: u64,
    /// The index of its stream.
    pub stream: usize,
    /// Its number among the sender's in this stream.
    pub number: u64,
}

impl Sender {
    /// Sender `index` of `count`.
    pub fn new(routes: Vec<usize>, load: &Load, index: usize, count: usize) -> Self {
        let share = |all: u64| all / count as u64 + u64::from((index as u64) < all % count as u64);
        let share = load.messages.map(share);
        Sender { routes, share, state: RefCell::default(), progressed: Notify::new() }
    }

    /// The next step at `now`. `phase` is the sender's index and the number of senders; `begun` is when all started.
    pub fn next(&self, load: &Load, phase: (usize, usize), begun: Instant, now: Instant) -> Next {
        let state = self.state.borrow();
        if self.share.is_some_and(|share| state.sent >= share) {
            return Next::Over;
        }
        let due = match load.pace {
            Pace::Window(_) => now,
            Pace::Rate(rate) => {
                let before = state.sent as f64 * phase.1 as f64 + phase.0 as f64;
                begun + std::time::Duration::try_from_secs_f64(before / rate).unwrap_or_default()
            }
        };
        if load.duration.is_some_and(|duration| due >= begun + duration) {
            return Next::Over;
        }
        let may = match load.pace {
            Pace::Window(window) => (state.open.len() as u64) < window,
            Pace::Rate(_) => due <= now,
        };
        if may {
            Next::Send(due)
        } else {
            Next::Wait
        }
    }

    /// Records a sent publication, to which `expected` answers and deliveries follow.
    pub fn sent(&self, due: Instant, expected: impl Fn(usize) -> u64) -> Numbered {
        let mut state = self.state.borrow_mut();
        let index = state.sent;
        let turns = self.routes.len() as u64;
        let stream = self.routes[(index % turns) as usize];
        state.sent += 1;
        state.open.push_back(Open { due, left: expected(stream) });
        Numbered { index, stream, number: index / turns }
    }

    /// Records a delivery or an ack. Returns when the publication was due, unless it is complete already.
    pub fn arrived(&self, index: u64) -> Option<Instant> {
        let mut state = self.state.borrow_mut();
        let at = usize::try_from(index.checked_sub(state.first)?).ok()?;
        let open = state.open.get_mut(at)?;
        open.left = open.left.saturating_sub(1);
        let due = open.due;
        while state.open.front().is_some_and(|front| front.left == 0) {
            state.open.pop_front();
            state.first += 1;
            self.progressed.notify_one();
        }
        Some(due)
    }

    /// How many were sent, to all streams.
    pub fn sent_count(&self) -> u64 {
        self.state.borrow().sent
    }

    /// How many were sent to a stream.
    pub fn sent_to(&self, stream: usize) -> u64 {
        let turns = self.routes.len() as u64;
        match self.routes.iter().position(|route| *route == stream) {
            Some(at) => (self.sent_count() + turns - 1 - at as u64) / turns,
            None => 0,
        }
    }

    /// Whether everything that was sent has arrived everywhere.
    pub fn is_settled(&self) -> bool {
        self.state.borrow().open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn load(messages: Option<u64>, pace: Pace) -> Load {
        Load { messages, duration: None, pace, size: 128, ack: false }
    }

    #[test]
    fn streams_take_turns_and_each_has_numbers_without_gaps() {
        let load = load(None, Pace::Window(9));
        let sender = Sender::new(vec![2, 0, 1], &load, 0, 1);
        let sent: Vec<_> =
            (0..5).map(|_| sender.sent(Instant::now(), |_| 1)).map(|it| (it.stream, it.number)).collect();
        assert_eq!(sent, [(2, 0), (0, 0), (1, 0), (2, 1), (0, 1)]);
        assert_eq!([0, 1, 2, 3].map(|stream| sender.sent_to(stream)), [2, 1, 2, 0]);
    }

    #[test]
    fn a_window_opens_when_the_oldest_arrived_everywhere() {
        let load = load(Some(3), Pace::Window(2));
        let (sender, now) = (Sender::new(vec![0], &load, 0, 1), Instant::now());
        let next = || sender.next(&load, (0, 1), now, now);
        for _ in 0..2 {
            assert_eq!(next(), Next::Send(now));
            sender.sent(now, |_| 2);
        }
        assert_eq!(next(), Next::Wait);
        sender.arrived(0);
        assert_eq!(next(), Next::Wait);
        sender.arrived(0);
        assert_eq!(next(), Next::Send(now));
        sender.sent(now, |_| 2);
        assert_eq!(next(), Next::Over);
        assert!(!sender.is_settled());
        for index in [1, 2, 1, 2] {
            assert!(sender.arrived(index).is_some());
        }
        assert!(sender.is_settled() && sender.arrived(1).is_none());
    }

    #[test]
    fn an_open_loop_keeps_its_schedule_however_late_it_is() {
        let load = load(None, Pace::Rate(10.0));
        let (begun, second) = (Instant::now(), Duration::from_secs(1));
        let senders: Vec<Sender> = (0..2).map(|index| Sender::new(vec![0], &load, index, 2)).collect();
        assert_eq!(senders[1].next(&load, (1, 2), begun, begun), Next::Wait);
        for step in 0..5 {
            let due = begun + second * step / 5;
            assert_eq!(senders[0].next(&load, (0, 2), begun, begun + second), Next::Send(due));
            senders[0].sent(due, |_| 1);
        }
        assert_eq!(senders[0].next(&load, (0, 2), begun, begun + second * 99 / 100), Next::Wait);
    }

    #[test]
    fn messages_are_shared_out_to_the_last() {
        let load = load(Some(10), Pace::Window(100));
        let shares = (0..4).map(|index| Sender::new(vec![0], &load, index, 4).share.unwrap());
        assert_eq!(shares.collect::<Vec<_>>(), [3, 3, 2, 2]);
    }
}
