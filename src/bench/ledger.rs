//! Compares the publications that one receiver got of one stream with those that were sent.

use std::collections::BTreeSet;
use std::fmt;

/// Promises that were broken.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Faults {
    /// Publications that did not arrive.
    pub lost: u64,
    /// Publications that arrived again.
    pub duplicates: u64,
    /// Publications that arrived after a later one, or with a position that does not grow.
    pub disordered: u64,
    /// Publications of a stream that the receiver is not a member of.
    pub stray: u64,
}

impl Faults {
    /// Whether every promise was kept.
    pub fn is_none(&self) -> bool {
        *self == Faults::default()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Faults { lost, duplicates, disordered, stray } = self;
        write!(f, "lost {lost}, duplicated {duplicates}, out of order {disordered}, misdirected {stray}")
    }
}

/// How a publication arrived at a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// For the first time, in order.
    InOrder,
    /// For the first time, but after a later one.
    Late,
    /// Again.
    Again,
}

/// The numbers of one sender that arrived.
#[derive(Debug, Default)]
struct FromSender {
    /// The number after the highest one seen.
    next: u64,
    /// Numbers below it that were not seen.
    missing: BTreeSet<u64>,
}

/// The ledger; see the module.
#[derive(Debug, Default)]
pub struct Ledger {
    senders: Vec<FromSender>,
    last_seq: u64,
}

impl Ledger {
    /// Records publication `number` (from 0, without gaps) of a sender, with the sequence number of its position.
    pub fn take(&mut self, sender: usize, number: u64, seq: u64) -> Seen {
        if sender >= self.senders.len() {
            self.senders.resize_with(sender + 1, FromSender::default);
        }
        let from = &mut self.senders[sender];
        if number >= from.next {
            from.missing.extend(from.next..number);
            from.next = number + 1;
            let grows = seq > self.last_seq;
            self.last_seq = self.last_seq.max(seq);
            return if grows { Seen::InOrder } else { Seen::Late };
        }
        if from.missing.remove(&number) {
            Seen::Late
        } else {
            Seen::Again
        }
    }

    /// How many of the `sent` publications of a sender did not arrive.
    pub fn missing(&self, sender: usize, sent: u64) -> u64 {
        let (next, missing) = self.senders.get(sender).map_or((0, 0), |from| (from.next, from.missing.len() as u64));
        missing + sent.saturating_sub(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrives_once_and_in_order_is_well() {
        let mut ledger = Ledger::default();
        for (number, seq) in [(0, 100), (1, 101), (2, 105)] {
            assert_eq!(ledger.take(0, number, seq), Seen::InOrder);
        }
        assert_eq!(ledger.take(3, 0, 106), Seen::InOrder);
        assert_eq!((ledger.missing(0, 3), ledger.missing(3, 1), ledger.missing(1, 0)), (0, 0, 0));
    }

    #[test]
    fn loss_duplicates_and_disorder_are_told_apart() {
        let mut ledger = Ledger::default();
        ledger.take(0, 0, 1);
        assert_eq!(ledger.take(0, 0, 1), Seen::Again);
        assert_eq!(ledger.take(0, 3, 4), Seen::InOrder);
        assert_eq!(ledger.missing(0, 5), 3);
        assert_eq!(ledger.take(0, 2, 3), Seen::Late);
        assert_eq!(ledger.take(0, 2, 3), Seen::Again);
        assert_eq!(ledger.missing(0, 5), 2);
    }

    #[test]
    fn a_position_that_does_not_grow_is_disorder_even_if_the_numbers_do() {
        let mut ledger = Ledger::default();
        ledger.take(0, 0, 9);
        assert_eq!(ledger.take(1, 0, 8), Seen::Late);
        assert_eq!(ledger.take(0, 1, 10), Seen::InOrder);
    }

    #[test]
    fn everything_is_missing_of_a_sender_nobody_heard() {
        assert_eq!(Ledger::default().missing(7, 12), 12);
    }
}
