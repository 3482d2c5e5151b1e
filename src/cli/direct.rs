//! `hubwire send <user> <text>`: sends a direct message, and prints how many sessions received it.

use super::connection::Client;
use super::error::CliError;
use super::publish::{by_socket, print_ack, random_id, Action};
use super::terminal::Terminal;
use clap::Args;
use hubwire_protocol::{Address, UserId};
use serde_json::value::RawValue;
use serde_json::Value;

/// Arguments of `send`.
#[derive(Debug, Args)]
pub struct Send {
    /// The receiver; --user is the sender.
    #[arg(value_name = "TO")]
    to: UserId,
    /// The message: valid JSON is sent unchanged, anything else as a string.
    #[arg(value_name = "MESSAGE")]
    message: String,
    /// Type of the action.
    #[arg(long = "type", value_name = "TYPE", default_value = "message")]
    kind: String,
    /// Id of the message: a message with the same id and --device within the node's window is stored once. Default:
    /// random.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    client: Client,
}

impl Send {
    /// Sends and prints the ack.
    pub async fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let to = Address::User(self.to);
        let action = Action {
            to: to.clone(),
            kind: self.kind,
            payload: Some(payload(&self.message)),
            ephemeral: false,
            id: self.id.unwrap_or_else(random_id),
        };
        let ack = by_socket(&self.client, &action).await?;
        print_ack(terminal, &to, &ack)
    }
}

fn payload(message: &str) -> String {
    match serde_json::from_str::<&RawValue>(message) {
        Ok(raw) => raw.get().to_owned(),
        Err(_) => Value::from(message).to_string(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_message_is_json_or_a_text() {
        assert_eq!(super::payload(r#"{"n": 1.0}"#), r#"{"n": 1.0}"#);
        assert_eq!(super::payload("hi \"there\""), r#""hi \"there\"""#);
        assert_eq!(super::payload("42"), "42");
    }
}
