//! The driver by which the conformance scenarios test this library; `clients/conformance/README.md` has its protocol.
//! An argument `msgpack` chooses that codec; with `--stream` no WebSocket is tried.

mod calls;
mod client;
mod options;

use client::Client;
use hubwire_client::protocol::{Codec, Limits};
use serde_json::{json, Map, Value};
use std::collections::HashMap;
use std::io::Write as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};

const ABILITIES: &[&str] =
    &["tickets", "presence", "view", "clock", "hints", "suspend", "watch", "conversations", "rpc", "serve"];

/// A command's outcome: further keys of `done`.
type Done = Result<Value, Box<dyn std::error::Error>>;

/// Writes an event; keys without a value are left out.
fn tell(mut event: Value) {
    if let Some(keys) = event.as_object_mut() {
        keys.retain(|_, value| !value.is_null());
    }
    // one write per line: events come from several tasks
    let line = format!("{event}\n");
    let mut out = std::io::stdout().lock();
    if out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0); // the runner is gone
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let is_msgpack = std::env::args().any(|argument| argument == "msgpack");
    let codec = if is_msgpack { Codec::MsgPack } else { Codec::Json };
    // frames as texts are those of JSON
    let golden = Some("golden").filter(|_| !is_msgpack);
    let abilities: Vec<&str> = ABILITIES.iter().copied().chain(golden).collect();
    let name = if is_msgpack { "msgpack" } else { "json" };
    let version = env!("CARGO_PKG_VERSION");
    tell(json!({ "on": "ready", "name": "hubwire-rust", "version": version, "codec": name, "abilities": abilities }));
    let mut driver = Driver { codec, clients: HashMap::new() };
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let command: Value = serde_json::from_str(&line).unwrap_or_default();
        let mut done = match driver.carry_out(&command) {
            Ok(done) => done,
            Err(error) => json!({ "failed": error.to_string() }),
        };
        done["on"] = json!("done");
        done["n"] = command["n"].clone();
        tell(done);
    }
    std::process::exit(0);
}

struct Driver {
    codec: Codec,
    clients: HashMap<String, Client>,
}

impl Driver {
    fn carry_out(&mut self, command: &Value) -> Done {
        let nothing = || json!({});
        match command["do"].as_str().unwrap_or_default() {
            "open" => {
                let name = command["client"].as_str().unwrap_or_default();
                let client = Client::open(name, &command["options"], self.codec)?;
                self.clients.insert(name.to_owned(), client);
                Ok(nothing())
            }
            "decode" => decode(command["frame"].as_str().unwrap_or_default()),
            "encode" => encode(&command["actions"]),
            // the library reads no wall clock: tokens are renewed by their lifetime, and time comes from the node
            "clock" => Ok(nothing()),
            what => {
                let name = command["client"].as_str().unwrap_or_default();
                let client = self.clients.get_mut(name).ok_or_else(|| format!("no client {name}"))?;
                client.carry_out(what, command)
            }
        }
    }
}

fn decode(frame: &str) -> Done {
    let actions: Value = serde_json::from_str(frame)?;
    let actions = if actions.is_array() { actions } else { json!([actions]) };
    Ok(json!({ "actions": actions }))
}

fn encode(actions: &Value) -> Done {
    let frame = match actions.as_array().map(Vec::as_slice) {
        Some([one]) if !one.is_array() => one.to_string(),
        _ => actions.to_string(),
    };
    let refused = |error: hubwire_client::protocol::dialect::DecodeError| format!("{}: {}", error.code, error.message);
    Codec::Json.decode(frame.as_bytes(), &Limits::default()).map_err(refused)?;
    Ok(json!({ "frame": frame }))
}

/// The payload of a `send`; a text of a length where it says one.
fn payload_of(item: &Map<String, Value>) -> Value {
    match item.get("payload_bytes").and_then(Value::as_u64) {
        Some(bytes) => json!("x".repeat(usize::try_from(bytes).unwrap_or_default())),
        None => item.get("payload").cloned().unwrap_or_default(),
    }
}
