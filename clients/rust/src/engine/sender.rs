//! Sends actions until each is acknowledged, rejected or too old.
//!
//!  Retrying with the same id is safe as long as the node remembers ids (`idempotency_window_ms`). Ten seconds before
//!  that ends, an unanswered action becomes *stale*: it is not sent again, and its outcome depends on whether its echo
//!  arrives with the resumed streams.

use super::limits::Limits;
use super::outbox::{Due, Entry, Outbox};
use super::pace::Pace;
use crate::ack::Ack;
use crate::error::{Code, HubError, Outcome};
use crate::options::Options;
use hubwire_protocol::Address;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::oneshot;

/// Frames waiting for the socket, beyond which actions have to wait, too.
pub const OUT_MAX: usize = 512;
const PAUSE_BASE: Duration = Duration::from_millis(200);
const PAUSE_CAP: Duration = Duration::from_secs(5);

/// The caller's wait for the outcome.
pub type Waiting = oneshot::Receiver<Result<Ack, HubError>>;

/// An encoded action to send.
pub struct Encoded {
    /// `meta.hub.id`.
    pub id: String,
    /// The action as JSON text.
    pub text: String,
    /// Its address.
    pub to: Address,
    /// How long it may take in total; `None`: only the wait for a connection is limited, by `queue.ttl`.
    pub deadline: Option<Duration>,
}

/// The window of actions in flight, on top of the outbox.
pub struct Sender {
    /// The node's limits.
    pub limits: Limits,
    outbox: Outbox,
    ttl: Duration,
    ack_timeout: Duration,
    is_connected: bool,
    in_flight: usize,
    window: f64,
    pace: Pace,
    paused_until: Duration,
    pauses: u32,
    /// Rejections that nobody is waiting for.
    unheard: Vec<HubError>,
}

impl Sender {
    /// A sender with nothing to send.
    pub fn new(options: &Options) -> Self {
        Sender {
            limits: Limits::default(),
            outbox: Outbox::new(options.queue),
            ttl: options.queue.ttl,
            ack_timeout: options.ack_timeout,
            is_connected: false,
            in_flight: 0,
            window: 1.0,
            pace: Pace::default(),
            paused_until: Duration::ZERO,
            pauses: 0,
            unheard: Vec::new(),
        }
    }

    /// Queues an action, or refuses it if the queue is full.
    pub fn send(&mut self, action: Encoded, now: Duration) -> Result<Waiting, HubError> {
        self.outbox.check(&action.id, action.text.len())?;
        let (result, receiver) = oneshot::channel();
        self.outbox.add(Entry {
            id: action.id,
            text: action.text,
            to: action.to,
            result,
            expires_at: now + action.deadline.unwrap_or(self.ttl),
            deadline: action.deadline.map(|deadline| now + deadline),
            attempts: 0,
            first_sent_at: Duration::ZERO,
            ack_due_at: None,
            is_stale: false,
        });
        Ok(receiver)
    }

    /// Whether an action can be sent at once: no older one is waiting for its turn.
    pub fn is_room_now(&mut self, now: Duration) -> bool {
        !self.outbox.has_waiting() && self.may_send(now)
    }

    /// The caller sends the action in a frame with others.
    pub fn launched(&mut self, id: &str, now: Duration) {
        let ack_due_at = now + self.ack_timeout;
        if let Some(entry) = self.outbox.take(id) {
            launch(entry, now, ack_due_at);
            self.in_flight += 1;
            self.pace.took();
        }
    }

    /// Cancels an action that was never sent.
    pub fn cancel(&mut self, id: &str) -> bool {
        if self.outbox.get(id).is_none_or(|entry| entry.attempts > 0) {
            return false;
        }
        let ended = self.outbox.remove(id);
        self.reject(ended, |id| HubError::new(Code::Cancelled, "").of_id(id));
        true
    }

    /// The session started: sends unacknowledged actions again, then newer ones.
    pub fn connected(&mut self, limits: Limits, now: Duration) {
        self.is_connected = true;
        self.in_flight = 0;
        self.window = window_max(&limits);
        self.paused_until = Duration::ZERO;
        self.pace.begin(&limits, now);
        self.limits = limits;
        self.outbox.all_again();
    }

    /// The session ended.
    pub fn disconnected(&mut self) {
        self.is_connected = false;
        self.in_flight = 0;
        self.outbox.disconnected();
    }

    /// The address of an unfinished action.
    pub fn destination(&self, id: &str) -> Option<&Address> {
        self.outbox.get(id).map(|entry| &entry.to)
    }

    /// The node acknowledged the action.
    pub fn acked(&mut self, id: &str, ack: Ack) {
        let Some(entry) = self.end(id) else { return };
        self.window = window_max(&self.limits).min(self.window + 1.0 / self.window);
        self.pauses = 0;
        let ack = Ack { attempts: entry.attempts.max(1), ..ack };
        // the caller may be gone: it is stored all the same
        let _ = entry.result.send(Ok(ack));
    }

    /// The action's echo arrived. It is stored, although its acknowledgement was lost.
    pub fn echoed(&mut self, id: &str, ack: Ack) {
        if self.outbox.get(id).is_some_and(|entry| entry.is_stale) {
            self.acked(id, ack);
        }
    }

    /// The node refused the action; `false` if the id is not one of ours.
    pub fn refused(&mut self, id: &str, error: &HubError, chance: f64, now: Duration) -> bool {
        if self.outbox.get(id).is_none() {
            return false;
        }
        if error.retry {
            self.pause(error.retry_after, chance, now);
            self.repeat(id);
        } else {
            let ended = self.end(id);
            self.reject(ended, |_| error.clone());
        }
        true
    }

    /// Schedules the action again: it was in a frame refused because of another action, or its acknowledgement is late.
    pub fn repeat(&mut self, id: &str) {
        if self.outbox.again(id) {
            self.in_flight -= 1;
        }
    }

    /// All streams are replayed: the outcome of stale actions without an echo is unknown.
    pub fn decide_stale(&mut self) {
        let stale: Vec<String> = self.outbox.iter().filter(|it| it.is_stale).map(|it| it.id.clone()).collect();
        for id in stale {
            self.fail(&id, Code::Timeout, "no answer came in time");
        }
    }

    /// The client ends: rejects all remaining actions.
    pub fn close(&mut self, code: &Code, message: &str) {
        let all: Vec<String> = self.outbox.iter().map(|entry| entry.id.clone()).collect();
        for id in all {
            self.fail(&id, code.clone(), message);
        }
    }

    /// Whether all actions are finished.
    pub fn is_idle(&self) -> bool {
        self.outbox.len() == 0
    }

    /// Appends the actions that may be sent now.
    pub fn pump(&mut self, out: &mut VecDeque<String>, now: Duration) {
        while out.len() < OUT_MAX && self.may_send(now) {
            let ack_due_at = now + self.ack_timeout;
            let Some(entry) = self.outbox.next() else { return };
            launch(entry, now, ack_due_at);
            out.push_back(entry.text.clone());
            self.in_flight += 1;
            self.pace.took();
        }
    }

    /// Checks time-outs: expired, late and stale actions.
    pub fn tick(&mut self, now: Duration) {
        let repeat_for = self.limits.repeat_for();
        let due: Vec<(String, Due)> =
            self.outbox.iter().filter_map(|it| Some((it.id.clone(), it.due(repeat_for, now)?))).collect();
        for (id, due) in due {
            match due {
                Due::Expired => self.fail(&id, Code::Expired, "there was no connection in time"),
                Due::Deadline => self.fail(&id, Code::Timeout, "no answer came before the deadline"),
                Due::TooOld => {
                    self.forget_flight(&id);
                    self.outbox.is_too_old(&id);
                }
                Due::Late => self.repeat(&id),
            }
        }
    }

    /// Number of actions in flight.
    #[cfg(test)]
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Takes the rejections that nobody was waiting for, to be reported.
    pub fn take_unheard(&mut self) -> Vec<HubError> {
        std::mem::take(&mut self.unheard)
    }

    fn may_send(&mut self, now: Duration) -> bool {
        self.is_connected
            && (self.in_flight as f64) < self.window.floor()
            && now >= self.paused_until
            && self.pace.is_ready(now)
    }

    /// To keep the order, all actions wait, not only the refused one.
    fn pause(&mut self, at_least: Option<Duration>, chance: f64, now: Duration) {
        let longest = PAUSE_CAP.min(PAUSE_BASE * 2_u32.pow(self.pauses.min(10)));
        self.pauses += 1;
        self.window = (self.window / 2.0).max(1.0);
        let pause = at_least.unwrap_or_default().max(longest.mul_f64(chance));
        self.paused_until = self.paused_until.max(now + pause);
    }

    fn forget_flight(&mut self, id: &str) {
        if self.outbox.get(id).is_some_and(|entry| entry.ack_due_at.is_some()) {
            self.in_flight -= 1;
        }
    }

    fn end(&mut self, id: &str) -> Option<Entry> {
        self.forget_flight(id);
        self.outbox.remove(id)
    }

    fn fail(&mut self, id: &str, code: Code, message: &str) {
        let ended = self.end(id);
        let outcome = match &ended {
            Some(entry) if entry.attempts > 0 => Outcome::Unknown,
            _ => Outcome::NotDone,
        };
        self.reject(ended, |id| HubError { outcome, ..HubError::new(code, message).of_id(id) });
    }

    fn reject(&mut self, ended: Option<Entry>, error: impl FnOnce(&str) -> HubError) {
        let Some(entry) = ended else { return };
        if let Err(Err(unheard)) = entry.result.send(Err(error(&entry.id))) {
            self.unheard.push(unheard);
        }
    }
}

fn launch(entry: &mut Entry, now: Duration, ack_due_at: Duration) {
    if entry.attempts == 0 {
        entry.first_sent_at = now;
    }
    entry.attempts += 1;
    entry.ack_due_at = Some(ack_due_at);
}

fn window_max(limits: &Limits) -> f64 {
    (limits.in_flight_max as f64 / 2.0).max(1.0)
}
