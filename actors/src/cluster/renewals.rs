//! Judges the answers to this node's renewals: whether the broker lost data, and whether other nodes may count as dead.

use crate::backend::Lease;
use crate::complaint::Complaint;
use std::time::Duration;
use tokio::time::Instant;

/// The history of the renewals.
#[derive(Default)]
pub struct Renewals {
    /// Whether this node ever had a lease.
    entered: bool,
    /// The last renewal had no answer, so its effect is unknown.
    unanswered: bool,
    /// Whether the broker has the label of this node.
    pub labelled: bool,
    /// When the broker answered again after an outage.
    healthy_since: Option<Instant>,
    /// Log line: the lease cannot be renewed.
    failing: Complaint,
}

/// Whether the broker has lost data, according to an answer to a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// All data is there.
    No,
    /// A renewal without an answer may have found a broker that had lost its data, and only its own answer would have
    /// reported that: the next one finds the lease that it made.
    Possible,
    /// The broker had no lease of this node any more, or cannot guarantee its data.
    Yes,
}

impl Renewals {
    /// The node has its lease. Returns whether the broker has lost data.
    pub fn answered(&mut self, lease: Lease) -> Loss {
        let was_unanswered = std::mem::take(&mut self.unanswered);
        let entered = std::mem::replace(&mut self.entered, true);
        let is_new = matches!(lease, Lease::Doubtful | Lease::Created);
        self.labelled &= !is_new;
        match lease {
            // while no node can renew its lease, an expired lease does not prove that a node is dead
            Lease::Frozen => self.healthy_since = None,
            _ => drop(self.healthy_since.get_or_insert_with(Instant::now)),
        }
        match entered {
            true if is_new => Loss::Yes,
            true if was_unanswered => Loss::Possible,
            _ => Loss::No,
        }
    }

    /// The renewal failed. Returns the number of failures when they have to be logged.
    pub fn failed(&mut self) -> Option<u64> {
        self.healthy_since = None;
        // at the start the first renewal comes before the connection is established
        let is_first = !self.entered && !self.unanswered;
        self.unanswered = true;
        if is_first {
            None
        } else {
            self.failing.due()
        }
    }

    /// Whether the broker has accepted renewals for this long. During an outage no node could renew, so every node gets
    /// one full lease before others take it for dead.
    pub fn healthy_for(&self, time: Duration) -> bool {
        self.healthy_since.is_some_and(|since| Instant::now() >= since + time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_may_be_lost_only_where_a_lease_was_and_is_new_or_went_unanswered() {
        let mut renewals = Renewals::default();
        assert_eq!(renewals.answered(Lease::Created), Loss::No, "the first one");
        assert_eq!(renewals.answered(Lease::Extended), Loss::No);
        assert_eq!(renewals.answered(Lease::Created), Loss::Yes);
        renewals.unanswered = true;
        assert_eq!(renewals.answered(Lease::Extended), Loss::Possible);
        assert_eq!(renewals.answered(Lease::Extended), Loss::No, "asked once");
        renewals.unanswered = true;
        assert_eq!(renewals.answered(Lease::Doubtful), Loss::Yes);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_renewal_of_a_node_may_fail_without_a_word() {
        let mut renewals = Renewals::default();
        assert_eq!(renewals.failed(), None, "the connection is being made");
        assert_eq!(renewals.failed(), Some(1));
        let mut renewals = Renewals::default();
        renewals.answered(Lease::Created);
        assert_eq!(renewals.failed(), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn others_are_judged_only_after_a_whole_time_in_which_all_could_renew() {
        let (mut renewals, lease) = (Renewals::default(), Duration::from_secs(5));
        assert!(!renewals.healthy_for(lease));
        renewals.answered(Lease::Created);
        tokio::time::advance(lease).await;
        assert!(renewals.healthy_for(lease));
        renewals.answered(Lease::Frozen);
        renewals.answered(Lease::Extended);
        tokio::time::advance(lease / 2).await;
        assert!(!renewals.healthy_for(lease), "nobody could renew a moment ago");
        tokio::time::advance(lease / 2).await;
        assert!(renewals.healthy_for(lease));
        renewals.failed();
        assert!(!renewals.healthy_for(lease));
    }
}
