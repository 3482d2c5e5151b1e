//! Closing sessions on command: single ones, or all of them while the node drains.

use super::worker::Worker;
use crate::words::delivery::CloseMember;
use hubwire_protocol::event::{Bye, Event};
use hubwire_protocol::{CloseCode, Dismissal};

impl Worker {
    pub(super) fn close_member(&self, message: CloseMember) {
        let CloseMember { key, code, own } = message;
        self.with(key, |member| {
            match (own.filter(|_| member.dialect.has_own_closes()), code) {
                (Some(own), _) => member.outbox.close(own.code, &own.reason),
                (None, CloseCode::Unauthenticated) => member.dismiss(Dismissal::Disconnected),
                (None, code) => member.close(code, code.reason()),
            }
            member.outbox.wake();
        });
    }

    pub(super) fn drain_some(&self, count: usize) -> usize {
        let members = self.members.borrow();
        let draining = members.iter().filter(|member| !member.outbox.is_closing()).take(count);
        draining
            .map(|member| {
                let bye = Bye { reason: "draining", retry_in_ms: self.node.environment().below(2000) };
                member.say(&Event::Bye(bye), None, None);
                member.close(CloseCode::Draining, CloseCode::Draining.reason());
                member.outbox.wake();
            })
            .count()
    }
}
