//! Contacts: acts of one user towards another, and their notifications.
//!
//! A relation is stored with both users, who may be on different servers of the broker, so an act is carried out first
//! on the side of the acting user and then on the other. A crash in between leaves an invitation that did not arrive,
//! or a contact that only one of them still has; repeating the act completes it.

use super::Presence;
use crate::apart;
use crate::backend::{Backend, BackendError, ChangeRelation, DirectoryEntry, RelationChanged};
use crate::context::Context;
use crate::words::action_class::ActionClass;
use crate::words::outcome::Refusal;
use crate::words::people::ChangeContact;
use crate::words::relation::{Relation, Transitions};
use hubwire_protocol::cluster::{ClusterMessage, Envelope, CONTACT};
use hubwire_protocol::event::Ack;
use hubwire_protocol::people::{ContactAct, Person};
use hubwire_protocol::{Address, ErrorCode, UserId};
use std::rc::Rc;

/// A user whose relation to another one changed.
struct ChangedRelation {
    user: UserId,
    other: UserId,
    relation: Relation,
    sessions: Vec<DirectoryEntry>,
}

/// An act, and the parts of the node that it needs.
struct ContactStep {
    backend: Rc<dyn Backend>,
    people_max: usize,
    user: UserId,
    other: UserId,
    act: ContactAct,
}

impl Presence {
    pub(super) fn change_contact(&mut self, message: ChangeContact, ctx: &mut Context<Self>) {
        let ChangeContact { user, other, act, payer, answer } = message;
        if !self.core.holds_lease() {
            return answer.give(Err(Refusal::no_lease()));
        }
        if let Err(refusal) = self.core.spend(Some(&payer), ActionClass::Direct, 0) {
            return answer.give(Err(refusal));
        }
        let people_max = self.core.settings.people_max;
        let step = ContactStep { backend: self.core.backend.clone(), people_max, user, other, act };
        apart::wait(ctx.shared_address(), step.take(), move |outcome, presence: &mut Presence, _| {
            let outcome = outcome.map(|told| {
                told.iter().for_each(|one| presence.tell_contact(one));
                Ack::default()
            });
            answer.give(outcome);
        });
    }

    /// Notifies a user; one that is offline finds the relation in the list.
    fn tell_contact(&self, told: &ChangedRelation) {
        let person = Person { user: &told.other, state: told.relation.state(), profile: None };
        // an id and a word: serialization cannot fail
        let payload = serde_json::to_string(&person).unwrap_or_default();
        self.tell_sessions(&told.user, CONTACT, &payload, &told.sessions);
    }

    /// Sends an ephemeral action to all sessions of one user.
    pub(super) fn tell_sessions(&self, user: &UserId, kind: &str, payload: &str, sessions: &[DirectoryEntry]) {
        let (_, nodes) = self.owners(sessions.iter().map(|entry| entry.session), None);
        let address = Address::User(user.clone()).to_string();
        let envelope = Envelope {
            to: &address,
            from: None,
            session: None,
            id: None,
            ts: self.core.environment.unix_ms(),
            kind,
            payload: Some(payload),
            error: None,
            narrowed: None,
            meta: None,
        };
        let envelope = envelope.encode();
        self.send(&nodes, ClusterMessage::Ephemeral { address: &address, envelope: &envelope }.encode().into());
    }
}

impl ContactStep {
    /// Carries out the act. Returns the notifications.
    async fn take(self) -> Result<Vec<ChangedRelation>, Refusal> {
        let (user, other, act) = (&self.user, &self.other, self.act);
        let own = self.change(user, other, Transitions::own(act), self.people_max).await?;
        let (former, mut latter) = match own {
            RelationChanged::Changed(former, latter) => (former, latter),
            RelationChanged::Refused(relation) => return Err(refused(act, relation)),
            RelationChanged::Full => return Err(self.full()),
        };
        let mut told = Vec::new();
        if let Some(transitions) = Transitions::other(act) {
            // the other half of its room is reserved for the user's own invitations
            let changed = self.change(other, user, transitions, self.people_max / 2).await?;
            // the look-up is made whether or not anything changed, so that timing does not reveal a block
            let sessions = self.backend.sessions(other.clone()).await?;
            if let RelationChanged::Changed(before, after) = changed {
                told.extend(hears(other, user, (before, after), sessions));
                if after.wants() && !latter.is_contact() && latter.wants() {
                    // the other user had invited this one, which had not received that yet
                    latter = self.take_invitation().await?.unwrap_or(latter);
                }
            }
        }
        if former.state() != latter.state() {
            let sessions = self.backend.sessions(user.clone()).await?;
            told.extend(hears(user, other, (former, latter), sessions));
        }
        Ok(told)
    }

    async fn take_invitation(&self) -> Result<Option<Relation>, BackendError> {
        let Some(transitions) = Transitions::other(ContactAct::Invite) else { return Ok(None) };
        match self.change(&self.user, &self.other, transitions, self.people_max).await? {
            RelationChanged::Changed(_, latter) => Ok(Some(latter)),
            RelationChanged::Refused(_) | RelationChanged::Full => Ok(None),
        }
    }

    async fn change(
        &self,
        user: &UserId,
        other: &UserId,
        transitions: Transitions,
        people_max: usize,
    ) -> Result<RelationChanged, BackendError> {
        let change = ChangeRelation { user: user.clone(), other: other.clone(), transitions, people_max };
        self.backend.change_relation(change).await
    }

    fn full(&self) -> Refusal {
        let message = format!("a user has at most {} people (people.people_max); remove some", self.people_max);
        Refusal::new(ErrorCode::TooMany, message)
    }
}

/// The notification of a user whose relation changed.
fn hears(
    user: &UserId,
    other: &UserId,
    (before, relation): (Relation, Relation),
    sessions: Vec<DirectoryEntry>,
) -> Option<ChangedRelation> {
    let differs = before.state() != relation.state();
    differs.then(|| ChangedRelation { user: user.clone(), other: other.clone(), relation, sessions })
}

fn refused(act: ContactAct, relation: Relation) -> Refusal {
    match (act, relation.blocks()) {
        (_, true) => Refusal::new(ErrorCode::Forbidden, "you block that user; unblock it first"),
        _ => Refusal::new(ErrorCode::NotFound, "that user has not invited you"),
    }
}
