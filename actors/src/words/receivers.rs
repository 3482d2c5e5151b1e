//! The members of a feed that receive a publication.

use hubwire_protocol::cluster::{Envelope, CAME};
use hubwire_protocol::{Address, DeviceClass, Dialect, Selected, SessionId, UserId};
use std::sync::Arc;

/// The receivers; see the module. Nearly always everybody, or everybody but the sending session.
#[derive(Debug, Clone, Default)]
pub struct Receivers {
    /// The sending session, if it gets no copy.
    origin: Option<SessionId>,
    /// It was sent to the very user whose stream this is: the copy is one if the session's protocol has such.
    returns: bool,
    narrowed: Option<Arc<Narrowed>>,
}

#[derive(Debug)]
struct Narrowed {
    /// Users that do not receive it.
    except: Vec<Box<str>>,
    select: Selection,
}

#[derive(Debug)]
enum Selection {
    All,
    Class(DeviceClass),
    Only(SessionId),
    Not(SessionId),
}

/// Properties of a stream's address, so that the path of a publication does not have to access the address itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// Whether it is the stream of a user.
    pub of_user: bool,
    /// Whether some member may speak a dialect whose clients get their own publications in the stream of their user.
    pub returns_own: bool,
}

impl Known {
    /// The properties of an address.
    pub fn of(stream: &Address) -> Self {
        Known { of_user: matches!(stream, Address::User(_)), returns_own: true }
    }
}

impl Receivers {
    /// Receivers of the live delivery of a publication.
    pub(crate) fn told(envelope: &Envelope<'_>, stream: &Address, known: Known) -> Self {
        Receivers::of(envelope, stream, true, known)
    }

    /// Receivers from the log: it keeps a message with a selection for all sessions of its user, so that nothing is
    /// lost with one session.
    pub(crate) fn reading(envelope: &Envelope<'_>, stream: &Address) -> Self {
        Receivers::of(envelope, stream, false, Known::of(stream))
    }

    /// Receivers of an action that is in no log. The sending session gets no copy.
    pub(crate) fn ephemeral(envelope: &Envelope<'_>, address: &Address) -> Self {
        // a session that joined receives its own announcement, like the others
        let origin = envelope.session.filter(|_| envelope.kind != CAME);
        Receivers { origin, ..Receivers::of(envelope, address, true, Known::of(address)) }
    }

    fn of(envelope: &Envelope<'_>, stream: &Address, selects: bool, known: Known) -> Self {
        let Known { of_user, returns_own } = known;
        let origin = envelope.session.filter(|_| of_user);
        let returns = returns_own && origin.is_some() && stream.is_text(envelope.to);
        let Some(wanted) = &envelope.narrowed else { return Receivers { origin, returns, narrowed: None } };
        // the copy in the sender's own stream is for all its sessions
        let select = match wanted.select {
            _ if !selects || !of_user || !stream.is_text(envelope.to) => Selection::All,
            Selected::Class(class) => class.parse().map_or(Selection::All, Selection::Class),
            Selected::Only(session) => Selection::Only(session),
            Selected::Not(session) => Selection::Not(session),
            // the session was not looked up: all sessions are better than none
            Selected::All | Selected::One | Selected::Others => Selection::All,
        };
        let except = if of_user { Vec::new() } else { wanted.except.iter().map(|user| Box::from(*user)).collect() };
        Receivers { origin, returns, narrowed: Some(Arc::new(Narrowed { except, select })) }
    }

    /// Whether all members receive it, so that it may share a write with others.
    pub(crate) fn are_all(&self) -> bool {
        self.origin.is_none() && self.narrowed.is_none()
    }

    /// Whether a session that speaks a dialect receives it.
    pub(crate) fn hold(
        &self,
        (session, dialect): (SessionId, Dialect),
        user: Option<&UserId>,
        class: Option<&DeviceClass>,
    ) -> bool {
        if self.origin == Some(session) && !(self.returns && dialect.returns_own()) {
            return false;
        }
        let Some(narrowed) = &self.narrowed else { return true };
        let is_left_out = user.is_some_and(|user| narrowed.except.iter().any(|left_out| **left_out == *user.as_str()));
        !is_left_out
            && match &narrowed.select {
                Selection::All => true,
                Selection::Class(wanted) => class == Some(wanted),
                Selection::Only(only) => *only == session,
                Selection::Not(not) => *not != session,
            }
    }
}

/// Whether a publication excludes a user.
pub(crate) fn leaves_out(envelope: &Envelope<'_>, user: &UserId) -> bool {
    envelope.narrowed.as_ref().is_some_and(|narrowed| narrowed.except.contains(&user.as_str()))
}
