//! The receiver of an outcome.

use super::member::Permit;
use super::outcome::{Found, Refusal};
use super::rpc::RpcOutcome;
use super::session::{Answered, CursorsFound, Done, JoinPrepared, Replied};
use crate::mail;
use crate::observer::{Accepted, Observer, Sighting};
use crate::trace::Publishing;
use bytes::Bytes;
use hubwire_protocol::event::Ack;
use hubwire_protocol::request::Positions;
use hubwire_protocol::{Address, ErrorCode, Position};
use tokio::sync::oneshot;

/// The receiver of the outcome of a publication.
pub enum Answer {
    /// A session.
    Session(Pending),
    /// The server API.
    Api(oneshot::Sender<Result<Ack, Refusal>>),
    /// One of these, while an operator watches.
    Observed(Box<Observed>),
    /// One of these, for a publication whose sender records a trace.
    Traced(Box<Traced>),
    /// A session that may not know whether its message reached anybody.
    Discreet(Box<Pending>),
}

/// See [`Answer::watched`].
pub struct Observed {
    answer: Answer,
    envelope: Bytes,
    observer: Observer,
}

/// See [`Answer::traced`].
pub struct Traced {
    answer: Answer,
    publishing: Publishing,
}

impl Answer {
    /// The same receiver; while an operator watches, the observer sees the publication and its outcome, too.
    pub fn watched(self, observer: &Observer, envelope: &Bytes) -> Self {
        match observer.watches() {
            false => self,
            true => {
                let (envelope, observer) = (envelope.clone(), observer.clone());
                Answer::Observed(Box::new(Observed { answer: self, envelope, observer }))
            }
        }
    }

    /// The same receiver; the steps of a traced publication are recorded, too.
    pub fn traced(self, publishing: Option<Box<Publishing>>) -> Self {
        match publishing {
            None => self,
            Some(publishing) => Answer::Traced(Box::new(Traced { answer: self, publishing: *publishing })),
        }
    }

    /// A session's answer without the numbers of sessions and nodes that the message reached, if `hides`.
    pub fn discreet(self, hides: bool) -> Self {
        match self {
            Answer::Session(pending) if hides => Answer::Discreet(Box::new(pending)),
            answer => answer,
        }
    }

    /// The call to the broker starts.
    pub(crate) fn storing(&mut self) {
        if let Answer::Traced(traced) = self {
            traced.publishing.storing();
        }
    }

    /// The broker has answered.
    pub(crate) fn stored(&mut self) {
        if let Answer::Traced(traced) = self {
            traced.publishing.stored();
        }
    }

    /// Passes the outcome on.
    pub fn give(self, outcome: Result<Ack, Refusal>) {
        match self {
            Answer::Observed(watched) => {
                let Observed { answer, envelope, observer } = *watched;
                if let Ok(ack) = &outcome {
                    observer.see(Sighting::Accepted(Box::new(Accepted { envelope, ack: *ack })));
                }
                answer.give(outcome);
            }
            Answer::Traced(traced) => {
                traced.publishing.answered(&outcome);
                traced.answer.give(outcome);
            }
            Answer::Session(pending) => pending.done(outcome),
            Answer::Discreet(pending) => {
                pending.done(outcome.map(|ack| Ack { sessions: None, nodes: None, ..ack }));
            }
            Answer::Api(answer) => drop(answer.send(outcome)), // a caller that went away needs none
        }
    }
}

/// The receiver of an answer.
pub enum Asker {
    /// A session.
    Session {
        /// Its action.
        pending: Pending,
        /// The address of the question.
        to: Option<Address>,
    },
    /// A join of a session that waits for the channel's past.
    Join {
        /// Its permit.
        pending: Pending,
        /// The channel.
        channel: Address,
    },
    /// The server API.
    Api(oneshot::Sender<Result<Found, Refusal>>),
}

impl Asker {
    /// Passes the answer on.
    pub fn give(self, found: Result<Found, Refusal>) {
        match self {
            Asker::Session { pending, to } => pending.found(to, found),
            Asker::Join { pending, channel } => pending.prepared(channel, found),
            Asker::Api(answer) => drop(answer.send(found)), // a caller that went away wants none
        }
    }
}

/// An action of a session that is answered once: by one of its methods, or with `internal` when it is dropped. Its
/// permit travels with the answer and is returned when the session has answered its client.
///
/// The mailbox of the session has room for the answer to every permit.
pub struct Pending {
    permit: Option<Permit>,
    re: Option<Box<str>>,
}

impl Pending {
    pub(crate) fn new(permit: Permit, re: Option<&str>) -> Self {
        Pending { permit: Some(permit), re: re.map(Box::from) }
    }

    /// Answers the action. An action without an id gets an answer only if it failed.
    pub fn done(mut self, outcome: Result<Ack, Refusal>) {
        let Some(permit) = self.permit.take() else { return };
        let re = self.re.take();
        if re.is_some() || outcome.is_err() {
            let session = permit.session();
            mail::insist(&session, Done { permit, re, outcome });
        }
    }

    /// Passes on the answer to a question, with its address.
    pub fn found(mut self, to: Option<Address>, found: Result<Found, Refusal>) {
        let Some(permit) = self.permit.take() else { return };
        let session = permit.session();
        mail::insist(&session, Answered { permit, re: self.re.take(), to, found });
    }

    /// Passes on the past of a channel for a join.
    pub fn prepared(mut self, channel: Address, found: Result<Found, Refusal>) {
        let Some(permit) = self.permit.take() else { return };
        let session = permit.session();
        mail::insist(&session, JoinPrepared { permit, channel, found });
    }

    /// Passes on the cursors of the session's device, with what it resumes.
    pub fn cursors(mut self, positions: Positions, cursors: Result<Vec<(Address, Position)>, Refusal>) {
        let Some(permit) = self.permit.take() else { return };
        let session = permit.session();
        mail::insist(&session, CursorsFound { permit, re: self.re.take(), positions, cursors });
    }

    /// Passes on the outcome of an rpc.
    pub fn replied(mut self, outcome: Result<RpcOutcome, Refusal>) {
        let Some(permit) = self.permit.take() else { return };
        let session = permit.session();
        mail::insist(&session, Replied { permit, re: self.re.take(), outcome });
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            let message = "the node lost this action, which may have been done";
            let outcome = Err(Refusal::new(ErrorCode::Internal, message));
            let session = permit.session();
            mail::insist(&session, Done { permit, re: self.re.take(), outcome });
        }
    }
}
