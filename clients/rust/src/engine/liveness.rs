//! Detects whether the node is alive. Timed from what is received: a connection may be dead long before its socket
//! reports it.

use std::time::Duration;

/// How long the node may take to answer a ping.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// The same after the process was asleep.
const AWAKE_ANSWER_MAX: Duration = Duration::from_secs(3);
/// A check that is this late means that the process was stopped, or the machine asleep.
const ASLEEP: Duration = Duration::from_secs(6);

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Nothing to do.
    Well,
    /// Ping the node.
    Ask,
    /// The node did not answer: the connection has to end.
    Silent,
    /// The process was asleep, and there is no connection: connect now.
    TryNow,
}

/// See the module documentation.
#[derive(Debug)]
pub struct Liveness {
    ping_after: Duration,
    heard_at: Duration,
    looked_at: Duration,
    asked: Option<(Duration, Duration)>,
    is_held: bool,
}

impl Liveness {
    /// The state without a connection.
    pub fn new(now: Duration) -> Self {
        let ping_after = Duration::from_secs(25);
        Liveness { ping_after, heard_at: now, looked_at: now, asked: None, is_held: false }
    }

    /// A socket opened.
    pub fn opened(&mut self, now: Duration) {
        self.asked = None;
        self.is_held = false;
        self.heard(now);
    }

    /// Sets the time without input after which the node is pinged.
    pub fn ping_after(&mut self, ping_after: Duration) {
        self.ping_after = ping_after;
    }

    /// Something was received.
    pub fn heard(&mut self, now: Duration) {
        self.heard_at = now;
        self.asked = None;
    }

    /// The application starts or stops holding up the reader.
    pub fn hold(&mut self, is_held: bool, now: Duration) {
        self.is_held = is_held;
        self.heard(now);
    }

    /// Checks; called at least once a second.
    pub fn look(&mut self, now: Duration, is_connected: bool) -> Look {
        let has_slept = now.saturating_sub(self.looked_at) > ASLEEP;
        self.looked_at = now;
        match self.asked {
            _ if !is_connected && has_slept => Look::TryNow,
            _ if !is_connected || self.is_held => Look::Well,
            Some((at, patience)) if now.saturating_sub(at) >= patience => {
                self.heard(now); // said once
                Look::Silent
            }
            Some(_) => Look::Well,
            None if has_slept || now.saturating_sub(self.heard_at) >= self.ping_after => {
                self.asked = Some((now, if has_slept { AWAKE_ANSWER_MAX } else { ANSWER_MAX }));
                Look::Ask
            }
            None => Look::Well,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1000 + seconds)
    }

    fn looks(liveness: &mut Liveness, seconds: impl Iterator<Item = u64>) -> Vec<(u64, Look)> {
        let looked = seconds.map(|second| (second, liveness.look(at(second), true)));
        looked.filter(|(_, look)| *look != Look::Well).collect()
    }

    #[test]
    fn a_silent_node_is_asked_once_and_given_up_after_ten_seconds() {
        let mut liveness = Liveness::new(at(0));
        assert_eq!(looks(&mut liveness, 1..=35), [(25, Look::Ask), (35, Look::Silent)]);
        liveness.opened(at(35));
        assert_eq!(looks(&mut liveness, 36..=60), [(60, Look::Ask)]);
        liveness.heard(at(61));
        assert_eq!(looks(&mut liveness, 61..=85), []);
    }

    #[test]
    fn a_process_that_slept_asks_at_once_and_waits_three_seconds() {
        let mut liveness = Liveness::new(at(0));
        assert_eq!(looks(&mut liveness, [1, 20, 21, 22, 23].into_iter()), [(20, Look::Ask), (23, Look::Silent)]);
        assert_eq!(liveness.look(at(40), false), Look::TryNow);
    }

    #[test]
    fn a_reader_that_the_application_holds_up_is_no_silence() {
        let mut liveness = Liveness::new(at(0));
        liveness.hold(true, at(1));
        assert_eq!(looks(&mut liveness, 2..=100), []);
        liveness.hold(false, at(100));
        assert_eq!(looks(&mut liveness, 101..=125), [(125, Look::Ask)]);
    }
}
