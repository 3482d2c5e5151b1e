//! A device: one user's client that sends, receives, resumes, and writes down everything.
//!
//! It keeps to the client's rules of the protocol and to nothing else: a position per stream, a resume after every
//! connection, publications of a stream void between its resume and `resumed`, the same id when no answer came. What
//! arrives is written down as it arrives, so that nothing the cluster does wrong is hidden.

use crate::history::{Event, Journal};
use crate::support::Login;
use futures_util::{SinkExt, StreamExt};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{json, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout, Instant};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The channel every device is in.
pub const CHANNEL: &str = "ch:acme/board";
/// The type of what devices send.
pub const ACTION: &str = "test/n";
/// The organisation every device is in.
pub const ORG: &str = "org:acme";

/// How long a connection, a welcome, a resume or an answer is awaited.
const PATIENCE: Duration = Duration::from_secs(6);
/// The pause before the next attempt to connect, and before a refused action is repeated.
const PAUSE: Duration = Duration::from_millis(100);
/// Actions without an answer at a time.
const UNANSWERED_MAX: usize = 24;

/// What all devices of a run share.
pub struct Stage {
    /// Where everything is written down.
    pub journal: Journal,
    /// Where to connect, by turns.
    pub urls: Vec<String>,
    /// Whom to write to.
    pub users: Vec<String>,
    /// Whether new actions are sent.
    pub sending: AtomicBool,
    /// Whether devices misbehave: stall, lose answers, cut their sockets.
    pub mischief: AtomicBool,
    /// Whether devices end.
    pub over: AtomicBool,
}

/// What the runner may look at while a device runs.
#[derive(Default)]
pub struct Progress {
    /// Actions without an answer.
    pub unanswered: AtomicU64,
    /// Whether it is connected and everything is resumed.
    pub settled: AtomicBool,
    /// The last publication of each stream, by id.
    pub latest: Mutex<HashMap<String, String>>,
}

/// See the module.
pub struct Device {
    stage: Arc<Stage>,
    progress: Arc<Progress>,
    name: String,
    login: Login,
    chance: StdRng,
    positions: BTreeMap<String, String>,
    /// Without an answer, by number: id and address.
    unanswered: BTreeMap<u64, Unanswered>,
    sent: u64,
    connections: usize,
}

struct Unanswered {
    to: String,
    size: usize,
    repeat_at: Instant,
}

/// Why a connection is over.
enum Over {
    /// With this close code.
    Closed(u16),
    /// The run is over.
    Run,
}

/// One connection.
struct Connection {
    socket: Socket,
    /// Streams whose `resumed` is awaited.
    resuming: BTreeSet<String>,
    resume_by: Instant,
    send_next: Instant,
}

impl Device {
    /// A device of a user: `<user>/<device>`.
    pub fn new(stage: Arc<Stage>, name: &str, seed: u64) -> (Device, Arc<Progress>) {
        let progress = Arc::new(Progress::default());
        let device = Device {
            stage,
            progress: progress.clone(),
            name: name.into(),
            login: Login::admin(crate::history::user_of(name)),
            chance: StdRng::seed_from_u64(seed),
            positions: BTreeMap::new(),
            unanswered: BTreeMap::new(),
            sent: 0,
            connections: seed as usize,
        };
        (device, progress)
    }

    /// Lives until the run is over.
    pub async fn run(mut self) {
        while !self.stage.over.load(Ordering::Relaxed) {
            let url = &self.stage.urls[self.connections % self.stage.urls.len()];
            self.connections += 1;
            let device = self.name.replace('/', ".");
            let mut request = format!("{url}?device={device}").into_client_request().unwrap();
            request.headers_mut().insert("Authorization", format!("Bearer {}", self.login.token()).parse().unwrap());
            let connected = timeout(PATIENCE, tokio_tungstenite::connect_async(request)).await;
            let Ok(Ok((socket, _))) = connected else {
                sleep(PAUSE).await;
                continue;
            };
            let over = self.live(socket).await;
            self.progress.settled.store(false, Ordering::Relaxed);
            match over {
                Over::Closed(code) => {
                    self.write(Event::Close { code });
                    // 4100-4199: back off
                    sleep(if (4100..4200).contains(&code) { 5 * PAUSE } else { PAUSE }).await;
                }
                Over::Run => return,
            }
        }
    }

    async fn live(&mut self, mut socket: Socket) -> Over {
        let welcome = match timeout(PATIENCE, welcome(&mut socket)).await {
            Ok(Ok(welcome)) => welcome,
            Ok(Err(code)) => return Over::Closed(code),
            Err(_) => return Over::Closed(1006),
        };
        self.write(Event::Attach { node: welcome["payload"]["node"].as_str().unwrap_or_default().into() });
        let now = Instant::now();
        let mut connection =
            Connection { socket, resuming: BTreeSet::new(), resume_by: now + PATIENCE, send_next: now };
        let mut begin = Vec::new();
        if self.positions.is_empty() {
            // the first session follows its streams from the welcome on
            let resume = welcome["payload"]["resume"].as_object().cloned().unwrap_or_default();
            for (stream, pos) in resume {
                self.starts(&stream, pos.as_str().unwrap_or_default());
            }
        } else {
            connection.resuming = self.positions.keys().cloned().collect();
            begin.push(json!({ "type": "@@hub/resume", "payload": { "positions": self.positions },
                               "meta": { "hub": { "id": "resume" } } }));
        }
        if !self.positions.contains_key(CHANNEL) {
            connection.resuming.insert(CHANNEL.into());
            begin.push(json!({ "type": "@@hub/join", "meta": { "hub": { "to": CHANNEL, "id": "resume" } } }));
        }
        if connection.socket.send(Message::text(Value::from(begin).to_string())).await.is_err() {
            return Over::Closed(1006);
        }
        for unanswered in self.unanswered.values_mut() {
            unanswered.repeat_at = now;
        }
        self.converse(&mut connection).await
    }

    async fn converse(&mut self, connection: &mut Connection) -> Over {
        loop {
            if self.stage.over.load(Ordering::Relaxed) {
                return Over::Run;
            }
            let settled = connection.resuming.is_empty();
            self.progress.settled.store(settled, Ordering::Relaxed);
            self.progress.unanswered.store(self.unanswered.len() as u64, Ordering::Relaxed);
            if !settled && Instant::now() > connection.resume_by {
                self.write(Event::Timeout { id: "resume".into() });
                return Over::Closed(1006);
            }
            if settled && !self.send_due(connection).await {
                return Over::Closed(1006);
            }
            // looks after what is due at least this often
            let Ok(frame) = timeout(Duration::from_millis(20), connection.socket.next()).await else { continue };
            match frame {
                Some(Ok(Message::Text(text))) => {
                    if let Some(over) = self.frame(&text, connection) {
                        return over;
                    }
                }
                Some(Ok(Message::Close(close))) => return Over::Closed(close.map_or(1005, |close| close.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Over::Closed(1006),
            }
            if self.stage.mischief.load(Ordering::Relaxed) && self.chance.random_ratio(1, 5_000) {
                sleep(Duration::from_secs(self.chance.random_range(2..8))).await;
                // a reader that stalls
            }
        }
    }

    // -- sending --------------------------------------------------------------------------------------------------

    /// Repeats what is due, oldest first, then sends something new. False when the socket is gone.
    async fn send_due(&mut self, connection: &mut Connection) -> bool {
        let now = Instant::now();
        let due: Vec<u64> = self.unanswered.iter().filter(|(_, it)| it.repeat_at <= now).map(|(n, _)| *n).collect();
        for number in due {
            if !self.send(number, connection).await {
                return false;
            }
        }
        let more = self.stage.sending.load(Ordering::Relaxed) && self.unanswered.len() < UNANSWERED_MAX;
        if more && now >= connection.send_next {
            connection.send_next = now + Duration::from_millis(self.chance.random_range(20..120));
            self.sent += 1;
            let to = match self.chance.random_range(0..10) {
                0..=1 => ORG.to_string(),
                2..=4 => CHANNEL.to_string(),
                _ => format!("user:{}", self.stage.users[self.chance.random_range(0..self.stage.users.len())]),
            };
            let size = if self.chance.random_ratio(1, 20) { 6000 } else { self.chance.random_range(0..200) };
            self.unanswered.insert(self.sent, Unanswered { to, size, repeat_at: now });
            return self.send(self.sent, connection).await;
        }
        true
    }

    async fn send(&mut self, number: u64, connection: &mut Connection) -> bool {
        let id = self.id(number);
        let Some(unanswered) = self.unanswered.get_mut(&number) else { return true };
        unanswered.repeat_at = Instant::now() + PATIENCE;
        let (to, size) = (unanswered.to.clone(), unanswered.size);
        let action = json!({ "type": ACTION, "payload": "x".repeat(size), "meta": { "hub": { "to": to, "id": id } } });
        self.write(Event::Send { id, to });
        connection.socket.send(Message::text(action.to_string())).await.is_ok()
    }

    fn id(&self, number: u64) -> String {
        format!("{}#{number}", self.name)
    }

    // -- receiving ------------------------------------------------------------------------------------------------

    fn frame(&mut self, text: &str, connection: &mut Connection) -> Option<Over> {
        let value: Value = serde_json::from_str(text).unwrap();
        let actions = match value {
            Value::Array(actions) => actions,
            action => vec![action],
        };
        actions.into_iter().find_map(|action| self.action(&action, connection))
    }

    fn action(&mut self, action: &Value, connection: &mut Connection) -> Option<Over> {
        let (hub, payload) = (&action["meta"]["hub"], &action["payload"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let (to, re) = (text(&hub["to"]), text(&hub["re"]));
        match action["type"].as_str().unwrap_or_default() {
            "@@hub/ack" => return self.acknowledged(&re, &text(&payload["pos"])),
            "@@hub/error" => return self.refused(&re, &text(&payload["code"])),
            // tried again with the next connection
            "@@hub/resumed" if payload["error"].is_object() => return Some(Over::Closed(1006)),
            "@@hub/resumed" => {
                connection.resuming.remove(&to);
                match payload["recovered"].as_bool() {
                    Some(true) => self.starts(&to, &text(&payload["pos"])),
                    _ => self.goes_on(&to, &text(&payload["pos"])),
                }
            }
            "@@hub/joined" if re == "resume" => {
                connection.resuming.remove(&to);
                self.starts(&to, &text(&payload["pos"]));
            }
            kind @ ("@@hub/joined" | "@@hub/left") => {
                for user in payload["users"].as_array().into_iter().flatten() {
                    self.write(Event::Change { channel: to.clone(), user: text(user), there: kind == "@@hub/joined" });
                }
            }
            "@@hub/lag" if !connection.resuming.contains(&to) => self.goes_on(&to, &text(&payload["pos"])),
            control if control.starts_with("@@hub/") => {}
            _ => return self.published(&to, hub, connection),
        }
        None
    }

    fn published(&mut self, to: &str, hub: &Value, connection: &mut Connection) -> Option<Over> {
        // copies of one's own included, everything to a user belongs to one's own stream
        let stream = match to.starts_with("user:") {
            true => format!("user:{}", self.login.name()),
            false => to.to_string(),
        };
        if connection.resuming.contains(&stream) {
            return None;
        }
        let (Some(pos), Some(id)) = (hub["pos"].as_str(), hub["id"].as_str()) else { return None };
        let mischief = self.stage.mischief.load(Ordering::Relaxed);
        if mischief && self.chance.random_ratio(1, 3000) {
            return Some(Over::Closed(1006)); // cut after the delivery and before it was processed: it must come again
        }
        self.write(Event::Recv { stream: stream.clone(), pos: pos.into(), id: id.into() });
        self.positions.insert(stream.clone(), pos.into());
        self.progress.latest.lock().unwrap().insert(stream, id.into());
        // cut after it was processed: it must not come again
        (mischief && self.chance.random_ratio(1, 3000)).then_some(Over::Closed(1006))
    }

    fn acknowledged(&mut self, re: &str, pos: &str) -> Option<Over> {
        let number = re.rsplit_once('#').and_then(|(_, number)| number.parse().ok())?;
        if !self.unanswered.contains_key(&number) {
            return None; // the answer to an earlier attempt
        }
        if self.stage.mischief.load(Ordering::Relaxed) && self.chance.random_ratio(1, 500) {
            return Some(Over::Closed(1006)); // this answer is lost: the action is repeated
        }
        self.unanswered.remove(&number);
        self.write(Event::Ok { id: re.into(), pos: pos.into() });
        None
    }

    fn refused(&mut self, re: &str, code: &str) -> Option<Over> {
        self.write(Event::Fail { id: re.into(), code: code.into() });
        if re == "resume" {
            return Some(Over::Closed(1006)); // tried again with the next connection
        }
        let number: u64 = re.rsplit_once('#').and_then(|(_, number)| number.parse().ok())?;
        self.unanswered.get_mut(&number)?.repeat_at = Instant::now() + PAUSE;
        None
    }

    fn starts(&mut self, stream: &str, pos: &str) {
        self.positions.insert(stream.into(), pos.into());
        self.write(Event::Resumed { stream: stream.into(), pos: pos.into() });
    }

    fn goes_on(&mut self, stream: &str, pos: &str) {
        self.positions.insert(stream.into(), pos.into());
        self.write(Event::Reset { stream: stream.into(), pos: pos.into() });
    }

    fn write(&self, event: Event) {
        self.stage.journal.write(&self.name, event);
    }
}

/// The welcome, or the close code there was instead.
async fn welcome(socket: &mut Socket) -> Result<Value, u16> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                let action: Value = serde_json::from_str(&text).map_err(|_| 1007_u16)?;
                if action["type"] == "@@hub/welcome" {
                    return Ok(action);
                }
            }
            Some(Ok(Message::Close(close))) => return Err(close.map_or(1005, |close| close.code.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(1006),
        }
    }
}
