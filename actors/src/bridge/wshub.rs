//! Connects the bridge to the WS-HUB endpoint: publications for its groups go there instead of to a log, and its
//! messages reach the members of the groups' channels.

use super::Bridge;
use crate::mail;
use crate::words::answer::Answer;
use crate::words::bridge::{Route, SetWsHub};
use crate::words::feed::Ephemeral;
use crate::words::outcome::Refusal;
use crate::words::wshub::{FromNative, ToNative};
use crate::wshub::native;
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::{Address, ErrorCode};

impl Bridge {
    /// Passes a publication for a group to the WS-HUB endpoint. Returns the answer if the address is no group.
    pub(super) fn pass_to_wshub(&self, to: &Address, envelope: &Bytes, answer: Answer) -> Option<Answer> {
        let Some(hub) = self.wshub.as_ref().filter(|_| native::is_window(to)) else { return Some(answer) };
        let Some(group) = native::group_of(to) else {
            let message = "a group's channel is one id, with other bytes as % and two capital hexadecimal digits";
            answer.give(Err(Refusal::new(ErrorCode::BadAddress, message)));
            return None;
        };
        if let Err(SendError::Full(message) | SendError::Closed(message)) =
            hub.try_send(FromNative { group, envelope: envelope.clone(), answer })
        {
            message.answer.give(Err(Refusal::new(ErrorCode::Overloaded, "the node is busy")));
        }
        None
    }
}

impl Handler<SetWsHub> for Bridge {
    type Result = ();
    fn handle(&mut self, message: SetWsHub, _: &mut Self::Context) {
        self.wshub = Some(message.hub);
    }
}

impl Handler<ToNative> for Bridge {
    type Result = ();
    fn handle(&mut self, message: ToNative, _: &mut Self::Context) {
        let Some(address) = native::channel_of(&message.group) else { return };
        let Some(Route::Channel(channel)) = self.routes.get(&address) else { return };
        let envelope = native::envelope(&address, &message.payload, self.core.environment.unix_ms());
        if mail::tell(channel, Ephemeral { to: address, envelope }).is_err() {
            self.core.metrics.ephemeral_dropped.inc();
        }
    }
}
