//! Hooks: if configured, asks the application before this client joins or publishes.
//!
//! An action that waits for the answer delays everything after it: nothing more is read, so the client's order is kept.
//! A join waits in its channel's queue and delays only actions for that channel. The session caches answers, so that a
//! client that stays active in a channel does not wait again; new credentials clear the cache.

use super::asked::{HeldAction, HookQuestions};
use super::membership::JoinRequest;
use super::{Session, SessionContext};
use crate::application::{JudgeAnswer, JudgeAsked};
use crate::words::hooks::HookQuestion;
use crate::words::outcome::Refusal;
use crate::words::session as messages;
use hubwire_protocol::Address;

impl Session {
    /// Whether an action, and with it all further input, waits for the application.
    pub(super) fn waits_for_hook(&self) -> bool {
        self.asked().is_some_and(|asked| asked.held.is_some())
    }

    /// The application's verdict on an action: at once if no hook is configured or the answer is cached. Otherwise the
    /// action waits, and is carried out again with the answer.
    pub(super) fn consult(
        &mut self,
        question: impl FnOnce() -> HookQuestion,
        held: impl FnOnce() -> HeldAction,
    ) -> Option<Result<(), Refusal>> {
        // this is on the path of every publication: without a hook nothing is allocated
        let Some(question) = self.worker.node.application().and_then(|application| {
            let question = question();
            application.asks(&question).then_some(question)
        }) else {
            return Some(Ok(()));
        };
        if let Some(known) = self.known(&question) {
            return Some(known);
        }
        self.ask_application(question.clone());
        self.seldom.need().asked.get_or_insert_default().held = Some((question, held()));
        self.socket.set_paused(true);
        None
    }

    /// Like [`Session::consult`] for a join, which waits in its channel's queue.
    pub(super) fn consult_join(&mut self, channel: &Address, join: JoinRequest) -> Option<JoinRequest> {
        let question = HookQuestion::Join(channel.clone());
        if !join.by_client || !self.is_asked(&question) {
            return Some(join);
        }
        match self.known(&question) {
            Some(allowed) => self.judged_join(channel, join, allowed),
            None => {
                self.seldom.need().asked.get_or_insert_default().joins.push((channel.clone(), join));
                self.ask_application(question);
                None
            }
        }
    }

    fn asked(&self) -> Option<&HookQuestions> {
        self.seldom.get()?.asked.as_deref()
    }

    fn asked_mut(&mut self) -> Option<&mut HookQuestions> {
        self.seldom.get_mut()?.asked.as_deref_mut()
    }

    fn is_asked(&self, question: &HookQuestion) -> bool {
        self.worker.node.application().is_some_and(|application| application.asks(question))
    }

    fn known(&self, question: &HookQuestion) -> Option<Result<(), Refusal>> {
        self.asked()?.known(question)
    }

    fn ask_application(&self, question: HookQuestion) {
        let (Some(identity), Some(application)) = (self.credentials.identity(), self.worker.node.application()) else {
            return;
        };
        let answer = JudgeAnswer::new(self.permit(), question.clone());
        application.judge(JudgeAsked { identity: (**identity).clone(), session: self.id, question, answer });
    }

    pub(super) fn judged(&mut self, message: messages::Judged, ctx: &mut SessionContext) {
        let messages::Judged { permit: _permit, question, verdict } = message;
        let Some(asked) = self.asked_mut() else { return };
        asked.remember(&question, &verdict.allowed, verdict.keep);
        if let HookQuestion::Join(channel) = &question {
            if let Some(at) = asked.joins.iter().position(|(of, _)| of == channel) {
                let (channel, join) = asked.joins.swap_remove(at);
                if let Some(join) = self.judged_join(&channel, join, verdict.allowed.clone()) {
                    self.begin_join(&channel, join);
                }
            }
        }
        let Some(asked) = self.asked_mut() else { return };
        if let Some((_, held)) = asked.held.take_if(|(of, _)| *of == question) {
            self.go_on_with(held, verdict.allowed, ctx);
            self.read_on(ctx);
        }
    }

    /// The join, if it is allowed; otherwise the client has been answered, and the next request follows.
    fn judged_join(
        &mut self,
        channel: &Address,
        join: JoinRequest,
        allowed: Result<(), Refusal>,
    ) -> Option<JoinRequest> {
        let Err(refusal) = allowed else { return Some(join) };
        self.join_refused(channel, &refusal, join.re.as_deref(), join.as_resume);
        self.memberships.answered(channel, false);
        self.go_on(channel);
        None
    }

    fn go_on_with(&mut self, held: HeldAction, allowed: Result<(), Refusal>, ctx: &mut SessionContext) {
        match (held, allowed) {
            (HeldAction::Publish { publish, to, re }, Ok(())) => {
                self.publish_allowed(&publish, &to, re.as_deref(), ctx)
            }
            (HeldAction::History { history, to, re }, Ok(())) => self.history_allowed(&history, to, re.as_deref()),
            (HeldAction::Publish { to, re, .. } | HeldAction::History { to, re, .. }, Err(refusal)) => {
                self.pass_on(&refusal, Some(&to), re.as_deref());
            }
        }
    }

    /// Called after new credentials: clears the application's answers about the previous ones.
    pub(super) fn forget_verdicts(&mut self) {
        if let Some(asked) = self.asked_mut() {
            asked.forget();
        }
    }
}
