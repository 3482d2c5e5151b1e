//! Calls of the server API to sessions, on any node, and late answers to rpcs.
//!
//! The path of a call: this node's table of calls -> the session's node -> the session -> its client, and back. A call
//! that is lost on the way ends with its timeout.

use super::Presence;
use crate::context::Context;
use crate::mail;
use crate::words::outcome::Refusal;
use crate::words::presence::{CallHere, CallReturned, CallSession, ReplyHere, ReplySession, Return};
use crate::words::rpc::{Brought, NotAsked, Returned};
use crate::words::session::{Called, RepliedLate};
use actix::prelude::*;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::{ErrorCode, Incarnation};
use serde::Serialize;
use std::collections::HashMap;
use tokio::sync::oneshot;

/// Calls of the server API through this node that may wait for a reply at once; further ones are refused.
const CALLS_MAX: usize = 4096;

/// Calls that wait for a reply.
#[derive(Default)]
pub(super) struct ServerCalls {
    last: u64,
    waiting: HashMap<u64, oneshot::Sender<Result<Brought, Refusal>>>,
}

impl ServerCalls {
    fn begin(&mut self, answer: oneshot::Sender<Result<Brought, Refusal>>) -> Option<u64> {
        if self.waiting.len() >= CALLS_MAX {
            drop(answer.send(Err(Refusal::overloaded()))); // a caller that went away wants no answer
            return None;
        }
        self.last += 1;
        self.waiting.insert(self.last, answer);
        Some(self.last)
    }

    fn end(&mut self, call: u64, outcome: Result<Brought, Refusal>) {
        if let Some(answer) = self.waiting.remove(&call) {
            drop(answer.send(outcome)); // as above
        }
    }
}

impl Presence {
    pub(super) fn call_session(&mut self, message: CallSession, ctx: &mut Context<Self>) {
        let CallSession { session, body, timeout, answer } = message;
        let node = session.incarnation();
        if !self.core.is_live(node) {
            return drop(answer.send(Err(NotAsked::Gone.into())));
        }
        let Some(call) = self.calls.begin(answer) else { return };
        let (timeout_ms, body) = (timeout.as_millis() as u64, text(&body));
        let message = ClusterMessage::Call { session, node: self.core.incarnation, call, timeout_ms, body: &body };
        self.core.node_channel.tell(node, message.encode().into());
        ctx.run_later(timeout, move |presence, _| {
            let late = Refusal::new(ErrorCode::Timeout, "the session did not reply in time");
            presence.calls.end(call, Err(late));
        });
    }

    /// A call to a session of this node.
    pub(super) fn ask(&mut self, message: CallHere, _: &mut Context<Self>) {
        let CallHere { session, asked } = message;
        match self.member(session) {
            Some(member) => mail::insist(&member.handle, Called(asked)),
            None => self.return_to(asked.node, asked.call, Returned::Refused(NotAsked::Gone)),
        }
    }

    pub(super) fn give_back(&mut self, message: Return, _: &mut Context<Self>) {
        let Return { node, call, returned } = message;
        self.return_to(node, call, returned);
    }

    fn return_to(&mut self, node: Incarnation, call: u64, returned: Returned) {
        if node == self.core.incarnation {
            return self.calls.end(call, returned.into());
        }
        let body = text(&returned);
        self.core.node_channel.tell(node, ClusterMessage::Returned { call, body: &body }.encode().into());
    }

    pub(super) fn call_returned(&mut self, message: CallReturned, _: &mut Context<Self>) {
        self.calls.end(message.call, message.returned.into());
    }

    pub(super) fn reply_session(&mut self, message: ReplySession, _: &mut Context<Self>) {
        let ReplySession { session, reply, answer } = message;
        let is_live = self.core.is_live(session.incarnation());
        if is_live {
            let message = ClusterMessage::LateReply { session, body: &text(&reply) }.encode();
            self.core.node_channel.tell(session.incarnation(), message.into());
        }
        drop(answer.send(Ok(is_live))); // a caller that went away wants no answer
    }

    /// A reply for a session of this node.
    pub(super) fn reply_here(&mut self, message: ReplyHere, _: &mut Context<Self>) {
        if let Some(member) = self.member(message.session) {
            mail::insist(&member.handle, RepliedLate(message.reply));
        }
    }
}

/// Encodes texts and JSON texts as JSON, which cannot fail.
fn text(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}
