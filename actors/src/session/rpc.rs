//! Remote procedure calls: from this client to the application, and from the application to this client.

use super::calls::{Calls, Late, OpenCall, CALLS_MAX};
use super::{Session, SessionContext};
use crate::application::{RpcAnswer, RpcAsked};
use crate::mail;
use crate::words::action_class::ActionClass;
use crate::words::answer::Pending;
use crate::words::outcome::{Refusal, BYTES_PER_ACTION};
use crate::words::payer::Payer;
use crate::words::presence::{ChargeAction, CountAction, Return};
use crate::words::rpc::{Brought, CallAsked, LateReply, NotAsked, Returned, RpcOutcome};
use crate::words::session as messages;
use actix::prelude::*;
use hubwire_protocol::event::{Ack, Call, Event, Json, Reply};
use hubwire_protocol::request::{CallReply, Rpc};
use hubwire_protocol::{Address, ErrorCode, Incarnation};

impl Session {
    // -- this client asks -------------------------------------------------------------------------------------------

    pub(super) fn rpc(&mut self, rpc: Rpc, re: Option<&str>) {
        let Some(re) = re else {
            return self.refuse(ErrorCode::BadAction, "an rpc needs an id, which its answer repeats", None);
        };
        let Some(identity) = self.credentials.identity().cloned() else { return };
        let Some(application) = self.worker.node.application() else {
            return self.refuse(ErrorCode::NotFound, "no application is configured for rpcs (rpc.methods)", Some(re));
        };
        let application = application.clone();
        let own = Address::User(identity.user.clone());
        let payer = Payer::of(&identity.user, identity.orgs.keys(), &own, self.handle.network);
        let asked = RpcAsked {
            identity: (*identity).clone(),
            session: self.id,
            id: re.into(),
            method: rpc.method,
            params: rpc.params,
            answer: RpcAnswer::new(Pending::new(self.accept(), Some(re))),
        };
        let then = Box::new(move |counted: Result<(), Refusal>| match counted {
            Ok(()) => application.rpc(asked),
            Err(refusal) => asked.answer.give(Err(refusal)),
        });
        if let Err(count) =
            mail::offer(self.worker.node.presence(), CountAction { payer, class: ActionClass::Rpc, then })
        {
            (count.then)(Err(Refusal::overloaded()));
        }
    }

    pub(super) fn replied(&mut self, message: messages::Replied, ctx: &mut SessionContext) {
        let messages::Replied { permit, re, outcome } = message;
        match outcome {
            Ok(RpcOutcome::Now(brought)) => {
                self.pay_for(&brought);
                self.tell_reply(&brought, re.as_deref());
            }
            Ok(RpcOutcome::Later(within)) => {
                let Some(re) = re else { return };
                let name = re.clone();
                let timer = ctx.run_later(within, move |session: &mut Session, ctx| session.late_no_more(&name, ctx));
                self.seldom.need().calls.late.push(Late { re, _permit: permit, timer });
            }
            Err(refusal) => self.pass_on(&refusal, None, re.as_deref()),
        }
    }

    pub(super) fn replied_late(&mut self, message: messages::RepliedLate, ctx: &mut SessionContext) {
        let messages::RepliedLate(LateReply { re, brought }) = message;
        if self.take_late(&re, ctx) {
            self.pay_for(&brought);
            self.tell_reply(&brought, Some(&re));
        }
    }

    fn late_no_more(&mut self, re: &str, ctx: &mut SessionContext) {
        if self.take_late(re, ctx) {
            self.refuse(ErrorCode::Timeout, "the application did not answer in time (rpc.late_timeout_ms)", Some(re));
        }
    }

    /// Ends the wait of an rpc, the oldest one if the client used an id twice. Returns whether one was waiting.
    fn take_late(&mut self, re: &str, ctx: &mut SessionContext) -> bool {
        let Some(calls) = self.calls_mut() else { return false };
        let Some(at) = calls.late.iter().position(|late| *late.re == *re) else { return false };
        ctx.cancel_future(calls.late.remove(at).timer);
        true
    }

    /// A large answer counts as several rpcs.
    fn pay_for(&self, brought: &Brought) {
        let more = brought.json().get().len() / BYTES_PER_ACTION;
        let Some(identity) = self.credentials.identity().filter(|_| more > 0) else { return };
        let own = Address::User(identity.user.clone());
        let payer = Payer::of(&identity.user, identity.orgs.keys(), &own, self.handle.network);
        // without room in the mailbox the node is too busy to count it
        let _ = mail::tell(self.worker.node.presence(), ChargeAction { payer, class: ActionClass::Rpc, more });
    }

    fn tell_reply(&self, brought: &Brought, re: Option<&str>) {
        let reply = match brought {
            Brought::Result(json) => Reply::Result(json),
            Brought::Error(json) => Reply::Error(json),
        };
        self.reply(&Event::Reply(reply), None, re);
    }

    // -- the application asks ---------------------------------------------------------------------------------------

    pub(super) fn called(&mut self, message: messages::Called, ctx: &mut SessionContext) {
        let messages::Called(CallAsked { node, call, timeout, body }) = message;
        let calls = &mut self.seldom.need().calls;
        if calls.open.len() >= CALLS_MAX {
            return self.return_call(node, call, Returned::Refused(NotAsked::Busy));
        }
        calls.last += 1;
        let number = calls.last;
        // the caller has a timeout of its own
        let timer = ctx.run_later(timeout, move |session: &mut Session, _| {
            session.take_call(number);
        });
        calls.open.push(OpenCall { node, call, number, timer });
        let timeout_ms = timeout.as_millis() as u64;
        let call = Call { call: number, method: &body.method, params: body.params.as_ref(), timeout_ms };
        self.reply(&Event::Rpc(call), None, None);
    }

    /// The client has replied to a call.
    pub(super) fn give_back(&mut self, reply: CallReply, re: Option<&str>, ctx: &mut SessionContext) {
        let CallReply { call: number, result, error } = reply;
        let returned = match (result, error) {
            (Some(_), Some(_)) => {
                return self.refuse(ErrorCode::BadPayload, "a reply has a `result` or an `error`, not both", re);
            }
            (None, Some(error)) => Returned::Error(error),
            (result, None) => Returned::Result(result.unwrap_or_else(Json::null)),
        };
        let Some(OpenCall { node, call, timer, .. }) = self.take_call(number) else {
            let message = "no call with that number is waiting: it was answered before, or the reply is too late";
            return self.refuse(ErrorCode::NotFound, message, re);
        };
        ctx.cancel_future(timer);
        self.return_call(node, call, returned);
        if re.is_some() {
            self.reply(&Event::Ack(Ack::default()), None, re);
        }
    }

    fn calls_mut(&mut self) -> Option<&mut Calls> {
        self.seldom.get_mut().map(|seldom| &mut seldom.calls)
    }

    fn take_call(&mut self, number: u64) -> Option<OpenCall> {
        let open = &mut self.calls_mut()?.open;
        let at = open.iter().position(|open| open.number == number)?;
        Some(open.swap_remove(at))
    }

    fn return_call(&self, node: Incarnation, call: u64, returned: Returned) {
        // one per call, and calls are bounded where they start
        mail::insist(self.worker.node.presence(), Return { node, call, returned });
    }

    /// The session ends: callers that wait for its reply get an error.
    pub(super) fn return_all(&mut self) {
        for OpenCall { node, call, .. } in self.calls_mut().map(std::mem::take).into_iter().flat_map(|calls| calls.open)
        {
            self.return_call(node, call, Returned::Refused(NotAsked::Gone));
        }
    }
}
