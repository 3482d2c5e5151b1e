//! A client that stays: whatever ends its socket, it comes back through the load balancer and resumes.
//! What it sees is kept.

use crate::support::Login;
use futures_util::{SinkExt, StreamExt};
use rand::Rng;
use serde_json::{json, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{connect_async_with_config, MaybeTlsStream, WebSocketStream};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The timeout of an attempt to connect, and of a welcome.
const PATIENCE: Duration = Duration::from_secs(10);
/// The first pause after an attempt that failed; each further one is twice as long, up to the other.
const PAUSE_MIN_MS: u64 = 100;
const PAUSE_MAX_MS: u64 = 2000;

/// What a client has seen.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    /// It has a socket.
    pub connected: bool,
    /// It is connected, and everything is resumed.
    pub settled: bool,
    /// The node it is or was on.
    pub node: String,
    /// Times it was welcomed.
    pub welcomes: usize,
    /// Codes its sockets were closed with; 1006 without one.
    pub closes: Vec<u16>,
    /// Attempts that were answered with an HTTP status instead of a socket.
    pub refused: usize,
    /// Errors it was answered.
    pub errors: Vec<String>,
    /// Resumes that were told to have missed something.
    pub resets: usize,
    /// Payloads of publications, by the stream they came in.
    pub received: BTreeMap<String, Vec<Value>>,
    /// Users that joined (true) or left the channel, in order.
    pub changes: Vec<(String, bool)>,
}

impl Seen {
    /// How often it was told that a user left.
    pub fn lefts_of(&self, user: &str) -> usize {
        self.changes.iter().filter(|(of, joined)| of == user && !joined).count()
    }
}

/// How to come back.
#[derive(Clone)]
pub struct Roamer {
    url: String,
    login: Login,
    channel: Option<&'static str>,
    seen: Arc<Mutex<Seen>>,
}

/// One life of it, between two closes.
struct Visit {
    socket: Socket,
    resuming: BTreeSet<String>,
    come_back_in: Duration,
}

impl Roamer {
    /// A member of `acme` who connects to a URL and joins a channel, if one is given.
    pub fn new(url: &str, user: &str, channel: Option<&'static str>) -> Self {
        Roamer { url: url.into(), login: Login::member(user), channel, seen: Arc::default() }
    }

    /// What it has seen until now.
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// Looks at what it has seen.
    pub fn look<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.lock().unwrap())
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap());
    }

    /// Lives until it is aborted, which cuts its socket.
    pub async fn run(self) {
        let mut positions = BTreeMap::new();
        let mut failures = 0;
        loop {
            let Some(socket) = self.connect().await else {
                sleep(pause(failures)).await;
                failures += 1;
                continue;
            };
            self.note(|seen| seen.connected = true);
            let mut visit = Visit { socket, resuming: BTreeSet::new(), come_back_in: Duration::ZERO };
            let code = self.stay(&mut visit, &mut positions).await;
            failures = 0;
            self.note(|seen| {
                seen.connected = false;
                seen.settled = false;
                seen.closes.push(code);
            });
            sleep(visit.come_back_in + pause(0)).await;
        }
    }

    async fn connect(&self) -> Option<Socket> {
        let mut request = self.url.as_str().into_client_request().unwrap();
        request.headers_mut().insert("Authorization", format!("Bearer {}", self.login.token()).parse().unwrap());
        // thousands of them share a process
        let small = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
        match timeout(PATIENCE, connect_async_with_config(request, Some(small), false)).await {
            Ok(Ok((socket, _))) => Some(socket),
            Ok(Err(Error::Http(_))) => {
                self.note(|seen| seen.refused += 1);
                None
            }
            _ => None,
        }
    }

    /// Takes what comes until the socket ends.
    async fn stay(&self, visit: &mut Visit, positions: &mut BTreeMap<String, String>) -> u16 {
        loop {
            let text = match timeout(4 * PATIENCE, visit.socket.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => text,
                Ok(Some(Ok(Message::Close(close)))) => return close.map_or(1005, |close| close.code.into()),
                Ok(Some(Ok(_))) => continue,
                Ok(Some(Err(_)) | None) | Err(_) => return 1006,
            };
            let actions = match serde_json::from_str(&text).unwrap() {
                Value::Array(actions) => actions,
                action => vec![action],
            };
            for action in actions {
                if self.action(&action, visit, positions).await.is_err() {
                    return 1006;
                }
            }
        }
    }

    async fn action(
        &self,
        action: &Value,
        visit: &mut Visit,
        positions: &mut BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let (hub, payload) = (&action["meta"]["hub"], &action["payload"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let to = text(&hub["to"]);
        match action["type"].as_str().unwrap_or_default() {
            "@@hub/welcome" => {
                self.note(|seen| {
                    seen.welcomes += 1;
                    seen.node = text(&payload["node"]);
                });
                let begin = self.begin(payload, visit, positions);
                visit.socket.send(Message::text(begin.to_string())).await?;
            }
            "@@hub/bye" => visit.come_back_in = Duration::from_millis(payload["retry_in_ms"].as_u64().unwrap_or(0)),
            "@@hub/error" => {
                self.note(|seen| seen.errors.push(action.to_string()));
                return Err(Error::ConnectionClosed); // tried again with the next connection
            }
            kind @ ("@@hub/resumed" | "@@hub/joined") if !hub["re"].is_null() => {
                if payload["recovered"] == false {
                    self.note(|seen| seen.resets += 1);
                }
                if kind == "@@hub/joined" || payload["recovered"] == false {
                    positions.insert(to.clone(), text(&payload["pos"]));
                }
                visit.resuming.remove(&to);
            }
            kind @ ("@@hub/joined" | "@@hub/left") => self.note(|seen| {
                let users = payload["users"].as_array().into_iter().flatten().map(text);
                seen.changes.extend(users.map(|user| (user, kind == "@@hub/joined")));
            }),
            control if control.starts_with("@@hub/") => {}
            // until a stream is resumed, what comes live comes again
            _ if visit.resuming.contains(&to) => {}
            _ => {
                positions.insert(to.clone(), text(&hub["pos"]));
                self.note(|seen| seen.received.entry(to).or_default().push(payload.clone()));
            }
        }
        if visit.resuming.is_empty() {
            self.note(|seen| seen.settled = true);
        }
        Ok(())
    }

    /// What is sent after the welcome: a first visit joins, another one resumes.
    fn begin(&self, welcome: &Value, visit: &mut Visit, positions: &mut BTreeMap<String, String>) -> Value {
        if positions.is_empty() {
            let org = "org:acme".to_string();
            positions.insert(org.clone(), welcome["resume"][&org].as_str().unwrap_or_default().into());
            let Some(channel) = self.channel else {
                return json!({ "type": "@@hub/ping" });
            };
            visit.resuming.insert(channel.into());
            return json!({ "type": "@@hub/join", "meta": { "hub": { "to": channel, "id": "begin" } } });
        }
        visit.resuming = positions.keys().cloned().collect();
        json!({ "type": "@@hub/resume", "payload": { "positions": positions }, "meta": { "hub": { "id": "begin" } } })
    }
}

/// Nobody comes back at the same moment as the others.
fn pause(failures: u32) -> Duration {
    let most = PAUSE_MAX_MS.min(PAUSE_MIN_MS << failures.min(8));
    Duration::from_millis(rand::rng().random_range(most / 2..=most))
}
