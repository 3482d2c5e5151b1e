//! `subscribe`, `unsubscribe`, `disconnect` and `refresh`: commands on the connections of a user.

use super::caller::{address, user, Caller};
use super::failure::{done, ApiError, Outcome};
use futures_util::future::try_join_all;
use hubwire_protocol::{Address, CloseCode, SessionId, UserId};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The user, and a selection of its connections.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Membership {
    user: String,
    channel: String,
    client: String,
    session: String,
    expire_at: i64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Disconnect {
    user: String,
    client: String,
    session: String,
    whitelist: BTreeSet<String>,
    disconnect: Option<Code>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Code {
    code: u32,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Refresh {
    user: String,
    client: String,
    session: String,
    expired: bool,
    expire_at: i64,
}

/// Subscribes connections of a user.
pub(super) async fn subscribe(caller: &Caller<'_>, membership: Membership) -> Outcome {
    if membership.expire_at != 0 {
        return Err(ApiError::not_available(
            "subscriptions by the server have no end of their own; leave `expire_at` out",
        ));
    }
    place(caller, membership, true).await
}

/// Ends the subscriptions of connections of a user.
pub(super) async fn unsubscribe(caller: &Caller<'_>, membership: Membership) -> Outcome {
    place(caller, membership, false).await
}

async fn place(caller: &Caller<'_>, membership: Membership, joined: bool) -> Outcome {
    let Membership { user: name, channel, client, session, .. } = membership;
    let (user, channel, only) = (user(&name)?, address(&channel)?, connection(&client, &session));
    match (&channel, only) {
        // the node has already subscribed all clients of the user, for good
        (Address::User(of), _) if *of == user && joined => {}
        (Address::User(_), _) => return Err(ApiError::not_available("a personal channel is its user's alone, always")),
        (_, Connection::All) => drop(caller.node.place(user, channel, joined).await?),
        (_, Connection::One(session)) => drop(caller.node.place_session(user, session, channel, joined).await?),
        (_, Connection::None) => {}
    }
    done()
}

/// Closes connections of a user.
pub(super) async fn disconnect(caller: &Caller<'_>, disconnect: Disconnect) -> Outcome {
    let user = user(&disconnect.user)?;
    let code = close_code(disconnect.disconnect.unwrap_or_default().code);
    let only = connection(&disconnect.client, &disconnect.session);
    close(caller, user, only, &disconnect.whitelist, code).await
}

/// Ends the credentials of connections of a user.
pub(super) async fn refresh(caller: &Caller<'_>, refresh: Refresh) -> Outcome {
    let user = user(&refresh.user)?;
    let only = connection(&refresh.client, &refresh.session);
    match (refresh.expired, refresh.expire_at) {
        // a client that reconnects presents a token
        (true, _) => close(caller, user, only, &BTreeSet::new(), CloseCode::Draining).await,
        (false, 0) => done(),
        (false, _) => {
            Err(ApiError::not_available("a connection lives as long as its token; clients refresh with another"))
        }
    }
}

async fn close(
    caller: &Caller<'_>,
    user: UserId,
    only: Connection,
    except: &BTreeSet<String>,
    code: CloseCode,
) -> Outcome {
    if matches!(only, Connection::All) && except.is_empty() {
        caller.node.disconnect(user, code).await?;
        return done();
    }
    let sessions = caller.node.sessions(user).await?.into_iter().map(|session| session.entry.session);
    let meant = sessions.filter(|session| only.is(*session) && !except.contains(&session.to_string()));
    try_join_all(meant.map(|session| caller.node.disconnect_session(session, code))).await?;
    done()
}

/// A selection of a user's connections.
#[derive(Clone, Copy)]
enum Connection {
    All,
    One(SessionId),
    /// An impossible one: none.
    None,
}

impl Connection {
    fn is(self, session: SessionId) -> bool {
        match self {
            Connection::All => true,
            Connection::One(only) => only == session,
            Connection::None => false,
        }
    }
}

/// `session` is the value from the client's `connect`: its id, and after a dot the key for posting.
fn connection(client: &str, session: &str) -> Connection {
    let named = |id: &str| id.parse().map_or(Connection::None, Connection::One);
    let of_session = session.split('.').next().unwrap_or_default();
    match (client, session) {
        ("", "") => Connection::All,
        (client, "") => named(client),
        ("", _) => named(of_session),
        (client, _) if client == of_session => named(client),
        _ => Connection::None,
    }
}

/// Our close code with the same effect: clients reconnect, or stay away.
fn close_code(code: u32) -> CloseCode {
    match code {
        3000..=3499 | 4000..=4499 => CloseCode::Draining,
        _ => CloseCode::Unauthenticated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_named_by_its_client_or_its_session_and_nothing_else_means_all() {
        let id = "0192f0c1-2345-8678-9abc-def012345678";
        let session = format!("{id}.key");
        for (client, of) in [(id, ""), ("", id), ("", &*session), (id, &*session)] {
            assert!(
                matches!(connection(client, of), Connection::One(one) if one.to_string() == id),
                "{client:?} {of:?}"
            );
        }
        for (client, of) in [("x", ""), ("", "."), ("", ".key"), ("x", &*session), (id, "x.key"), ("x", "x")] {
            assert!(matches!(connection(client, of), Connection::None), "{client:?} {of:?}");
        }
        assert!(matches!(connection("", ""), Connection::All));
    }
}
