//! The people on the start page: two organisations, different roles, one guest.

use crate::auth::dev::{self, DevError};
use hubwire_actors::identity::Identity;

/// A person of the demo.
pub struct Person {
    /// The user's id.
    pub user: &'static str,
    /// The name.
    pub name: &'static str,
    /// Memberships, in the form of `?orgs=`.
    orgs: &'static str,
}

/// The six.
pub const PEOPLE: &[Person] = &[
    Person { user: "ada", name: "Ada", orgs: "acme:admin/ops+sales,beta" },
    Person { user: "zoe", name: "Zoe", orgs: "acme:agent/sales" },
    Person { user: "ben", name: "Ben", orgs: "acme:agent/sales" },
    Person { user: "chen", name: "Chen", orgs: "acme:agent/ops" },
    Person { user: "gus", name: "Gus", orgs: "acme:guest" },
    Person { user: "mia", name: "Mia", orgs: "beta:admin/desk" },
];

/// The memberships of any other user.
const NEWCOMER_ORGS: &str = "acme:agent/sales";

impl Person {
    /// The identity of the person.
    pub fn identity(&self) -> Result<Identity, DevError> {
        dev::identity(self.user, self.orgs)
    }
}

/// The identity of a user: one of the six, or a newcomer.
pub fn identity(user: &str) -> Result<Identity, DevError> {
    match PEOPLE.iter().find(|person| person.user == user) {
        Some(person) => person.identity(),
        None => dev::identity(user, NEWCOMER_ORGS),
    }
}
