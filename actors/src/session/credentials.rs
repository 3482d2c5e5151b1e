//! The identity of a session's client, and the expiry of its credentials.

use crate::identity::Identity;
use actix::SpawnHandle;
use hubwire_protocol::UserId;
use std::rc::Rc;

/// The credentials of a session; none until its client is authenticated.
#[derive(Default)]
pub(super) struct Credentials {
    identity: Option<Rc<Identity>>,
    /// The timer that ends the session, or some of its rights, at their expiry.
    expiry: Option<SpawnHandle>,
}

impl Credentials {
    /// The credentials of the upgrade request, if it had any.
    pub fn of(identity: Option<Identity>) -> Self {
        Credentials { identity: identity.map(Identity::kept), expiry: None }
    }

    /// The identity.
    pub fn identity(&self) -> Option<&Rc<Identity>> {
        self.identity.as_ref()
    }

    /// The user.
    pub fn user(&self) -> Option<&UserId> {
        self.identity.as_deref().map(|identity| &identity.user)
    }

    /// Replaces the credentials.
    pub fn replace(&mut self, identity: Rc<Identity>) {
        self.identity = Some(identity);
    }

    /// Sets the timer for the expiry; returns the previous one.
    pub fn set_expiry(&mut self, timer: Option<SpawnHandle>) -> Option<SpawnHandle> {
        std::mem::replace(&mut self.expiry, timer)
    }
}
