//! `hubwire pub <address> <type> [payload]`: publishes an action, over a socket or by the server API.

use super::api::{self, ApiKey};
use super::connection::Client;
use super::error::CliError;
use super::runtime::block_on;
use super::terminal::{Style, Terminal};
use clap::Args;
use hubwire_protocol::{Address, UserId};
use serde_json::value::RawValue;
use serde_json::{json, Value};
use std::fmt::Write as _;

/// Arguments of `pub`.
#[derive(Debug, Args)]
pub struct Publish {
    /// The address: org:<org>, team:<org>/<team>, ch:<org>/<path>, user:<id> or session:<uuid>.
    address: Address,
    /// Type of the action, such as order/lineChanged.
    #[arg(value_name = "TYPE")]
    kind: String,
    /// Payload, as JSON; it is sent unchanged.
    #[arg(value_name = "PAYLOAD", value_parser = json_text)]
    payload: Option<String>,
    /// Skip the log: delivered only to sessions that are connected now.
    #[arg(long)]
    ephemeral: bool,
    /// Id of the action: an action with the same id and --device (or --api-key) within the node's window is stored
    /// once. Default: random.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Publish by the server API at this address instead of over a socket.
    #[arg(long, value_name = "URL", env = "HUBWIRE_API")]
    api: Option<String>,
    #[command(flatten)]
    key: ApiKey,
    /// The sender, for the server API.
    #[arg(long, value_name = "USER", requires = "api")]
    from: Option<UserId>,
    #[command(flatten)]
    client: Client,
}

impl Publish {
    /// Publishes and prints the ack.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let ack = match &self.api {
            Some(url) => api::post(url, &self.key, "/v1/publish", &self.request())?,
            None => block_on(by_socket(&self.client, &self.action()))?,
        };
        print_ack(terminal, &self.address, &ack)
    }

    fn action(&self) -> Action {
        Action {
            to: self.address.clone(),
            kind: self.kind.clone(),
            payload: self.payload.clone(),
            ephemeral: self.ephemeral,
            id: self.id.clone().unwrap_or_else(random_id),
        }
    }

    fn request(&self) -> String {
        let mut request = json!({ "to": self.address, "type": self.kind, "ephemeral": self.ephemeral });
        for (key, value) in [("id", self.id.as_deref()), ("from", self.from.as_ref().map(UserId::as_str))] {
            if let Some(value) = value {
                request[key] = json!(value);
            }
        }
        with_payload(&request, self.payload.as_deref())
    }
}

/// An action to send.
pub struct Action {
    /// The address.
    pub to: Address,
    /// `type`.
    pub kind: String,
    /// `payload`, as JSON text.
    pub payload: Option<String>,
    /// Skip the log.
    pub ephemeral: bool,
    /// `meta.hub.id`.
    pub id: String,
}

/// Connects, sends one action, and returns its ack.
pub async fn by_socket(client: &Client, action: &Action) -> Result<Value, CliError> {
    let (mut connection, _) = client.connect(Value::Null).await?;
    let mut hub = json!({ "to": action.to, "id": action.id });
    if action.ephemeral {
        hub["ephemeral"] = json!(true);
    }
    let text = with_payload(&json!({ "type": action.kind, "meta": { "hub": hub } }), action.payload.as_deref());
    let ack = connection.ask(text, &action.id).await?;
    connection.close().await;
    Ok(ack)
}

/// Prints the outcome of a publication.
pub fn print_ack(terminal: &Terminal, to: &Address, ack: &Value) -> Result<(), CliError> {
    let mut text = match ack["pos"].as_str() {
        Some(pos) => format!("stored in {} at {}", terminal.paint(Style::Address, &to.to_string()), pos),
        None => format!("sent to {}", terminal.paint(Style::Address, &to.to_string())),
    };
    // writing to a String cannot fail
    match (ack["sessions"].as_u64(), ack["nodes"].as_u64()) {
        (Some(0), _) => text += "; nobody is connected, it waits",
        (Some(sessions), Some(nodes)) => drop(write!(text, "; sessions: {sessions}, nodes: {nodes}")),
        _ => {}
    }
    if ack["duplicate"] == json!(true) {
        text += "; it was stored before, and not again";
    }
    terminal.result(ack, text)
}

/// The object with `payload` inserted unchanged: parsing and printing it could change numbers and key order.
fn with_payload(object: &Value, payload: Option<&str>) -> String {
    let text = object.to_string();
    match payload {
        Some(payload) => format!(r#"{{"payload":{payload},{}"#, &text[1..]),
        None => text,
    }
}

/// A random id.
pub fn random_id() -> String {
    format!("cli-{:016x}", rand::random::<u64>())
}

fn json_text(text: &str) -> Result<String, String> {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => Ok(raw.get().to_owned()),
        Err(error) => Err(format!("not JSON: {error}; a string needs double quotes: '\"hi\"'")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_stays_as_it_was_typed() {
        let text = with_payload(&json!({ "type": "x" }), Some(r#"{"b": 1.00,"a":2}"#));
        assert_eq!(text, r#"{"payload":{"b": 1.00,"a":2},"type":"x"}"#);
        assert_eq!(with_payload(&json!({ "type": "x" }), None), r#"{"type":"x"}"#);
    }
}
