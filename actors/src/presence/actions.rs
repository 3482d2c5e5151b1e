//! Counts actions that are carried out elsewhere.

use super::Presence;
use crate::context::Context;
use crate::words::presence::{ChargeAction, CountAction};

impl Presence {
    pub(super) fn count_action(&mut self, message: CountAction, _: &mut Context<Self>) {
        let CountAction { payer, class, then } = message;
        then(self.core.act(&payer, class));
    }

    pub(super) fn charge_action(&mut self, message: ChargeAction, _: &mut Context<Self>) {
        self.core.charge(&message.payer, message.class, message.more);
    }
}
