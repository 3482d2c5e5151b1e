//! Checks a client's connection: through everything in front of the nodes, with the origin of the client's page.

use super::finding::Finding;
use super::options::Options;
use hubwire_client::connection::{Connection, ConnectionError, Request};
use hubwire_client::socket::SocketError;
use hubwire_client::{SocketUrl, Trust};
use hubwire_protocol::Codec;
use serde_json::{json, Value};
use std::net::{IpAddr, UdpSocket};
use std::time::Duration;
use tokio::time::timeout;

/// The connection to check, and the credentials.
pub struct Front {
    /// The address of sockets that clients are given.
    pub url: SocketUrl,
    /// The origin of the page; none for a client that is not a browser.
    pub origin: Option<String>,
    /// A token, to see the session from the node's view.
    pub token: Option<String>,
    /// Authorities that `wss://` trusts.
    pub trust: Trust,
    /// Time limit for a connection or an answer.
    pub wait: Duration,
}

/// Opens a socket and checks how far it gets. `address_of` asks the cluster for the client address of a session.
pub async fn examine(
    front: &Front,
    options: Option<&Options>,
    address_of: impl FnOnce(&str) -> Option<String>,
) -> Vec<Finding> {
    let headers = front.origin.iter().map(|origin| ("Origin".to_owned(), origin.clone())).collect();
    let request = Request { url: front.url.to_string(), headers, trust: front.trust.clone() };
    let mut connection = match timeout(front.wait, Connection::open(&request, Codec::Json)).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return vec![refused(&request.url, &error)],
        Err(_) => return vec![silent(&request.url)],
    };
    match timeout(front.wait, welcome(&mut connection, front)).await {
        Ok(Ok(None)) => Vec::new(),
        // asked before the socket is closed: the session is listed only while it lasts
        Ok(Ok(Some(session))) => seen(front, options, address_of(&session)).into_iter().collect(),
        Ok(Err(finding)) => vec![finding],
        Err(_) => vec![silent(&request.url)],
    }
}

/// The session, if there is a token; otherwise only whether the node accepts this page.
async fn welcome(connection: &mut Connection, front: &Front) -> Result<Option<String>, Finding> {
    let url = front.url.to_string();
    let lost = |error: ConnectionError| closed(&url, front.origin.as_deref(), error);
    // without credentials the node answers that it needs some: any answer shows that the origin is accepted
    let first = match &front.token {
        Some(token) => json!({ "type": "@@hub/auth", "payload": { "token": token } }),
        None => json!({ "type": "@@hub/ping", "meta": { "hub": { "id": "doctor" } } }),
    };
    connection.outgoing.send(&first.to_string()).await.map_err(lost)?;
    loop {
        let text = connection.incoming.next().await.map_err(lost)?;
        let action: Value = serde_json::from_str(&text).unwrap_or_default();
        match (action["type"].as_str(), &front.token) {
            (Some("@@hub/welcome"), _) => return Ok(action["payload"]["session"].as_str().map(str::to_owned)),
            // precedes the close, which has the verdict
            (Some("@@hub/error"), _) if action["meta"]["hub"]["re"].is_null() => {}
            (Some(_), None) => return Ok(None),
            _ => {}
        }
    }
}

fn closed(url: &str, origin: Option<&str>, error: ConnectionError) -> Finding {
    match (error, origin) {
        (ConnectionError::Closed { code: Some(4403), .. }, Some(origin)) => Finding::problem(
            "origin_refused",
            format!("{url} refuses pages of {origin}"),
            format!("add {origin} to auth.allowed_origins of every node"),
        ),
        (ConnectionError::Closed { code: Some(4401), reason }, _) => Finding::problem(
            "token_refused",
            format!("{url} refuses the token: {reason}"),
            "inspect it with `hubwire token inspect`; nodes accept only tokens signed with auth.jwt_secrets or \
             auth.jwt_keys",
        ),
        (error, _) => Finding::problem(
            "front_cut",
            format!("{url} opened a socket and closed it: {error}"),
            "see the logs of the nodes and of the proxy in front: proxies close connections that they consider idle",
        ),
    }
}

fn silent(url: &str) -> Finding {
    Finding::problem(
        "front_silent",
        format!("{url} accepted the connection but sent nothing"),
        "is that the public listener, and does the proxy in front forward WebSockets?",
    )
}

fn refused(url: &str, error: &SocketError) -> Finding {
    let (check, advice) = match error {
        SocketError::Refused { status: 426 | 400, .. } => (
            "no_upgrade",
            "the proxy in front does not pass on the upgrade: let it use HTTP/1.1 to the nodes with the headers \
             Upgrade and Connection (deploy/nginx, deploy/haproxy)",
        ),
        SocketError::Refused { status: 401, .. } => ("front_refused", "pass a token with --token"),
        SocketError::Refused { status: 403, .. } => {
            ("origin_refused", "add the origin of the page to auth.allowed_origins of every node")
        }
        SocketError::Refused { status: 404, .. } => {
            ("wrong_path", "sockets are at /ws of the public listener; does a proxy in front change the path?")
        }
        SocketError::Refused { status: 502..=504, .. } => (
            "no_node_behind",
            "no node behind it accepts connections: see /readyz of each, and check that the balancer's health check \
             uses it",
        ),
        SocketError::Tls(_) => (
            "front_tls",
            "the certificate must be for this name and from an authority that clients trust; name your own with --ca",
        ),
        _ => ("front_unreachable", "is the address right, and is anything listening there?"),
    };
    Finding::problem(check, format!("{url}: {error}"), advice)
}

/// Checks whether the node mistakes a proxy for the client.
fn seen(front: &Front, options: Option<&Options>, address: Option<String>) -> Option<Finding> {
    let (seen, own) = (address?, own_address(&front.url.to_string())?);
    if seen == own || !options.is_some_and(Options::believes_no_proxy) {
        return None;
    }
    Some(Finding::warning(
        "proxy_for_client",
        format!(
            "for a node this client ({own}) comes from {seen}, and it trusts no proxy: it may mistake a proxy for all \
             clients"
        ),
        format!(
            "if {seen} is your proxy, name it in listen.trusted_proxies, and how it reports a client's address in \
             listen.client_address"
        ),
    ))
}

/// The address from which this machine would connect to the host of a URL. Nothing is sent.
fn own_address(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let port = if scheme == "wss" { 443 } else { 80 };
    let has_port = authority.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
    let target = if has_port { authority.to_owned() } else { format!("{authority}:{port}") };
    let any: &[(IpAddr, u16)] = &[([0, 0, 0, 0].into(), 0), (std::net::Ipv6Addr::UNSPECIFIED.into(), 0)];
    any.iter().find_map(|any| {
        let socket = UdpSocket::bind(any).ok()?;
        socket.connect(&*target).ok()?;
        Some(socket.local_addr().ok()?.ip().to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_address_is_of_the_way_to_the_host() {
        for url in ["ws://127.0.0.1:9/ws", "ws://localhost/ws"] {
            let own: IpAddr = own_address(url).unwrap().parse().unwrap();
            assert!(own.is_loopback(), "{url}: {own}");
        }
        assert_eq!(own_address("nowhere"), None);
    }

    #[test]
    fn an_answer_of_something_in_front_says_what_is_wrong() {
        let of = |status| {
            refused("ws://x/ws", &SocketError::Refused { status, retry_after_s: None, body: String::new() }).check
        };
        assert_eq!(
            [426, 403, 404, 502, 500].map(of),
            ["no_upgrade", "origin_refused", "wrong_path", "no_node_behind", "front_unreachable"]
        );
    }
}
