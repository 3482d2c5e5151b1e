//! An action that waits for its answer, in the hands of whoever answers it.

use super::{messages, Permit};
use crate::bridge::messages::Found;
use crate::mail;
use crate::node::Refusal;
use hubwire_protocol::control::Ack;
use hubwire_protocol::{Address, ErrorCode, Position};

/// An action of a session that is answered once: by one of its methods, or when it is dropped, as `internal`. Its permit
/// goes along with the answer and comes back when the session has told its client.
///
/// The mailbox of the session has room for the answer to every permit there is.
pub struct Pending {
    permit: Option<Permit>,
    re: Option<Box<str>>,
}

impl Pending {
    pub(super) fn new(permit: Permit, re: Option<&str>) -> Self {
        Pending { permit: Some(permit), re: re.map(Box::from) }
    }

    /// Tells what became of the action. One without an id is told of a failure only.
    pub fn done(mut self, outcome: Result<Ack, Refusal>) {
        let Some(permit) = self.permit.take() else { return };
        let re = self.re.take();
        if re.is_some() || outcome.is_err() {
            let session = permit.session();
            mail::insist(&session, messages::Done { permit, re, outcome });
        }
    }

    /// Tells the answer to a question about `to`.
    pub fn found(mut self, to: Address, found: Result<Found, Refusal>) {
        let Some(permit) = self.permit.take() else { return };
        let session = permit.session();
        mail::insist(&session, messages::Answered { permit, re: self.re.take(), to, found });
    }

    /// Tells how far the session's device has come.
    pub fn cursors(mut self, cursors: Result<Vec<(Address, Position)>, Refusal>) {
        let Some(permit) = self.permit.take() else { return };
        let session = permit.session();
        mail::insist(&session, messages::CursorsFound { permit, re: self.re.take(), cursors });
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            let message = "the node lost this action, which may have been done".into();
            let outcome = Err(Refusal { code: ErrorCode::Internal, message });
            let session = permit.session();
            mail::insist(&session, messages::Done { permit, re: self.re.take(), outcome });
        }
    }
}
