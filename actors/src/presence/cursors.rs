//! Cursors: how far devices have read.

use super::Presence;
use crate::context::Context;
use crate::words::outcome::Refusal;
use crate::words::presence::{FindCursors, PutCursors};
use actix::prelude::*;
use hubwire_protocol::event::Ack;

impl Presence {
    pub(super) fn put_cursors(&mut self, message: PutCursors, ctx: &mut Context<Self>) {
        let limits = self.core.settings.cursors;
        let put = self.core.backend.put_cursors(message.user, message.device, message.positions, limits);
        ctx.spawn(put.into_actor(self).map(move |result, _, _| {
            message.answer.give(result.map(|()| Ack::default()).map_err(Refusal::from));
        }));
    }

    pub(super) fn find_cursors(&mut self, message: FindCursors, ctx: &mut Context<Self>) {
        let FindCursors { user, device, positions, pending } = message;
        let cursors = self.core.backend.cursors(user, device);
        ctx.spawn(
            cursors
                .into_actor(self)
                .map(move |cursors, _, _| pending.cursors(positions, cursors.map_err(Refusal::from))),
        );
    }
}
