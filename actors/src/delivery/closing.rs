//! Closing sessions on command: single ones, or all of them while the node drains.

use super::worker::Worker;
use crate::words::delivery::CloseMember;
use hubwire_protocol::event::{Bye, Event};
use hubwire_protocol::{CloseCode, Dismissal};

impl Worker {
    pub(super) fn close_member(&self, message: CloseMember) {
        self.with(message.key, |member| {
            match message.code {
                CloseCode::Unauthenticated => member.dismiss(Dismissal::Disconnected),
                code => member.close(code, code.reason()),
            }
            member.outbox.wake();
        });
    }

    pub(super) fn drain_some(&self, count: usize) -> usize {
        let members = self.members.borrow();
        let draining = members.iter().filter(|(_, member)| !member.outbox.is_closing()).take(count);
        draining
            .map(|(_, member)| {
                let bye = Bye { reason: "draining", retry_in_ms: self.node.environment().below(2000) };
                member.say(&Event::Bye(bye), None, None);
                member.close(CloseCode::Draining, CloseCode::Draining.reason());
                member.outbox.wake();
            })
            .count()
    }
}
