//! The differences between paths of sockets: the protocol of their clients, and how they begin.

use super::not_admitted::NotAdmitted;
use crate::auth::credentials;
use crate::ws::UpgradeRequest;
use bytes::Bytes;
use hubwire_protocol::{CloseCode, Dialect, ErrorCode};

/// A dialect, and the selected subprotocol if any was offered.
pub(super) type Agreed = (Dialect, Option<String>);

/// The clients of a path.
#[derive(Clone)]
pub struct Clientele {
    /// The protocol of the client of a request.
    pub(super) agree: fn(&UpgradeRequest<'_>) -> Result<Agreed, NotAdmitted>,
    /// The query parameter with a ticket.
    pub(super) ticket: &'static str,
    /// Whether `?hold=true` and `?ping=text` are supported.
    pub(super) has_options: bool,
    /// A message that the session reads first, if the request authenticates the client.
    pub(super) first: Option<Bytes>,
}

impl Clientele {
    /// hubwire's own.
    pub(super) fn own() -> Self {
        Clientele { agree: own, ticket: credentials::TICKET, has_options: true, first: None }
    }

    /// Clients of rooms and events, with a one-time password. `entrance` moves them to the first room.
    pub fn in_rooms(entrance: Option<Bytes>) -> Self {
        Clientele { agree: in_rooms, ticket: "otp", has_options: false, first: entrance }
    }
}

/// The dialect of the first subprotocol that this node knows; the default one when none is offered.
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

/// The dialect of rooms, whatever the client offers.
fn in_rooms(request: &UpgradeRequest<'_>) -> Result<Agreed, NotAdmitted> {
    let dialect = Dialect::of_rooms();
    let offered = request.offered().iter().find(|name| *name == dialect.subprotocol());
    Ok((dialect, offered.cloned()))
}
