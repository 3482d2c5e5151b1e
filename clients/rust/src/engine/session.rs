//! One connection attempt: from the provider's credentials to the end of the connection.

use super::errands;
use super::inner::Inner;
use super::liveness::Look;
use super::ways::Ways;
use crate::clock;
use crate::connection::{Connection, ConnectionError, Incoming, Outgoing, Request};
use crate::error::{Code, HubError};
use crate::options::{percent_encode, Ask, Credentials, Options, ProviderError, Reason};
use crate::socket::SocketError;
use crate::wire::Received;
use serde_json::json;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::{sleep, timeout};

const OPEN_MAX: Duration = Duration::from_secs(10);
const WELCOME_MAX: Duration = Duration::from_secs(10);
const CLOSE_MAX: Duration = Duration::from_secs(1);
/// Pause before a failed refresh is repeated, multiplied by the number of attempts.
const REFRESH_RETRY: Duration = Duration::from_secs(2);

/// How an attempt ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// The close code; `None` if there was no connection.
    pub code: Option<u16>,
    /// A description.
    pub reason: String,
    /// Whether the node sent a *welcome*.
    pub is_welcomed: bool,
    /// How long the connection lasted.
    pub lasted: Duration,
    /// The pause that the node asked for, by HTTP or in `@@hub/bye`.
    pub retry_after: Option<Duration>,
}

impl Ended {
    fn before_it_opened(error: &SocketError, is_stream: bool) -> Self {
        let (code, retry_after) = match error {
            // no further attempt would succeed
            SocketError::Scheme(_) | SocketError::HeaderName(_) | SocketError::HeaderValue(_) => (Some(4400), None),
            // on a WebSocket a close code tells this
            SocketError::Refused { status: status @ (401 | 403), .. } if is_stream => (Some(4000 + status), None),
            SocketError::Refused { retry_after_s, .. } => (None, retry_after_s.map(Duration::from_secs)),
            _ => (None, None),
        };
        Ended { code, reason: error.to_string(), retry_after, ..Ended::default() }
    }
}

/// Runs one attempt to its end. An error is the provider's.
pub async fn run(inner: &Inner, ask: Ask, ways: &mut Ways) -> Result<Ended, ProviderError> {
    let (options, device) = inner.with(|core| (core.options.clone(), core.device()));
    // credentials first: a slow provider must not use up the time for which a node waits for them
    let credentials = provide(&options, ask).await?;
    let request = Request { url: address(&options, &device), headers: Vec::new(), trust: options.trust.clone() };
    let is_stream = ways.next_is_stream();
    let open = async {
        match is_stream {
            true => Connection::open_stream(&request).await,
            false => Connection::open(&request, options.codec).await,
        }
    };
    let connection = match timeout(OPEN_MAX, open).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return Ok(Ended::before_it_opened(&error, is_stream)),
        Err(_) => return Ok(Ended { reason: "no connection in time".into(), ..Ended::default() }),
    };
    let began = clock::now();
    let first = credentials.as_ref().map(|(key, secret)| (*key, secret.clone()));
    inner.with(|core| core.opened(first));
    let mut ended = live(inner, connection, &options, credentials).await;
    ended.lasted = clock::now().saturating_sub(began);
    inner.with(|core| {
        if core.has_heard {
            ways.heard();
        }
        ended.is_welcomed = core.is_connected();
        ended.retry_after = core.retry_in.take().filter(|_| matches!(ended.code, Some(4000..=4099)));
    });
    Ok(ended)
}

/// Asks the provider: returns the key in `@@hub/auth` and its value.
async fn provide(options: &Options, ask: Ask) -> Result<Option<(&'static str, String)>, ProviderError> {
    Ok(match &options.credentials {
        Credentials::Token(provider) => Some(("token", provider(ask).await?)),
        Credentials::Ticket(provider) => Some(("ticket", provider(ask).await?)),
        Credentials::Upgrade => None,
    })
}

/// The URL. Secrets are sent in the first message, not here.
fn address(options: &Options, device: &str) -> String {
    match &options.credentials {
        Credentials::Upgrade => {
            let query = if options.query.is_empty() { String::new() } else { format!("{}&", options.query) };
            let class = options.device_class.as_ref().map(|class| format!("&device_class={class}")).unwrap_or_default();
            options.url.with_query(&format!("{query}device={}{class}&hold=true", percent_encode(device)))
        }
        _ => options.url.to_string(),
    }
}

/// Runs the tasks of a connection until the first of them ends.
async fn live(
    inner: &Inner,
    connection: Connection,
    options: &Options,
    credentials: Option<(&'static str, String)>,
) -> Ended {
    let Connection { mut incoming, mut outgoing } = connection;
    let broke = |error: ConnectionError| match error {
        ConnectionError::Closed { code, reason } => Ended { code: code.or(Some(1006)), reason, ..Ended::default() },
        error => Ended { code: Some(1006), reason: error.to_string(), ..Ended::default() },
    };
    let gone = |reason: &str| Ended { code: Some(1006), reason: reason.into(), ..Ended::default() };
    let ended = tokio::select! {
        error = read(inner, &mut incoming) => broke(error),
        error = write(inner, &mut outgoing) => broke(error),
        () = no_welcome(inner) => gone("no welcome in time"),
        () = inner.silent.notified() => gone("the node is silent"),
        never = keep_fresh(inner, options, credentials.is_some()) => match never {},
        never = errands::run(inner) => match never {},
        () = inner.ended() => gone("closed"),
    };
    if inner.watch().borrow().is_final() {
        say_goodbye(inner, &mut incoming, &mut outgoing).await;
    } else if outgoing.is_stream() {
        // a proxy may keep the response open, and with it the session; do not wait for that
        tokio::spawn(async move { timeout(CLOSE_MAX, outgoing.close(1000, "")).await.is_ok() });
    }
    ended
}

async fn read(inner: &Inner, incoming: &mut Incoming) -> ConnectionError {
    loop {
        let text = match incoming.next().await {
            Ok(text) => text,
            Err(error) => return error,
        };
        if let Err(error) = inner.with(|core| core.take(&text)) {
            return error.into();
        }
        while inner.router.is_full() && inner.with(|core| core.may_hold()) {
            inner.with(|core| core.is_held(true));
            inner.room.notified().await;
            inner.with(|core| core.is_held(false));
        }
    }
}

async fn write(inner: &Inner, outgoing: &mut Outgoing) -> ConnectionError {
    loop {
        match inner.with(|core| core.next_frame(outgoing.is_stream())) {
            Some(text) => {
                if let Err(error) = outgoing.send(&text).await {
                    return error;
                }
            }
            None => inner.wake.notified().await,
        }
    }
}

/// Returns if the node has not sent a *welcome* in time.
async fn no_welcome(inner: &Inner) {
    if timeout(WELCOME_MAX, inner.connected()).await.is_ok() {
        std::future::pending::<()>().await;
    }
}

/// Refreshes the credentials before they expire. If that fails for good, the node ends the session when they expire,
/// and the next one starts with new credentials.
async fn keep_fresh(inner: &Inner, options: &Options, has_credentials: bool) -> Infallible {
    let is_connected = has_credentials && inner.connected().await.is_ok();
    let mut lifetime = inner.with(|core| core.expires_in.filter(|_| is_connected));
    let mut attempt = 0;
    while let Some(lasts) = lifetime {
        let wait = match attempt {
            // after about four fifths, jittered so that not all clients refresh at once
            0 => lasts.mul_f64(0.75 + 0.1 * rand::random::<f64>()),
            attempt => REFRESH_RETRY * attempt,
        };
        sleep(wait).await;
        match refresh(inner, options, attempt).await {
            Ok(next) => (lifetime, attempt) = (next, 0),
            Err(error) => {
                lifetime = lifetime.filter(|_| error.retry);
                attempt += 1;
                inner.with(|core| core.tell_error(error));
            }
        }
    }
    std::future::pending().await
}

/// Sends the node new credentials. Returns how long they are valid.
async fn refresh(inner: &Inner, options: &Options, attempt: u32) -> Result<Option<Duration>, HubError> {
    let provided = provide(options, Ask { reason: Reason::Refresh, attempt }).await;
    let failed = |error: ProviderError| {
        let is_final = matches!(error, ProviderError::Unauthorized);
        HubError { retry: !is_final, ..HubError::new(Code::ProviderFailed, error.to_string()) }
    };
    let Some((key, secret)) = provided.map_err(failed)? else { return Ok(None) };
    let answer = inner.ask("@@hub/refresh", None, Some(json!({ key: secret }))).await?;
    Ok(expires_in(&answer))
}

fn expires_in(text: &str) -> Option<Duration> {
    #[derive(serde::Deserialize)]
    struct Refreshed {
        expires_in_ms: Option<u64>,
    }
    let refreshed = Received::<Refreshed>::parse(text).ok()?.payload?;
    refreshed.expires_in_ms.map(Duration::from_millis)
}

/// Sends the final messages of a client that is closed, then the close frame.
async fn say_goodbye(inner: &Inner, incoming: &mut Incoming, outgoing: &mut Outgoing) {
    let closing = async {
        while let Some(text) = inner.with(|core| core.desk.out.pop_front()) {
            outgoing.send(&text).await.ok()?;
        }
        outgoing.close(1000, "").await.ok()?;
        while incoming.next().await.is_ok() {}
        Some(())
    };
    // do not wait for a node that does not answer
    let _ = timeout(CLOSE_MAX, closing).await;
}

/// Checks time-outs for as long as the client lives.
pub async fn keep_looking(inner: &Inner) {
    const OFTEN: Duration = Duration::from_millis(100);
    const SELDOM: Duration = Duration::from_secs(1);
    loop {
        match inner.with(|core| core.tick()) {
            Look::Silent => inner.silent.notify_one(),
            Look::TryNow => inner.try_now.notify_one(),
            Look::Well | Look::Ask => {}
        }
        if inner.with(|core| core.sender.is_idle()) {
            tokio::select! {
                () = sleep(SELDOM) => {}
                () = inner.busy.notified() => sleep(OFTEN).await,
            }
        } else {
            sleep(OFTEN).await;
        }
    }
}
