//! `hubwire audit`: refused, disconnected, blocked and kicked users, and how sessions ended, on all nodes (server API).

use super::api::{self, Api};
use super::error::CliError;
use super::nodes::text;
use super::table::table;
use super::terminal::Terminal;
use super::who::second;
use clap::Args;
use hubwire_client::percent_encode;
use hubwire_protocol::UserId;
use serde_json::Value;

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct Audit {
    /// Only events of this user. Invalid credentials identify no user: leave this out, and look for the address.
    #[arg(long)]
    user: Option<UserId>,
    /// Only this kind, such as handshake_refused or session_ended.
    #[arg(long, value_name = "KIND")]
    event: Option<String>,
    /// At most this many.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    api: Api,
}

impl Audit {
    /// Prints one line per event, newest first.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let mut path = format!("/v1/audit?all=true&limit={}", self.limit);
        for (key, value) in [("event", self.event.as_deref()), ("user", self.user.as_ref().map(UserId::as_str))] {
            if let Some(value) = value {
                path += &format!("&{key}={}", percent_encode(value));
            }
        }
        let found = api::get(&self.api.url, &self.api.key, &path)?;
        let events = found["events"].as_array().cloned().unwrap_or_default();
        let mut lines = Vec::new();
        if events.is_empty() {
            lines.push("No such event since the nodes started.".to_owned());
        } else {
            let heads = ["AT", "NODE", "WHAT", "WHO", "FROM", "CODE", "WHY"];
            lines.push(table(terminal, &heads, &events.iter().map(event).collect::<Vec<_>>()));
        }
        for node in found["silent"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            lines.push(format!("{node} did not answer"));
        }
        terminal.result(&found, lines.join("\n"))
    }
}

fn event(event: &Value) -> Vec<String> {
    let who = match &event["user"] {
        Value::Null => event["key"].as_str().map_or_else(|| "-".to_owned(), |key| format!("key {key}")),
        _ => text(event, "user"),
    };
    let why: Vec<&str> = ["call", "to", "reason"].iter().filter_map(|key| event[*key].as_str()).collect();
    vec![
        event["at_ms"].as_i64().map_or_else(|| "-".to_owned(), second),
        text(event, "node"),
        text(event, "event"),
        who,
        text(event, "address"),
        if event["code"].is_null() { text(event, "status") } else { text(event, "code") },
        if why.is_empty() { "-".to_owned() } else { why.join(": ") },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_names_the_address() {
        let refused =
            json!({ "at_ms": 0, "event": "action_refused", "user": "u1", "to": "ch:acme/hr", "reason": "no rule" });
        assert_eq!(event(&refused).last().unwrap(), "ch:acme/hr: no rule");
    }
}
