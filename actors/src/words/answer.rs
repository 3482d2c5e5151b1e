//! Whom an outcome is told.

use super::member::SessionHandle;
use super::outcome::{Found, Refusal};
use super::session::{Answered, Done, RoomAgain};
use crate::mail;
use hubwire_protocol::control::Ack;
use hubwire_protocol::Address;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Whom the outcome of a publication is told.
pub enum Answer {
    /// A session; `re` is its action's id.
    Session {
        /// Whom.
        session: Arc<SessionHandle>,
        /// The action's id; without one the client is told of a failure only.
        re: Option<Box<str>>,
    },
    /// The server API.
    Api(oneshot::Sender<Result<Ack, Refusal>>),
}

impl Answer {
    /// Tells the outcome.
    pub fn give(self, outcome: Result<Ack, Refusal>) {
        match self {
            Answer::Session { session, re: None } if outcome.is_ok() => {
                if session.in_flight.end() {
                    mail::insist(&session, RoomAgain);
                }
            }
            // fits: a session has fewer actions in flight than its mailbox holds; one that is over needs no answer
            Answer::Session { session, re } => drop(mail::tell(&session, Done { re, outcome })),
            Answer::Api(answer) => drop(answer.send(outcome)), // a caller that went away needs none
        }
    }
}

/// Whom an answer is told.
pub enum Asker {
    /// A session; `re` is its action's id.
    Session {
        /// Whom.
        session: Arc<SessionHandle>,
        /// The action's id.
        re: Option<Box<str>>,
        /// What the question was about.
        to: Address,
    },
    /// The server API.
    Api(oneshot::Sender<Result<Found, Refusal>>),
}

impl Asker {
    /// Tells the answer.
    pub fn give(self, found: Result<Found, Refusal>) {
        match self {
            // a session that ended wants no answer; a full mailbox is over its bound of actions in flight
            Asker::Session { session, re, to } => drop(mail::tell(&session, Answered { re, to, found })),
            Asker::Api(answer) => drop(answer.send(found)), // a caller that went away wants none
        }
    }
}
