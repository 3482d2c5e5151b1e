//! The people of the session's user: contacts, invitations, blocks, conversations.

use super::Session;
use crate::mail;
use crate::words::log_reader::Question;
use crate::words::outcome::Refusal;
use crate::words::payer::Payer;
use crate::words::people::{ChangeContact, MarkRead};
use hubwire_protocol::people::{Contact, PeopleQuery};
use hubwire_protocol::request::{ConversationQuery, ReadUpTo};
use hubwire_protocol::{Address, ErrorCode};

/// People per page.
const PAGE_MAX: usize = 200;
/// Conversations that are listed by default.
const CONVERSATIONS: usize = 15;
/// Conversations that are listed at most.
const CONVERSATIONS_MAX: usize = 100;

impl Session {
    /// Changes the relation to another user. The node does not check whether that user exists, so an invitation does
    /// not reveal it.
    pub(super) fn contact(&mut self, contact: Contact, re: Option<&str>) {
        let Some(identity) = self.credentials.identity().cloned().filter(|_| self.has_people(re)) else { return };
        if contact.user == identity.user {
            return self.refuse(ErrorCode::BadPayload, "`user`: a user cannot be its own contact", re);
        }
        let to = Address::User(contact.user.clone());
        let payer = Payer::of(&identity.user, identity.orgs.keys(), &to, self.handle.network);
        let answer = self.answer(re);
        let Contact { user: other, act } = contact;
        let change = ChangeContact { user: identity.user.clone(), other, act, payer, answer };
        if let Err(change) = mail::offer(self.worker.node.presence(), change) {
            change.answer.give(Err(Refusal::overloaded()));
        }
    }

    /// Lists the people.
    pub(super) fn people(&mut self, mut query: PeopleQuery, re: Option<&str>) {
        let Some(identity) = self.credentials.identity().cloned().filter(|_| self.has_people(re)) else { return };
        let limit = query.limit.map_or(PAGE_MAX, |limit| (limit as usize).clamp(1, PAGE_MAX));
        query.limit = Some(limit as u32);
        self.ask(Question::People { user: identity.user.clone(), query }, None, re);
    }

    /// Lists the latest conversations.
    pub(super) fn conversations(&mut self, query: &ConversationQuery, re: Option<&str>) {
        let Some(identity) = self.credentials.identity().cloned().filter(|_| self.has_people(re)) else { return };
        let limit = query.limit.map_or(CONVERSATIONS, |limit| (limit as usize).clamp(1, CONVERSATIONS_MAX));
        self.ask(Question::Conversations { user: identity.user.clone(), limit }, None, re);
    }

    /// Marks a conversation as read up to a position.
    pub(super) fn read(&mut self, read: ReadUpTo, re: Option<&str>) {
        let Some(identity) = self.credentials.identity().cloned().filter(|_| self.has_people(re)) else { return };
        let user = identity.user.clone();
        let payer = Payer::of(&user, identity.orgs.keys(), &Address::User(user.clone()), self.handle.network);
        let mark = MarkRead { user, read, payer, answer: self.answer(re) };
        if let Err(mark) = mail::offer(self.worker.node.presence(), mark) {
            mark.answer.give(Err(Refusal::overloaded()));
        }
    }

    fn has_people(&self, re: Option<&str>) -> bool {
        let has = self.worker.node.settings().reaches.people;
        if !has {
            self.refuse(ErrorCode::NotFound, "contacts are disabled on this node (people.enabled)", re);
        }
        has
    }
}
