//! One client of the library, and what the runner holds of it by name.

use super::{calls, options, payload_of, tell, Done};
use hubwire_client::protocol::Codec;
use hubwire_client::{
    Ack, Ask, Channel, Event, Feed, Gap, HandlerGuard, Hub, HubError, Options, Outcome, PresenceChange, ProviderError,
    Publication, Reason, SendOptions, ServeGuard, State, StateChange,
};
use serde_json::{json, Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Credentials that were asked for, by the number of the question.
#[derive(Default)]
struct Questions {
    count: u64,
    waiting: HashMap<u64, oneshot::Sender<Result<String, ProviderError>>>,
}

type Asked = Arc<Mutex<Questions>>;

/// See the module.
pub struct Client {
    name: String,
    hub: Hub,
    asked: Asked,
    /// Ids of sends, by the runner's names of them.
    sent: HashMap<String, String>,
    channels: HashMap<String, Channel>,
    handlers: Vec<HandlerGuard>,
    served: Vec<ServeGuard>,
}

impl Client {
    /// Makes a client; does not connect it.
    pub fn open(name: &str, said: &Value, codec: Codec) -> Result<Self, Box<dyn std::error::Error>> {
        let asked = Asked::default();
        let options = Options::new(said["url"].as_str().unwrap_or_default().parse()?).codec(codec);
        let (of, by) = (name.to_owned(), asked.clone());
        let provider = move |ask| provide(of.clone(), by.clone(), ask);
        let mut options = if said["provider"] == "ticket" { options.ticket(provider) } else { options.token(provider) };
        options::fill(&mut options, said)?;
        if std::env::args().any(|argument| argument == "--stream") {
            options.stream_after = Some(0);
        }
        let hub = Hub::new(options);
        tokio::spawn(listen(name.to_owned(), hub.events(), hub.clone()));
        Ok(Client {
            name: name.to_owned(),
            hub,
            asked,
            sent: HashMap::new(),
            channels: HashMap::new(),
            handlers: Vec::new(),
            served: Vec::new(),
        })
    }

    /// Carries out a command.
    pub fn carry_out(&mut self, what: &str, command: &Value) -> Done {
        let text = |key: &str| command[key].as_str().unwrap_or_default();
        match what {
            "connect" => self.hub.begin(),
            "close" => {
                let hub = self.hub.clone();
                tokio::spawn(async move { hub.close(Duration::ZERO).await });
            }
            "credential" => self.credential(command),
            "send" => self.send(command),
            "batch" => self.batch(command["items"].as_array().cloned().unwrap_or_default()),
            "ephemeral" => {
                let payload = payload_of(command.as_object().unwrap_or(&Map::new()));
                return Ok(json!({ "sent": self.hub.ephemeral(text("to"), text("type"), &payload)? }));
            }
            "cancel" => {
                let id = self.sent.get(text("ref")).ok_or("never sent")?;
                return Ok(json!({ "cancelled": self.hub.cancel(id) }));
            }
            "join" => {
                let channel = self.hub.channel(text("channel"))?;
                self.keep(channel);
            }
            "leave" => drop(self.channels.remove(text("channel"))),
            "view" => self.view(command["channel"].as_str())?,
            "members" => {
                let channel = self.channels.get(text("channel")).ok_or("not joined")?;
                let members = channel.members();
                let members: Map<_, _> =
                    members.iter().map(|(user, member)| (user.to_string(), json!(member.sessions))).collect();
                return Ok(json!({ "members": members, "stale": channel.is_stale() }));
            }
            "throw" => {
                self.handlers.push(self.hub.on_action(text("type"), |_| panic!("as it was told to")));
            }
            "watch" => calls::watch(&self.name, &self.hub, command),
            "conversations" => calls::conversations(&self.name, &self.hub, command),
            "read" => calls::read(&self.hub, command)?,
            "rpc" => calls::rpc(&self.name, &self.hub, command),
            "serve" => self.served.push(self.hub.serve(text("method"), |params| async { Ok(params) })),
            "hint" if command["hint"] != "hidden" => self.hub.reconnect(),
            "hint" => {}
            other => return Err(format!("{other} is unknown").into()),
        }
        Ok(json!({}))
    }

    fn credential(&self, command: &Value) {
        let ask = command["ask"].as_u64().unwrap_or_default();
        let waiting = self.asked.lock().unwrap_or_else(PoisonError::into_inner).waiting.remove(&ask);
        let answer = match (command["error"].as_str(), command["token"].as_str().or(command["ticket"].as_str())) {
            (Some("unauthorized"), _) => Err(ProviderError::Unauthorized),
            (Some(_), _) | (None, None) => Err(ProviderError::failed("the provider failed")),
            (None, Some(secret)) => Ok(secret.to_owned()),
        };
        if let Some(waiting) = waiting {
            // the attempt may be over
            let _ = waiting.send(answer);
        }
    }

    fn send(&mut self, command: &Value) {
        let text = |key: &str| command[key].as_str().unwrap_or_default();
        let options = SendOptions {
            id: command["id"].as_str().map(str::to_owned),
            deadline: command["deadline_ms"].as_u64().map(Duration::from_millis),
            only_connected: command["queue"] == false,
            ..SendOptions::default()
        };
        let payload = payload_of(command.as_object().unwrap_or(&Map::new()));
        let sent = self.hub.send_with(text("to"), text("type"), &payload, options);
        let (name, reference) = (self.name.clone(), text("ref").to_owned());
        match sent {
            Ok(sent) if command["unheard"] == true => drop(sent),
            Ok(sent) => {
                self.sent.insert(reference.clone(), sent.id().to_owned());
                tokio::spawn(async move { ended(&name, &reference, sent.await) });
            }
            Err(error) => ended(&name, &reference, Err(error)),
        }
    }

    fn batch(&self, items: Vec<Value>) {
        let (name, hub) = (self.name.clone(), self.hub.clone());
        tokio::spawn(async move {
            let parsed = items.iter().filter_map(|item| {
                let payload = payload_of(item.as_object()?);
                Some((item["to"].as_str()?.parse().ok()?, item["type"].as_str()?.to_owned(), payload))
            });
            for (item, outcome) in items.iter().zip(hub.batch(parsed.collect()).await) {
                ended(&name, item["ref"].as_str().unwrap_or_default(), outcome);
            }
        });
    }

    fn view(&mut self, address: Option<&str>) -> Result<(), HubError> {
        match address {
            Some(address) => {
                let channel = self.hub.view(address)?;
                self.keep(channel);
            }
            None => self.hub.view_nothing(),
        }
        Ok(())
    }

    /// Holds a channel by its address, and tells when it is joined.
    fn keep(&mut self, channel: Channel) {
        let address = channel.address().to_string();
        let (name, told, joined) = (self.name.clone(), address.clone(), channel.joined());
        tokio::spawn(async move {
            if joined.await.is_ok() {
                tell(json!({ "on": "joined", "client": name, "channel": told }));
            }
        });
        self.channels.insert(address, channel);
    }
}

async fn provide(name: String, asked: Asked, ask: Ask) -> Result<String, ProviderError> {
    let (sender, answer) = oneshot::channel();
    let number = {
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.count += 1;
        let number = asked.count;
        asked.waiting.insert(number, sender);
        number
    };
    let reason = match ask.reason {
        Reason::Connect => "connect",
        Reason::Refresh => "refresh",
        Reason::Rejected => "rejected",
    };
    tell(json!({ "on": "credential", "client": name, "ask": number, "reason": reason, "attempt": ask.attempt }));
    answer.await.map_err(ProviderError::failed)?
}

/// Tells how a send ended.
fn ended(name: &str, reference: &str, outcome: Result<Ack, HubError>) {
    tell(match outcome {
        Ok(ack) => json!({
            "on": "acked", "client": name, "ref": reference, "pos": ack.pos, "duplicate": ack.duplicate,
            "sessions": ack.sessions, "attempts": ack.attempts,
        }),
        Err(error) => {
            let outcome = if error.outcome == Outcome::Unknown { "unknown" } else { "not_done" };
            json!({
                "on": "rejected", "client": name, "ref": reference, "code": error.code.as_str(), "outcome": outcome,
            })
        }
    });
}

/// Tells what happens, until the client ends.
async fn listen(name: String, mut events: Feed, hub: Hub) {
    while let Some(event) = events.next().await {
        let told = match event {
            Event::Action(publication) => action(&publication),
            Event::Gap(Gap { stream, pos, cause }) => {
                json!({ "on": "gap", "stream": stream, "pos": pos, "cause": cause.as_str() })
            }
            Event::Presence(PresenceChange { channel, joined, left, changed, stale }) => json!({
                "on": "presence", "channel": channel, "joined": joined, "left": left, "changed": changed,
                "stale": stale,
            }),
            Event::State(change) => state(&change, &hub),
            Event::Read(mark) => json!({ "on": "read", "user": mark.user }),
            Event::Bye(retry_in) => json!({ "on": "bye", "retry_in_ms": retry_in.as_millis() as u64 }),
            Event::Error(error) => json!({ "on": "error", "code": error.code.as_str(), "message": error.message }),
            _ => continue,
        };
        let mut told = told;
        told["client"] = json!(name);
        tell(told);
    }
}

fn action(it: &Publication) -> Value {
    json!({
        "on": "action", "type": it.kind, "payload": it.payload, "to": it.to, "pos": it.pos, "id": it.id,
        "from": it.from, "ephemeral": it.is_ephemeral(),
    })
}

fn state(change: &StateChange, hub: &Hub) -> Value {
    let welcome = hub.welcome().filter(|_| change.state == State::Connected);
    json!({
        "on": "state", "state": change.state.as_str(), "previous": change.previous.as_str(),
        "code": change.error.as_ref().map(|error| error.code.as_str().to_owned()),
        "retry_in_ms": change.retry_in.map(|pause| pause.as_millis() as u64),
        "node": welcome.as_ref().map(|welcome| welcome.node.clone()),
        "session": welcome.as_ref().map(|welcome| welcome.session.clone()),
    })
}
