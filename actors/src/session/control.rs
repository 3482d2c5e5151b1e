//! Requests of the protocol that take only a few lines each.

use super::asked::HeldAction;
use super::Session;
use crate::access::{may, Capability};
use crate::mail;
use crate::words::answer::{Asker, Pending};
use crate::words::hooks::HookQuestion;
use crate::words::log_reader::{self as logs, Ask, Named, Page, PageStart};
use crate::words::outcome::Refusal;
use crate::words::payer::Payer;
use crate::words::presence::PutCursors;
use hubwire_protocol::event::{Ack, Event};
use hubwire_protocol::request::{Cursor, History, PresenceQuery};
use hubwire_protocol::{Address, ErrorCode};

impl Session {
    pub(super) fn pong(&self, re: Option<&str>) {
        self.reply(&Event::Ack(Ack::default()), None, re);
    }

    pub(super) fn presence(&mut self, mut query: PresenceQuery, to: Option<&Address>, re: Option<&str>) {
        match (query.users.take(), to) {
            (None, _) => {}
            (Some(users), None) => return self.presence_of(users, re),
            (Some(_), Some(_)) => {
                let message = "presence takes an address (`to`) or `users`, not both";
                return self.refuse(ErrorCode::BadPayload, message, re);
            }
        }
        let Some(to) = self.allowed(Capability::Presence, to, re) else { return };
        if !self.knows_list(&to, re) {
            return;
        }
        let question = match &to {
            Address::User(user) => {
                let Some(identity) = self.credentials.identity() else { return };
                match self.worker.node.settings().reaches.presence.judge(identity, &to) {
                    Ok(within) => logs::Question::User { user: user.clone(), within },
                    Err(denial) => return self.refuse_at(denial.code(), denial.reason(), Some(&to), re),
                }
            }
            _ => logs::Question::Members { channel: to.clone(), page: self.page(query) },
        };
        self.ask(question, Some(to), re);
    }

    fn page(&self, query: PresenceQuery) -> Page {
        let PresenceQuery { count, after, limit, .. } = query;
        let max = self.worker.node.settings().presence_page_max;
        Page { count_only: count, after, limit: limit.map_or(max, |limit| (limit as usize).clamp(1, max)) }
    }

    pub(super) fn history(&mut self, history: &History, to: Option<&Address>, re: Option<&str>) {
        let Some(to) = self.allowed(Capability::Read, to, re) else { return };
        let held = || HeldAction::History { history: history.clone(), to: to.clone(), re: re.map(Box::from) };
        match self.consult(|| HookQuestion::Join(to.clone()), held) {
            Some(Ok(())) => self.history_allowed(history, to, re),
            Some(Err(refusal)) => self.pass_on(&refusal, Some(&to), re),
            None => {} // continues when the application has answered
        }
    }

    pub(super) fn history_allowed(&mut self, history: &History, to: Address, re: Option<&str>) {
        if history.id.is_some() || history.from.is_some() {
            return self.publication(history, to, re);
        }
        let max = self.worker.node.settings().history_max;
        let limit = history.limit.map_or(max, |limit| (limit as usize).clamp(1, max));
        let from = match (history.before, history.after) {
            (None, None) => PageStart::Newest,
            (Some(before), None) => PageStart::Before(before),
            (None, Some(after)) => PageStart::After(after),
            (Some(_), Some(_)) => {
                let message = "`before` and `after` cannot be combined";
                return self.refuse_at(ErrorCode::BadPayload, message, Some(&to), re);
            }
        };
        let question = logs::Question::History { stream: to.clone(), from, limit, top: history.top };
        self.ask(question, Some(to), re);
    }

    fn publication(&mut self, history: &History, to: Address, re: Option<&str>) {
        let Some(identity) = self.credentials.identity() else { return };
        match history {
            History { id: Some(id), from, before: None, after: None, limit: None, .. } => {
                let named = Named { id: id.clone(), from: from.clone(), reader: identity.user.clone() };
                self.ask(logs::Question::Publication { stream: to.clone(), named }, Some(to), re);
            }
            _ => {
                let message = "`id` and `from` cannot be combined with `before`, `after` or `limit`";
                self.refuse_at(ErrorCode::BadPayload, message, Some(&to), re);
            }
        }
    }

    pub(super) fn ask(&mut self, question: logs::Question, to: Option<Address>, re: Option<&str>) {
        let payer = self.credentials.identity().map(|identity| {
            // a question about several users costs as much as one about one user
            let about = to.clone().unwrap_or_else(|| Address::User(identity.user.clone()));
            Payer::of(&identity.user, identity.orgs.keys(), &about, self.handle.network)
        });
        let asker = Asker::Session { pending: Pending::new(self.accept(), re), to };
        if let Err(ask) = mail::offer(self.worker.node.log_reader(), Ask { question, payer, asker }) {
            ask.asker.give(Err(Refusal::overloaded()));
        }
    }

    pub(super) fn cursor(&mut self, cursor: Cursor, re: Option<&str>) {
        let Some(identity) = self.credentials.identity().cloned() else { return };
        let Some(device) = identity.device.clone() else {
            return self.refuse(ErrorCode::BadAction, "cursors belong to a device; give `device` when connecting", re);
        };
        for stream in cursor.positions.keys() {
            if let Err(denial) = may(&identity, &self.worker.node.rules().policy, Capability::Read, stream) {
                return self.refuse_at(denial.code(), denial.reason(), Some(stream), re);
            }
        }
        let answer = self.answer(re);
        let positions = cursor.positions.into_iter().collect();
        let put = PutCursors { user: identity.user.clone(), device, positions, answer };
        if let Err(put) = mail::offer(self.worker.node.presence(), put) {
            put.answer.give(Err(Refusal::overloaded()));
        }
    }

    /// The address of an action, if it has one and the action is allowed there; otherwise the client has been answered.
    pub(super) fn allowed(
        &mut self,
        capability: Capability,
        to: Option<&Address>,
        re: Option<&str>,
    ) -> Option<Address> {
        let Some(to) = to else {
            self.refuse(ErrorCode::MissingAddress, "`to` is missing: this action needs an address", re);
            return None;
        };
        let identity = self.credentials.identity()?;
        match may(identity, &self.worker.node.rules().policy, capability, to) {
            Ok(()) => Some(to.clone()),
            Err(denial) => {
                self.refuse_at(denial.code(), denial.reason(), Some(to), re);
                None
            }
        }
    }
}
