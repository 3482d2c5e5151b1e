//! The life of a running node: its first log lines, and its end.

use crate::config::{Config, Secret};
use crate::http::Drain;
use crate::node::NodeError;
use crate::signals::wait_for_signal;
use crate::ws::OpenSockets;
use hubwire_actors::backend::Backend;
use hubwire_actors::node::Node;
use std::rc::Rc;
use std::time::Duration;

/// Logs requirements that the broker does not meet, as soon as it is connected.
pub(crate) fn advise(backend: Rc<dyn Backend>) {
    const RETRY: Duration = Duration::from_millis(500);
    actix_rt::spawn(async move {
        loop {
            match backend.advice().await {
                Ok(advice) => return advice.iter().for_each(|sentence| log::warn!("{sentence}")),
                // the backend itself logs that the broker is away
                Err(error) => log::debug!("cannot check the settings of the broker yet error={error}"),
            }
            tokio::time::sleep(RETRY).await;
        }
    });
}

/// Admits sockets once the broker has answered for the first time: earlier ones would be closed again at once, while
/// with 503 a load balancer takes them to another node.
pub(crate) fn begin_when_connected(node: &Node, open: &OpenSockets) {
    const RETRY: Duration = Duration::from_millis(50);
    let (node, open) = (node.clone(), open.clone());
    open.wait();
    actix_rt::spawn(async move {
        while node.ping().await.is_err() {
            tokio::time::sleep(RETRY).await;
        }
        open.begin();
    });
}

/// Logs that the node is up; in development also what to try.
pub(crate) fn say_ready(config: &Config, dev: bool) {
    let broker = match config.broker.url.is_memory() {
        true => "none (single node, in memory)".to_string(),
        false => config.broker.url.to_string(),
    };
    log::info!(
        "node {} is up public={} internal={} broker={broker}",
        config.node.label,
        config.listen.public,
        config.listen.internal
    );
    if dev {
        eprintln!("{}", what_to_try(config));
    }
}

fn what_to_try(config: &Config) -> String {
    let (public, internal) = (config.listen.public, config.listen.internal);
    // the path as called, so that the commands below work when they are pasted, whether or not the program is installed
    let this = std::env::args().next().unwrap_or_else(|| "hubwire".into());
    // configured secrets are not printed
    let (key, secret) = (shown(&config.auth.api_keys, "API_KEY"), shown(&config.auth.jwt_secrets, "JWT_SECRET"));
    format!(
        r#"
  !!  DEVELOPMENT MODE: everybody may connect as anybody by ?user=NAME. Never run this in production.  !!

  The demo, in a browser; open it twice to be two people:

    http://{public}/

  By hand, each line in a terminal of its own:

    {this} sub  --url ws://{public}/ws --user u1 --orgs acme --join ch:acme/order/1842
    {this} sub  --url ws://{public}/ws --user u2 --orgs acme:admin

    {this} send --url ws://{public}/ws --user u2 u1 'hello u1'
    {this} pub  --url ws://{public}/ws --user u2 --orgs acme:admin org:acme news '{{"text":"to all of acme"}}'
    {this} pub  --url ws://{public}/ws --user u2 --orgs acme ch:acme/order/1842 order/lineChanged '{{"line":3}}'
    {this} who  --api http://{internal} --api-key {key} u1

  With a token, as in production:

    {this} sub  --url ws://{public}/ws --token "$({this} token mint --secret {secret} --user u3 --org acme)"

  By the server API:

    curl -s http://{internal}/v1/publish -H "Authorization: Bearer {key}" -H 'Content-Type: application/json' \
         -d '{{"to":"org:acme","type":"news","payload":{{"text":"from the server"}}}}'
"#
    )
}

/// The secret of development, or the variable from which a command reads another one.
fn shown(secrets: &[Secret], variable: &str) -> String {
    match secrets {
        [secret] if secret.reveal() == Secret::OF_DEVELOPMENT => secret.reveal().into(),
        _ => format!("${variable}"),
    }
}

/// Returns when the node has drained: on SIGTERM, SIGINT, or a request of the API or another node; with an error when
/// the cluster removed the node, or an actor without which it cannot work has panicked; at once after a second signal.
pub(crate) async fn until_drained(
    node: &Node,
    drain: &Drain,
    open: &OpenSockets,
    grace: Duration,
) -> Result<(), NodeError> {
    let mut outcome = Ok(());
    let interrupted = wait_for_signal();
    tokio::pin!(interrupted);
    tokio::select! {
        () = &mut interrupted => drop(drain.begin()),
        () = drain.begun() => {}
        () = node.drain_asked() => drop(drain.begin()),
        () = node.fenced() => {
            drain.begin();
            outcome = Err(NodeError::Fenced);
        }
        () = node.vital().broken() => drop(drain.begin()),
    }
    log::info!("draining, a second signal ends at once sockets={}", open.count());
    tokio::select! {
        () = wait_for_signal() => log::warn!("second signal, ending at once sockets={}", open.count()),
        () = drained(node, open, grace) => log::info!("drained"),
        () = node.vital().broken() => {
            abandon(node, open).await;
            outcome = Err(NodeError::Broken);
        }
    }
    outcome
}

/// Time limit for clients to receive their close frame.
const CLOSING_MAX: Duration = Duration::from_secs(5);
/// Time limit for releasing the lease: otherwise the cluster waits for its expiry.
const RELEASE_MAX: Duration = Duration::from_secs(1);

/// Ends a broken node: relies on none of its parts, and waits for nothing without a limit.
async fn abandon(node: &Node, open: &OpenSockets) {
    log::error!("the node is broken and ends sockets={}", open.count());
    node.drain_at_once();
    closed(open).await;
    let _ = tokio::time::timeout(RELEASE_MAX, node.release()).await;
}

async fn drained(node: &Node, open: &OpenSockets, grace: Duration) {
    if open.count() > 0 {
        tokio::time::sleep(grace).await; // the load balancer sees /readyz first
        open.close();
        node.drain().await;
    }
    // sessions that end here are recorded in the broker before the lease is released: other nodes announce departures
    // and returns
    let deadline = tokio::time::Instant::now() + CLOSING_MAX;
    while (open.count() > 0 || !node.is_deserted()) && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    node.release().await;
}

async fn closed(open: &OpenSockets) {
    let deadline = tokio::time::Instant::now() + CLOSING_MAX;
    while open.count() > 0 && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[cfg(test)]
mod tests;
