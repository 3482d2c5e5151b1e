//! `hubwire who <user>`: the sessions of a user.

use super::api::{self, Api};
use super::connection::percent_encode;
use super::count::counted;
use super::error::CliError;
use super::terminal::{Style, Terminal};
use clap::Args;
use hubwire_protocol::UserId;
use serde_json::Value;

/// Arguments of `who`.
#[derive(Debug, Args)]
pub struct Who {
    /// The user.
    user: UserId,
    #[command(flatten)]
    api: Api,
}

impl Who {
    /// Prints one line per session, or that there is none.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let path = format!("/v1/users/{}/sessions", percent_encode(self.user.as_str()));
        let found = api::get(&self.api.url, &self.api.key, &path)?;
        let sessions = found["sessions"].as_array().cloned().unwrap_or_default();
        let lines: Vec<String> = sessions.iter().map(|session| line(terminal, session)).collect();
        let count = match lines.len() {
            0 => format!("{} is not connected", self.user),
            many => format!("{} has {}", self.user, counted(many, "session")),
        };
        terminal.result(&found, [vec![count], lines].concat().join("\n"))
    }
}

fn line(terminal: &Terminal, session: &Value) -> String {
    let text = |key: &str| session[key].as_str().unwrap_or("-").to_owned();
    format!(
        "  {}  node {}  device {}  since {}",
        terminal.paint(Style::Address, &text("session")),
        terminal.paint(Style::Kind, &text("node")),
        terminal.paint(Style::Kind, &text("device")),
        session["since_ms"].as_i64().map_or_else(|| "-".to_owned(), second),
    )
}

/// A time in UTC, as in log lines.
pub fn second(unix_ms: i64) -> String {
    match jiff::Timestamp::from_second(unix_ms.div_euclid(1000)) {
        Ok(time) => time.to_string(),
        Err(_) => format!("{unix_ms} ms"), // beyond the year 9999
    }
}
