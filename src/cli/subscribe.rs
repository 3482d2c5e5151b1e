//! `hubwire sub`: connects, joins channels, and prints what arrives.

use super::connection::{Client, Connection};
use super::error::CliError;
use super::positions::Positions;
use super::received::{payload, refusal, Received};
use super::terminal::{Style, Terminal};
use crate::printable::printable_line;
use clap::{Args, ValueEnum};
use hubwire_protocol::{Address, Position, UserId};
use serde::Deserialize;
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Arguments of `sub`.
#[derive(Debug, Args)]
pub struct Subscribe {
    /// Channel to join, as in ch:acme/order/1842; repeatable.
    #[arg(long, value_name = "CHANNEL")]
    join: Vec<Address>,
    /// The start of your inbox if --resume has no position in it: at the device's cursor, with the oldest stored
    /// message, or with the next one. Default: cursor with --device, otherwise oldest.
    #[arg(long, value_enum, value_name = "START")]
    from: Option<InboxStart>,
    /// Exit after this many publications; messages of the node itself do not count.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Exit after this time; with --count, fail if fewer have arrived.
    #[arg(long, value_name = "MS")]
    timeout_ms: Option<u64>,
    /// File of positions: resume where the last run ended, and store where this one ends.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    client: Client,
}

/// The start of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum InboxStart {
    /// After the last position that this device acknowledged.
    Cursor,
    /// With the oldest stored message.
    Oldest,
    /// With the next message.
    Now,
}

/// The needed part of `@@hub/welcome`.
#[derive(Deserialize)]
struct Welcome {
    user: UserId,
    #[serde(default)]
    resume: BTreeMap<Address, Position>,
}

impl Subscribe {
    /// Prints until enough has arrived, the time is over, the user interrupts it, or the node closes the socket.
    pub async fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        if let Some(other) = self.join.iter().find(|address| !matches!(address, Address::Channel(..))) {
            let message = format!("--join {other}: only ch: addresses can be joined; others need no join");
            return Err(CliError::Usage(message));
        }
        if self.from == Some(InboxStart::Cursor) && !self.client.has_device() {
            return Err(CliError::Usage("--from cursor needs --device: cursors belong to a device".into()));
        }
        let mut positions = self.resume.as_deref().map(Positions::read).transpose()?.unwrap_or_default();
        let outcome = self.follow(terminal, &mut positions).await;
        if let Some(path) = &self.resume {
            positions.write(path)?;
        }
        outcome
    }

    async fn follow(&self, terminal: &Terminal, positions: &mut Positions) -> Result<(), CliError> {
        let (mut connection, welcome) = self.client.connect(json!(positions.unasked())).await?;
        let own = welcomed(terminal, &welcome, positions)?;
        for (index, channel) in self.join.iter().enumerate() {
            connection.send(join(channel, positions.of(channel), index)).await?;
        }
        let mut inbox = Inbox { stream: own, awaited: false };
        if let Some(start) = self.start(&inbox.stream, positions) {
            connection.send(start).await?;
            inbox.awaited = true;
        }
        let outcome = tokio::select! {
            outcome = self.print(terminal, &mut connection, positions, &mut inbox) => outcome,
            () = passed(self.timeout_ms) => self.late(),
            // without a handler, an interrupt ends the process anyway
            _ = tokio::signal::ctrl_c() => Ok(()),
        };
        if outcome.is_ok() {
            connection.close().await;
        }
        outcome
    }

    /// The resume of the inbox, unless it continues from a known position (which the first message contained) or starts
    /// with the next message, which is the default.
    fn start(&self, own: &Address, positions: &mut Positions) -> Option<String> {
        if positions.of(own).is_some() {
            return None;
        }
        let start = match self.from {
            Some(InboxStart::Now) => return None,
            Some(InboxStart::Cursor) => Value::Null,
            None if self.client.has_device() => Value::Null,
            None | Some(InboxStart::Oldest) => json!({ "from": "oldest" }),
        };
        let payload = json!({ "positions": { own.to_string(): start } });
        Some(json!({ "type": "@@hub/resume", "payload": payload, "meta": { "hub": { "id": INBOX } } }).to_string())
    }

    async fn print(
        &self,
        terminal: &Terminal,
        connection: &mut Connection,
        positions: &mut Positions,
        inbox: &mut Inbox,
    ) -> Result<(), CliError> {
        let mut left = self.count.unwrap_or(u64::MAX);
        while left > 0 {
            let text = connection.next().await?;
            let received = Received::parse(&text)?;
            if inbox.is_void(&received) {
                continue;
            }
            print(terminal, &text, &received)?;
            if let Some(refusal) = refusal(&received) {
                return Err(refusal);
            }
            if received.is_control() {
                positions.told(&received);
            } else {
                positions.seen(&received, &inbox.stream);
                left -= 1;
            }
        }
        Ok(())
    }

    fn late(&self) -> Result<(), CliError> {
        match self.count {
            Some(_) => Err(CliError::Timeout {
                what: "fewer publications than --count asks for",
                timeout_ms: self.timeout_ms.unwrap_or_default(),
            }),
            None => Ok(()),
        }
    }
}

/// The id of the inbox's resume.
const INBOX: &str = "inbox";

/// The own stream.
struct Inbox {
    stream: Address,
    /// Whether its resume is not answered yet.
    awaited: bool,
}

impl Inbox {
    /// Whether an action of the inbox will be delivered again after the answer.
    fn is_void(&mut self, received: &Received<'_>) -> bool {
        let is_answer = received.meta.hub.re.as_deref() == Some(INBOX);
        self.awaited &= !is_answer;
        let is_of_inbox = received.meta.hub.to.as_deref().is_some_and(|to| to.starts_with("user:"));
        self.awaited && is_of_inbox && !received.is_control()
    }
}

/// Prints the user. Returns the own stream.
fn welcomed(terminal: &Terminal, text: &str, positions: &mut Positions) -> Result<Address, CliError> {
    let received = Received::parse(text)?;
    if terminal.is_json() {
        terminal.line(text)?;
    }
    let payload = payload(&received);
    let welcome: Welcome = serde_json::from_value(payload.clone())
        .map_err(|error| CliError::Foreign { reason: format!("@@hub/welcome: {error}").into() })?;
    terminal.note(format_args!(
        "connected to {} as {}, session {}; Ctrl-C exits",
        payload["node"].as_str().unwrap_or("a node"),
        welcome.user,
        payload["session"].as_str().unwrap_or("?"),
    ));
    let own = Address::User(welcome.user);
    // the top of the inbox does not show how far the user has read
    for (stream, pos) in welcome.resume.into_iter().filter(|(stream, _)| *stream != own) {
        positions.begin(stream, pos);
    }
    Ok(own)
}

fn join(channel: &Address, pos: Option<Position>, index: usize) -> String {
    let mut action =
        json!({ "type": "@@hub/join", "meta": { "hub": { "to": channel, "id": format!("join-{index}") } } });
    if let Some(pos) = pos {
        action["payload"] = json!({ "pos": pos });
    }
    action.to_string()
}

/// Prints an action as received, or a line for people.
pub fn print(terminal: &Terminal, text: &str, received: &Received<'_>) -> Result<(), CliError> {
    if terminal.is_json() {
        return terminal.line(text);
    }
    let hub = &received.meta.hub;
    let mut parts = vec![terminal.paint(Style::Kind, &received.kind)];
    if let Some(to) = &hub.to {
        parts.insert(0, terminal.paint(Style::Address, to));
    }
    if let Some(from) = &hub.from {
        parts.push(format!("from {}", terminal.paint(Style::Address, from)));
    }
    if let Some(pos) = &hub.pos {
        parts.push(terminal.paint(Style::Faint, pos));
    }
    if let Some(payload) = received.payload {
        parts.push(printable_line(payload.get()));
    }
    terminal.line(&parts.join("  "))
}

/// Returns after the time; without one, never.
async fn passed(timeout_ms: Option<u64>) {
    match timeout_ms {
        Some(timeout_ms) => tokio::time::sleep(Duration::from_millis(timeout_ms)).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_goes_on_from_a_known_position() {
        let channel: Address = "ch:acme/x".parse().unwrap();
        let action: Value = serde_json::from_str(&join(&channel, "5-1".parse().ok(), 0)).unwrap();
        assert_eq!(action["payload"], json!({ "pos": "5-1" }));
        assert_eq!(action["meta"]["hub"]["to"], "ch:acme/x");
        assert!(!join(&channel, None, 0).contains("payload"));
    }
}
