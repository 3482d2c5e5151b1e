//! Ephemeral actions to a user or a session.

use super::selecting::{looks_for_one, selected};
use super::Presence;
use crate::apart;
use crate::backend::{BackendError, DirectoryEntry};
use crate::context::Context;
use crate::words::action_class::ActionClass;
use crate::words::answer::Answer;
use crate::words::outcome::Refusal;
use crate::words::presence::DirectEphemeral;
use bytes::Bytes;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::event::Ack;
use hubwire_protocol::{Address, Incarnation, SessionId};

impl Presence {
    pub(super) fn direct_ephemeral(&mut self, message: DirectEphemeral, ctx: &mut Context<Self>) {
        let DirectEphemeral { to, envelope, within, payer, answer } = message;
        if !self.core.holds_lease() {
            return answer.give(Err(Refusal::no_lease()));
        }
        if let Err(refusal) = self.core.spend(payer.as_ref(), ActionClass::Direct, 0) {
            return answer.give(Err(refusal));
        }
        let user = match &to {
            Address::User(user) => user.clone(),
            Address::Session(session) => {
                let (sessions, nodes) = self.owners(std::iter::once(*session), None);
                return self.send_ephemeral(&to, &envelope, sessions, &nodes, answer);
            }
            _ => return, // the bridge handles other addresses
        };
        let backend = self.core.backend.clone();
        let sessions = Box::pin(async move {
            if let Some(within) = within {
                if !backend.reaches(user.clone(), within).await? {
                    return Err(BackendError::OutOfReach);
                }
            }
            backend.sessions(user).await
        });
        apart::wait(ctx.shared_address(), sessions, move |sessions, presence: &mut Presence, ctx| match sessions {
            Ok(entries) => presence.route_ephemeral(to, envelope, entries, answer, ctx),
            Err(error) => answer.give(Err(Refusal::from(error))),
        });
    }

    fn route_ephemeral(
        &mut self,
        to: Address,
        envelope: Bytes,
        entries: Vec<DirectoryEntry>,
        answer: Answer,
        ctx: &mut Context<Self>,
    ) {
        let sessions = entries.iter().map(|entry| entry.session);
        let (sessions, nodes) = self.owners(sessions, None);
        match &to {
            Address::User(user) if looks_for_one(&envelope) => {
                let user = user.clone();
                let then =
                    Box::new(move |presence: &mut Presence, latest: Option<SessionId>, _: &mut Context<Self>| {
                        let envelope = latest.map_or_else(|| envelope.clone(), |latest| selected(&envelope, latest).0);
                        presence.send_ephemeral(&to, &envelope, sessions, &nodes, answer);
                    });
                self.find_latest(&user, &entries, then, ctx);
            }
            _ => self.send_ephemeral(&to, &envelope, sessions, &nodes, answer),
        }
    }

    fn send_ephemeral(&self, to: &Address, envelope: &Bytes, sessions: usize, nodes: &[Incarnation], answer: Answer) {
        let address = to.to_string();
        self.send(nodes, ClusterMessage::Ephemeral { address: &address, envelope }.encode().into());
        answer.give(Ok(Ack { sessions: Some(sessions), nodes: Some(nodes.len()), ..Ack::default() }));
    }
}
