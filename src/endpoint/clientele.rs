//! What differs between paths whose sockets become sessions: the protocol of their clients, and how they begin.

use super::not_admitted::NotAdmitted;
use crate::auth::credentials;
use crate::ws::UpgradeRequest;
use bytes::Bytes;
use hubwire_protocol::{CloseCode, Dialect, ErrorCode};

/// A dialect, and the subprotocol agreed on if any was offered.
pub(super) type Agreed = (Dialect, Option<String>);

/// The clients of a path.
#[derive(Clone)]
pub struct Clientele {
    /// The protocol of the client that sent a request.
    pub(super) agree: fn(&UpgradeRequest<'_>) -> Result<Agreed, NotAdmitted>,
    /// The parameter of the query that holds a ticket.
    pub(super) ticket: &'static str,
    /// Whether `?hold=true` and `?ping=text` mean something to them.
    pub(super) has_options: bool,
    /// A message that the session reads before those of a client that its request authenticates.
    pub(super) first: Option<Bytes>,
}

impl Clientele {
    /// hubwire's own.
    pub(super) fn own() -> Self {
        Clientele { agree: own, ticket: credentials::TICKET, has_options: true, first: None }
    }

    /// Clients in rooms, which show a one-time password. `entrance` brings them into the first room.
    pub fn in_rooms(entrance: Option<Bytes>) -> Self {
        Clientele { agree: in_rooms, ticket: "otp", has_options: false, first: entrance }
    }
}

/// The dialect of the first subprotocol of ours; the default one when none is offered.
fn own(request: &UpgradeRequest<'_>) -> Result<Agreed, NotAdmitted> {
    let mut offered = request.offered().iter().filter(|name| !name.starts_with(credentials::BEARER_SUBPROTOCOL));
    let ours = offered.clone().find_map(|name| Some((Dialect::of_subprotocol(name)?, Some(name.clone()))));
    match (ours, offered.next()) {
        (Some(ours), _) => Ok(ours),
        (None, None) => Ok((Dialect::default(), None)),
        (None, Some(_)) => Err(NotAdmitted::new(CloseCode::Subprotocol, ErrorCode::BadSyntax, offer_one_of_ours())),
    }
}

fn offer_one_of_ours() -> String {
    let ours: Vec<&str> = Dialect::own().map(Dialect::subprotocol).collect();
    format!("offer the subprotocol {}", ours.join(" or "))
}

/// The one dialect of rooms, whatever the client offers.
fn in_rooms(request: &UpgradeRequest<'_>) -> Result<Agreed, NotAdmitted> {
    let dialect = Dialect::of_rooms();
    let offered = request.offered().iter().find(|name| *name == dialect.subprotocol());
    Ok((dialect, offered.cloned()))
}
