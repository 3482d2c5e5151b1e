//! `subscribe`, `unsubscribe`, `disconnect` and `refresh`: commands on the connections of a user.

use super::caller::{address, user, Caller};
use super::failure::{done, ApiError, Outcome};
use super::unbuilt::refuse;
use futures_util::future::try_join_all;
use hubwire_protocol::centrifuge::codes;
use hubwire_protocol::{Address, CloseCode, OwnClose, SessionId, UserId};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The user, and a selection of its connections.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct OrgMembership {
    user: String,
    channel: String,
    client: String,
    session: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
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
    reason: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Refresh {
    user: String,
    client: String,
    session: String,
    expired: bool,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// What `subscribe` has elsewhere.
const OF_SUBSCRIBE: [&str; 9] =
    ["info", "b64info", "data", "b64data", "expire_at", "override", "recover_since", "recover", "position"];
/// What `refresh` has elsewhere: a connection lives as long as its token, and clients refresh with another.
const OF_REFRESH: [&str; 3] = ["expire_at", "info", "b64info"];

/// Subscribes connections of a user.
pub(super) async fn subscribe(caller: &Caller<'_>, membership: OrgMembership) -> Outcome {
    refuse("subscribe", &membership.rest, &OF_SUBSCRIBE)?;
    place(caller, membership, true).await
}

/// Ends the subscriptions of connections of a user.
pub(super) async fn unsubscribe(caller: &Caller<'_>, membership: OrgMembership) -> Outcome {
    place(caller, membership, false).await
}

async fn place(caller: &Caller<'_>, membership: OrgMembership, joined: bool) -> Outcome {
    let OrgMembership { user: name, channel, client, session, .. } = membership;
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
    let closing = closing(disconnect.disconnect.as_ref())?;
    let only = connection(&disconnect.client, &disconnect.session);
    close(caller, user, only, &disconnect.whitelist, closing).await
}

/// Ends the credentials of connections of a user.
pub(super) async fn refresh(caller: &Caller<'_>, refresh: Refresh) -> Outcome {
    let user = user(&refresh.user)?;
    let only = connection(&refresh.client, &refresh.session);
    // a connection that ends takes with it whatever else is said of it
    if !refresh.expired {
        refuse("refresh", &refresh.rest, &OF_REFRESH)?;
        return done();
    }
    // a client that reconnects presents a token
    let codes::Disconnect { code, reason } = codes::EXPIRED;
    close(caller, user, only, &BTreeSet::new(), (CloseCode::Draining, OwnClose::new(code, reason))).await
}

async fn close(
    caller: &Caller<'_>,
    user: UserId,
    only: Connection,
    except: &BTreeSet<String>,
    (code, own): Closing,
) -> Outcome {
    if matches!(only, Connection::All) && except.is_empty() {
        caller.node.disconnect_as(user, code, own).await?;
        return done();
    }
    let sessions = caller.node.sessions(user).await?.into_iter().map(|session| session.entry.session);
    let meant = sessions.filter(|session| only.is(*session) && !except.contains(&session.to_string()));
    try_join_all(meant.map(|session| caller.node.disconnect_session_as(session, code, own.clone()))).await?;
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

/// What hubwire's clients are closed with, and these.
type Closing = (CloseCode, Option<OwnClose>);

/// These hear what the caller says; hubwire's come back, or stay away, as that has these do.
fn closing(said: Option<&Code>) -> Result<Closing, ApiError> {
    let Some(Code { code: code @ 1.., reason }) = said else { return Ok((CloseCode::Unauthenticated, None)) };
    let own = u16::try_from(*code).ok().and_then(|code| OwnClose::new(code, reason)).ok_or_else(|| {
        let most = OwnClose::REASON_BYTES_MAX;
        ApiError::bad(format!("`disconnect` has a `code` from 3000 to 4999 and a `reason` of at most {most} bytes"))
    })?;
    let comes_back = matches!(code, 3000..=3499 | 4000..=4499);
    Ok((if comes_back { CloseCode::Draining } else { CloseCode::Unauthenticated }, Some(own)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_told_as_it_is_and_has_all_clients_come_back_or_not() {
        let code = |code, reason: &str| closing(Some(&Code { code, reason: reason.into() }));
        assert_eq!(closing(None), Ok((CloseCode::Unauthenticated, None)));
        assert_eq!(code(0, "nothing"), Ok((CloseCode::Unauthenticated, None)));
        assert_eq!(code(4001, "later"), Ok((CloseCode::Draining, OwnClose::new(4001, "later"))));
        assert_eq!(code(4500, ""), Ok((CloseCode::Unauthenticated, OwnClose::new(4500, ""))));
        for (wrong, reason) in [(1000, ""), (2999, ""), (5000, ""), (70_000, ""), (4000, &*"x".repeat(124))] {
            assert_eq!(code(wrong, reason).unwrap_err().code, codes::BAD_REQUEST.code, "{wrong}");
        }
    }

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
