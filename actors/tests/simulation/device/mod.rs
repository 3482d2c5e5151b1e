//! A device: one user's client that sends, receives, resumes, and writes down everything.
//!
//! It follows the client's rules of the protocol and no others: it keeps a position per stream, resumes after every
//! connection, ignores publications of a stream between its resume and `resumed`, and reuses the id when no answer
//! came. It records what arrives as it arrives, so that it hides no fault of the cluster.

mod places;
mod received;
mod sending;

use crate::history::{user_of, Event};
use crate::process::identity;
use crate::stage::{Progress, Stage, CHANNEL};
use crate::wire::{Frame, Wire};
use places::Places;
use rand::rngs::StdRng;
use rand::Rng;
use sending::Unanswered;
use serde_json::{json, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{sleep, timeout, timeout_at, Instant};

/// The timeout of a connection, a welcome, a resume and an answer.
const PATIENCE: Duration = Duration::from_secs(6);
/// The pause before the next attempt to connect, and before a refused action is repeated.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a device that stalls reads nothing, at most.
pub const STALL_MAX_MS: u64 = 9000;
/// A device looks after itself at least this often.
const LOOK: Duration = Duration::from_secs(1);

/// See the module.
pub struct Device {
    stage: Rc<Stage>,
    progress: Rc<Progress>,
    name: String,
    chance: StdRng,
    positions: BTreeMap<String, String>,
    places: Places,
    /// Without an answer, by number.
    unanswered: BTreeMap<u64, Unanswered>,
    sent: u64,
    connections: usize,
}

/// Why a connection is over: its close code.
struct Over(u16);

/// One connection.
struct Connection {
    wire: Rc<Wire>,
    /// Streams with a pending `resumed`, `joined` or `left`.
    awaiting: BTreeSet<String>,
    await_until: Instant,
    send_next: Instant,
    turn_next: Instant,
}

impl Device {
    /// A device of a user: `<user>/<device>`.
    pub fn new(stage: Rc<Stage>, name: &str, mut chance: StdRng) -> (Device, Rc<Progress>) {
        let progress = Rc::new(Progress::default());
        let device = Device {
            stage,
            progress: progress.clone(),
            name: name.into(),
            connections: chance.random_range(0..100),
            chance,
            positions: BTreeMap::new(),
            places: Places::default(),
            unanswered: BTreeMap::new(),
            sent: 0,
        };
        (device, progress)
    }

    /// Lives as long as the run.
    pub async fn run(mut self) {
        loop {
            self.connections += 1;
            let wire = Wire::new(self.stage.network.clone(), self.stage.outbox_bytes);
            // the identity of the upgrade, or the first message of the socket
            let first_message = self.chance.random_ratio(1, 4);
            let known = (!first_message).then(|| identity(&self.name));
            if !self.stage.nodes.accept(self.connections, &wire, known) {
                sleep(PAUSE).await;
                continue;
            }
            let Over(code) = self.live(&wire, first_message).await;
            let queued = self.progress.most_queued.get().max(wire.most_queued());
            self.progress.most_queued.set(queued);
            self.progress.settled.set(false);
            if code == 1006 {
                match self.stage.mischief.get() && self.chance.random_ratio(1, 4) {
                    true => wire.vanish(),
                    false => wire.cut(),
                }
            }
            self.write(Event::Close { code });
            // 4100-4199: back off
            sleep(if (4100..4200).contains(&code) { 5 * PAUSE } else { PAUSE }).await;
        }
    }

    async fn live(&mut self, wire: &Rc<Wire>, first_message: bool) -> Over {
        let again = !self.positions.is_empty();
        let resumes_at_once = first_message && again && self.chance.random();
        if first_message {
            let positions = if resumes_at_once { self.resumed_streams() } else { BTreeMap::new() };
            let payload = json!({ "token": self.name, "resume": positions });
            wire.send(json!({ "type": "@@hub/auth", "payload": payload }).to_string());
        }
        let mut early = Vec::new();
        let welcome = match timeout(PATIENCE, welcome(wire, &mut early)).await {
            Ok(Ok(welcome)) => welcome,
            Ok(Err(code)) => return Over(code),
            Err(_) => return Over(1006),
        };
        self.write(Event::Attach { node: welcome["payload"]["node"].as_str().unwrap_or_default().into() });
        let now = Instant::now();
        let mut connection = Connection {
            wire: wire.clone(),
            awaiting: BTreeSet::new(),
            await_until: now + PATIENCE,
            send_next: now,
            turn_next: now + self.within(self.stage.pace.turn),
        };
        if again {
            connection.awaiting = self.resumed_streams().into_keys().collect();
            if !resumes_at_once {
                let payload = json!({ "positions": self.resumed_streams() });
                let resume =
                    json!({ "type": "@@hub/resume", "payload": payload, "meta": { "hub": { "id": "resume" } } });
                wire.send(resume.to_string());
            }
        } else {
            // the first session follows its streams from the welcome on
            for (stream, pos) in welcome["payload"]["resume"].as_object().into_iter().flatten() {
                self.starts(stream, pos.as_str().unwrap_or_default());
            }
        }
        if !self.positions.contains_key(CHANNEL) {
            self.enter("@@hub/join", CHANNEL, &mut connection);
        }
        if let Some(view) = self.places.view.clone() {
            self.enter("@@hub/view", &view, &mut connection);
        }
        for unanswered in self.unanswered.values_mut() {
            unanswered.repeat_at = now;
        }
        for text in early {
            if let Some(over) = self.frame(&text, &mut connection) {
                return over;
            }
        }
        self.converse(&mut connection).await
    }

    /// Where it resumes: every stream but those it left and the one it views.
    fn resumed_streams(&self) -> BTreeMap<String, String> {
        let resumed =
            |stream: &str| !stream.starts_with("ch:") || stream == CHANNEL || self.places.rooms.contains(stream);
        self.positions.iter().filter(|(stream, _)| resumed(stream)).map(|(s, p)| (s.clone(), p.clone())).collect()
    }

    async fn converse(&mut self, connection: &mut Connection) -> Over {
        loop {
            let now = Instant::now();
            let settled = connection.awaiting.is_empty();
            if !settled && now >= connection.await_until {
                self.write(Event::Timeout { id: "resume".into() });
                return Over(1006);
            }
            if settled {
                self.turn(connection);
                self.send_due(connection);
            }
            let settled = connection.awaiting.is_empty() && self.is_where_it_should_be();
            self.progress.settled.set(settled);
            self.progress.unanswered.set(self.unanswered.len());
            let Ok(frame) = timeout_at(self.next_due(connection), connection.wire.recv()).await else { continue };
            match frame {
                Frame::Text(text) => {
                    if let Some(over) = self.frame(&text, connection) {
                        return over;
                    }
                }
                Frame::Close(code) => return Over(code),
            }
            if self.stage.mischief.get() && self.chance.random_ratio(1, 400) {
                sleep(Duration::from_millis(self.chance.random_range(500..STALL_MAX_MS))).await;
                // a reader that stalls
            }
        }
    }

    fn next_due(&self, connection: &Connection) -> Instant {
        let mut due = Instant::now() + LOOK;
        if !connection.awaiting.is_empty() {
            return due.min(connection.await_until);
        }
        if self.may_send() {
            due = due.min(connection.send_next);
        }
        if !self.stage.resting.get() {
            due = due.min(connection.turn_next);
        }
        self.unanswered.values().map(|it| it.repeat_at).fold(due, Instant::min)
    }

    fn within(&mut self, most: Duration) -> Duration {
        Duration::from_millis(self.chance.random_range(1..=most.as_millis() as u64))
    }

    fn own_stream(&self) -> String {
        format!("user:{}", user_of(&self.name))
    }

    fn write(&self, event: Event) {
        self.stage.write(&self.name, event);
    }
}

/// The welcome, or the close code there was instead. What came before it is kept.
async fn welcome(wire: &Wire, early: &mut Vec<bytes::Bytes>) -> Result<Value, u16> {
    loop {
        match wire.recv().await {
            Frame::Text(text) => {
                let action: Value = serde_json::from_slice(&text).expect("a node writes JSON");
                if action["type"] == "@@hub/welcome" {
                    return Ok(action);
                }
                early.push(text);
            }
            Frame::Close(code) => return Err(code),
        }
    }
}
