//! `hubwire sessions`, `disconnect`, `channels` and `presence`: connections and their nodes (server API).

use super::api::{self, Api};
use super::count::counted;
use super::error::CliError;
use super::nodes::text;
use super::table::table;
use super::terminal::Terminal;
use super::who::second;
use clap::Args;
use hubwire_client::percent_encode;
use hubwire_protocol::{Address, OrgId, UserId};
use serde_json::{json, Value};

/// Arguments of `sessions`.
#[derive(Debug, Args)]
pub struct Sessions {
    /// The user.
    user: UserId,
    #[command(flatten)]
    api: Api,
}

impl Sessions {
    /// Prints one line per session, and the state of the user.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let found =
            api::get(&self.api.url, &self.api.key, &format!("/v1/users/{}", percent_encode(self.user.as_str())))?;
        let sessions = found["sessions"].as_array().cloned().unwrap_or_default();
        let stream = &found["stream"];
        let mut lines = vec![format!(
            "{}: {}; the stream holds {}, its last position is {}",
            self.user,
            counted(text(&found, "count"), "session"),
            counted(text(stream, "length"), "publication"),
            text(stream, "top")
        )];
        if let Some(left) = found["blocked"]["expires_in_s"].as_u64() {
            lines.push(format!("blocked for another {left} s: {}", text(&found["blocked"], "reason")));
        }
        if let Some(last_seen) = found["last_seen"].as_i64() {
            lines.push(format!("last seen at {}", second(last_seen)));
        }
        if sessions.is_empty() {
            lines.push(format!(
                "hubwire audit --user {} shows how its sessions ended and why it was refused",
                self.user
            ));
        } else {
            let heads = ["SESSION", "NODE", "DEVICE", "FROM", "PROTOCOL", "LOOKS AT", "LAGS", "OUTBOX"];
            lines.push(table(terminal, &heads, &sessions.iter().map(session).collect::<Vec<_>>()));
        }
        terminal.result(&found, lines.join("\n"))
    }
}

fn session(session: &Value) -> Vec<String> {
    let streams = session["streams"].as_array().into_iter().flatten();
    let lagging: Vec<String> =
        streams.filter(|stream| stream["lagging"] == true).map(|stream| text(stream, "stream")).collect();
    let node =
        if session["silent"] == true { format!("{} (silent)", text(session, "node")) } else { text(session, "node") };
    vec![
        text(session, "session"),
        node,
        text(session, "device"),
        text(session, "address"),
        text(session, "codec"),
        text(session, "view"),
        if lagging.is_empty() { "-".to_owned() } else { lagging.join(" ") },
        text(session, "outbox_bytes"),
    ]
}

/// Arguments of `disconnect`.
#[derive(Debug, Args)]
pub struct Disconnect {
    /// The user.
    user: UserId,
    /// The close code; 4403 tells clients to stay away, 4000 to reconnect at once.
    #[arg(long, default_value_t = 4403)]
    code: u16,
    #[command(flatten)]
    api: Api,
}

impl Disconnect {
    /// Closes all sessions of a user.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let path = format!("/v1/users/{}/disconnect", percent_encode(self.user.as_str()));
        let answer = api::post(&self.api.url, &self.api.key, &path, &json!({ "code": self.code }).to_string())?;
        let sessions = counted(text(&answer, "sessions"), "session");
        terminal.result(&answer, format!("asked {sessions} of {} to close", self.user))
    }
}

/// Arguments of `channels`.
#[derive(Debug, Args)]
pub struct Channels {
    /// Only those of this organisation.
    #[arg(long)]
    org: Option<OrgId>,
    /// Only those with this prefix of the path.
    #[arg(long, default_value = "")]
    prefix: String,
    /// Only those after this channel, the last one of the previous page.
    #[arg(long, value_name = "CHANNEL")]
    after: Option<Address>,
    /// At most this many.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u8).range(1..=100))]
    limit: u8,
    #[command(flatten)]
    api: Api,
}

impl Channels {
    /// Prints a page of the channels with members.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let mut path = format!("/v1/channels?limit={}&prefix={}", self.limit, percent_encode(&self.prefix));
        if let Some(org) = &self.org {
            path += &format!("&org={}", percent_encode(org.as_str()));
        }
        if let Some(after) = &self.after {
            path += &format!("&after={}", percent_encode(&after.to_string()));
        }
        let found = api::get(&self.api.url, &self.api.key, &path)?;
        let channels = found["channels"].as_array().cloned().unwrap_or_default();
        let row = |it: &Value| ["channel", "users", "sessions", "top"].map(|key| text(it, key)).to_vec();
        let rows: Vec<Vec<String>> = channels.iter().map(row).collect();
        terminal.result(&found, table(terminal, &["CHANNEL", "USERS", "SESSIONS", "STANDS AT"], &rows))?;
        if let Some(last) = channels.last().filter(|_| found["more"] == true) {
            terminal.note(format!("there are more: --after {}", text(last, "channel")));
        }
        for silent in found["silent"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            terminal.note(format!("node {silent} is silent: its share is missing"));
        }
        Ok(())
    }
}

/// Arguments of `presence`.
#[derive(Debug, Args)]
pub struct Presence {
    /// The channel, such as ch:acme/order/1842.
    channel: Address,
    #[command(flatten)]
    api: Api,
}

impl Presence {
    /// Prints the members of a channel.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let path = format!("/v1/presence?channel={}", percent_encode(&self.channel.to_string()));
        let found = api::get(&self.api.url, &self.api.key, &path)?;
        let users = found["users"].as_array().cloned().unwrap_or_default();
        let rows: Vec<Vec<String>> =
            users.iter().map(|it| ["user", "sessions"].map(|key| text(it, key)).to_vec()).collect();
        terminal.result(&found, table(terminal, &["USER", "SESSIONS"], &rows))
    }
}
