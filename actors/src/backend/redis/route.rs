//! Routes: entries of an incarnation's index. Each is a place in the directory or in a channel where the incarnation
//! has an entry.

use super::super::{Member, Placement};
use hubwire_protocol::{Address, Incarnation, SessionId, UserId};

/// Denotes the directory, in a list that otherwise has channels.
const DIRECTORY: &str = "s";

/// One place with an entry of a session. The index is a hash: its field is the session and its user, its value all
/// places of the session, each after a space, which no address contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EntryRoute {
    /// A session in the directory.
    Session { user: UserId, session: SessionId },
    /// A session in a channel.
    Membership { channel: Address, user: UserId, session: SessionId },
}

/// A route as stored in the index, even if it cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Indexed {
    pub field: Vec<u8>,
    pub place: String,
}

impl EntryRoute {
    pub(super) fn session(&self) -> SessionId {
        match self {
            EntryRoute::Session { session, .. } | EntryRoute::Membership { session, .. } => *session,
        }
    }

    fn user(&self) -> &UserId {
        match self {
            EntryRoute::Session { user, .. } | EntryRoute::Membership { user, .. } => user,
        }
    }

    /// The channel and the user of a membership.
    pub(super) fn membership(&self) -> Option<(&Address, &UserId)> {
        match self {
            EntryRoute::Session { .. } => None,
            EntryRoute::Membership { channel, user, .. } => Some((channel, user)),
        }
    }

    /// The form in the index of the session's incarnation.
    pub(super) fn indexed(&self) -> Indexed {
        // without the first half, which is the incarnation that owns the index
        let field = [&self.session().to_bytes()[8..], self.user().as_str().as_bytes()].concat();
        let place = self.membership().map_or_else(|| DIRECTORY.to_owned(), |(channel, _)| channel.to_string());
        Indexed { field, place }
    }
}

impl Indexed {
    /// All places in a field and its value.
    pub(super) fn all(field: Vec<u8>, places: &[u8]) -> impl Iterator<Item = Indexed> {
        let places = String::from_utf8_lossy(places).into_owned();
        let places: Vec<String> = places.split(' ').skip(1).map(str::to_owned).collect();
        places.into_iter().map(move |place| Indexed { field: field.clone(), place })
    }

    /// Parses the route in the index of `node`; `None` if it is not one.
    pub(super) fn route(&self, node: Incarnation) -> Option<EntryRoute> {
        let (half, user) = self.field.split_first_chunk::<8>()?;
        let session = SessionId::new(node, u64::from_be_bytes(*half));
        let user: UserId = std::str::from_utf8(user).ok()?.parse().ok()?;
        match &*self.place {
            DIRECTORY => Some(EntryRoute::Session { user, session }),
            channel => Some(EntryRoute::Membership { channel: channel.parse().ok()?, user, session }),
        }
    }
}

impl From<EntryRoute> for Placement {
    fn from(route: EntryRoute) -> Placement {
        match route {
            EntryRoute::Session { user, session } => Placement { channel: None, member: Member { session, user } },
            EntryRoute::Membership { channel, user, session } => {
                Placement { channel: Some(channel), member: Member { session, user } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_survive_the_index() {
        let session: SessionId = "0190a5b2-7c41-8abc-9def-0123456789ab".parse().unwrap();
        let user: UserId = "auth0|7".parse().unwrap();
        let routes = [
            EntryRoute::Session { user: user.clone(), session },
            EntryRoute::Membership { channel: "ch:acme/order/1842".parse().unwrap(), user, session },
        ];
        let field = routes[0].indexed().field;
        assert!(routes.iter().all(|route| route.indexed().field == field));
        let read: Vec<_> = Indexed::all(field.clone(), b" s ch:acme/order/1842").collect();
        assert_eq!(read, routes.each_ref().map(EntryRoute::indexed));
        let read: Vec<_> = read.iter().filter_map(|indexed| indexed.route(session.incarnation())).collect();
        assert_eq!(read, routes);
        assert_eq!(Indexed { field, place: "x".into() }.route(session.incarnation()), None);
    }
}
