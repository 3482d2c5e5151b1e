//! The work of each tick: heartbeats by one timer wheel for all sessions of the worker, and the end of stalled ones.

use super::member::{Progress, WorkerMember};
use super::worker::{Worker, WHEEL_SLOTS};
use crate::words::ids::MemberKey;
use hubwire_protocol::CloseCode;

impl Worker {
    pub(super) fn tick(&self) {
        let now = (self.now.get() + 1) % WHEEL_SLOTS;
        self.now.set(now);
        let due = std::mem::take(&mut self.wheel.borrow_mut()[now]);
        for key in due {
            if let Some(ticks) = self.with(key, |member| self.heartbeat(member)) {
                self.schedule(key, ticks);
            }
        }
        self.check_stalls();
    }

    /// Pings, or ends a session that has been silent since the last ping. Returns the tick of the next check.
    fn heartbeat(&self, member: &mut WorkerMember) -> u32 {
        let heard = member.outbox.take_heard();
        if member.pinged && !heard {
            member.close(CloseCode::PingTimeout, CloseCode::PingTimeout.reason());
            member.outbox.wake();
            return self.pong_ticks();
        }
        if member.pinged {
            member.pinged = false;
            return self.ping_ticks();
        }
        member.pinged = true;
        member.outbox.offer_ping(&member.dialect.heartbeat(member.visible_ping));
        member.outbox.wake();
        self.pong_ticks()
    }

    /// Cuts a lagging session whose socket accepts nothing for too long; a session that waits for a read asks again.
    fn check_stalls(&self) {
        let mut lagging = Vec::new();
        let mut queued_bytes = 0;
        for (key, member) in self.members.borrow_mut().iter_mut() {
            let Some(behind) = &mut member.behind else { continue };
            let written = member.outbox.written_bytes();
            queued_bytes += member.outbox.queued_bytes() as i64;
            if written != behind.progress.written_bytes || member.outbox.queued_bytes() == 0 {
                behind.progress = Progress { written_bytes: written, ticks: 0 };
            } else {
                behind.progress.ticks += 1;
            }
            if u64::from(behind.progress.ticks) >= self.node.settings().stall_timeout.as_secs().max(1) {
                member.close(CloseCode::SlowConsumer, CloseCode::SlowConsumer.reason());
                member.outbox.wake();
            }
            lagging.push(key);
        }
        self.gauge(lagging.len() as i64, queued_bytes);
        for key in lagging {
            self.advance_with_tick(key);
        }
    }

    /// The gauges cover all workers together: this one adds its changes.
    fn gauge(&self, sessions: i64, queued_bytes: i64) {
        let (sessions_before, bytes_before) = self.lagging.replace((sessions, queued_bytes));
        self.node.metrics().lagging.add(sessions - sessions_before);
        self.node.metrics().outbox_bytes.add(queued_bytes - bytes_before);
    }

    pub(super) fn schedule(&self, key: MemberKey, ticks: u32) {
        let slot = (self.now.get() + (ticks as usize).clamp(1, WHEEL_SLOTS - 1)) % WHEEL_SLOTS;
        self.wheel.borrow_mut()[slot].push(key);
    }

    /// The ping interval in ticks, ±10 %.
    pub(super) fn ping_ticks(&self) -> u32 {
        let interval = self.node.settings().ping_interval.as_secs().max(1);
        let jitter = self.node.environment().below(interval / 5 + 1);
        (interval - interval / 10 + jitter) as u32
    }

    pub(super) fn pong_ticks(&self) -> u32 {
        self.node.settings().pong_timeout.as_secs().max(1) as u32
    }
}
