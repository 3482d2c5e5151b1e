//! An entry of an incarnation's index: what the incarnation has in the directory.

use super::super::{Member, Placed};
use hubwire_protocol::{Address, SessionId, UserId};
use std::fmt;
use std::str::FromStr;

/// Written as its parts separated by spaces, which no id contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// `s <user> <session>`: a session in the directory.
    Session { user: UserId, session: SessionId },
    /// `c <channel> <user> <session>`: a session in a channel.
    Membership { channel: Address, user: UserId, session: SessionId },
}

impl Route {
    pub(super) fn session(&self) -> SessionId {
        match self {
            Route::Session { session, .. } | Route::Membership { session, .. } => *session,
        }
    }

    /// The channel and the user of a membership.
    pub(super) fn membership(&self) -> Option<(&Address, &UserId)> {
        match self {
            Route::Session { .. } => None,
            Route::Membership { channel, user, .. } => Some((channel, user)),
        }
    }
}

impl From<Route> for Placed {
    fn from(route: Route) -> Placed {
        match route {
            Route::Session { user, session } => Placed { channel: None, member: Member { session, user } },
            Route::Membership { channel, user, session } => {
                Placed { channel: Some(channel), member: Member { session, user } }
            }
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Route::Session { user, session } => write!(f, "s {user} {session}"),
            Route::Membership { channel, user, session } => write!(f, "c {channel} {user} {session}"),
        }
    }
}

/// A text that is no route.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RouteError;

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        let parts: Vec<&str> = text.split(' ').collect();
        let session = |text: &str| text.parse::<SessionId>().map_err(|_| RouteError);
        let user = |text: &str| text.parse::<UserId>().map_err(|_| RouteError);
        match parts[..] {
            ["s", of, at] => Ok(Route::Session { user: user(of)?, session: session(at)? }),
            ["c", channel, of, at] => Ok(Route::Membership {
                channel: channel.parse().map_err(|_| RouteError)?,
                user: user(of)?,
                session: session(at)?,
            }),
            _ => Err(RouteError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_survive_print_and_parse() {
        for text in [
            "s auth0|7 0190a5b2-7c41-8abc-9def-0123456789ab",
            "c ch:acme/order/1842 u_1 0190a5b2-7c41-8abc-9def-0123456789ab",
        ] {
            assert_eq!(text.parse::<Route>().map(|route| route.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("s u".parse::<Route>(), Err(RouteError));
        assert_eq!("x u v".parse::<Route>(), Err(RouteError));
    }
}
