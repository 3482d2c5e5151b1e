//! Ends clients that are silent for `pong_wait`, and clients whose sockets accept nothing for `write_wait` while their
//! outbox is not empty.

use super::due::{Deadline, DueQueue};
use super::worker::{Connections, MemberTable, WorkerConnection};
use crate::words::ids::MemberKey;
use hubwire_protocol::frame::{frame, Opcode};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{sleep_until, Instant};

/// If this thread itself was late by more than this, silence in the meantime disconnects nobody.
const LATE: Duration = Duration::from_millis(50);

impl Connections {
    /// Interval between pings, and delay of the first one.
    pub(super) fn ping_period(&self) -> Duration {
        self.settings.pong_wait * 9 / 10
    }

    /// Time within which a ping must be answered.
    fn pong_delay(&self) -> Duration {
        self.settings.pong_wait - self.ping_period()
    }

    /// Interval between checks of a socket with a full queue.
    pub(super) fn stall_period(&self) -> Duration {
        self.settings.write_wait / 4
    }

    pub(super) fn plan(&self, due: &mut DueQueue, deadline: Deadline, at: Instant, place: MemberKey) {
        if due.push(deadline, at, place) {
            self.earlier.notify_one();
        }
    }

    /// Handles deadlines for as long as the worker lives.
    pub(super) async fn keep_deadlines(self: Rc<Self>) {
        loop {
            let next = self.do_due(Instant::now());
            let sleep = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.earlier.notified() => {}
                () = sleep => {}
            }
        }
    }

    /// Handles what is due. Returns the next deadline.
    fn do_due(&self, now: Instant) -> Option<Instant> {
        let mut members = self.members.borrow_mut();
        let MemberTable { slots, due, .. } = &mut *members;
        while let Some((deadline, at, place)) = due.take(now) {
            let Some(member) = slots.get_mut(place) else { continue };
            match deadline {
                Deadline::Ping => self.ping(member, place, now, due),
                // the pong may have arrived, and not be read yet
                Deadline::Pong if now - at > LATE => self.plan(due, Deadline::Pong, now + self.pong_delay(), place),
                Deadline::Pong => end_unless_heard(member),
                Deadline::Stall => self.end_unless_moving(member, place, now, due),
            }
        }
        due.next_at()
    }

    fn ping(&self, member: &mut WorkerConnection, place: MemberKey, now: Instant, due: &mut DueQueue) {
        member.outbox.take_heard(); // only what comes after the ping answers it
        self.offer(member, place, &frame(Opcode::Ping, b""), now, due);
        self.plan(due, Deadline::Pong, now + self.pong_delay(), place);
        self.plan(due, Deadline::Ping, now + self.ping_period(), place);
    }

    fn end_unless_moving(&self, member: &mut WorkerConnection, place: MemberKey, now: Instant, due: &mut DueQueue) {
        let Some((written, since)) = member.progress else { return };
        if member.outbox.queued_bytes() == 0 {
            member.progress = None;
            return;
        }
        if member.outbox.written_bytes() != written {
            member.progress = Some((member.outbox.written_bytes(), now));
        } else if now - since >= self.settings.write_wait {
            log::debug!("a socket accepted nothing in time, ending the connection");
            member.outbox.abort();
            return;
        }
        self.plan(due, Deadline::Stall, now + self.stall_period(), place);
    }
}

fn end_unless_heard(member: &mut WorkerConnection) {
    if !member.outbox.take_heard() && !member.is_held {
        log::debug!("no pong in time, ending the connection");
        member.outbox.abort();
    }
}
