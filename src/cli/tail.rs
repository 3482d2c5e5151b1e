//! `hubwire tail` and `trace`: publications as nodes accept them, and the path of one of them (server API).

use super::api::{self, Api};
use super::count::counted;
use super::error::CliError;
use super::nodes::text;
use super::table::table;
use super::terminal::{Style, Terminal};
use clap::Args;
use hubwire_client::percent_encode;
use hubwire_protocol::{Address, Position, UserId};
use jiff::Timestamp;
use serde_json::{json, Value};

/// Arguments of `tail`.
#[derive(Debug, Args)]
pub struct Tail {
    /// Only addresses with this prefix, such as ch:acme/order/.
    #[arg(default_value = "")]
    prefix: String,
    /// Only of this type.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only from or to this user.
    #[arg(long)]
    user: Option<UserId>,
    /// With payloads; the key needs the scope content, and the node's log records the access.
    #[arg(long)]
    payload: bool,
    /// Exit after this many publications.
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    #[command(flatten)]
    api: Api,
}

impl Tail {
    /// Prints a line per publication until it is interrupted.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let mut path = format!("/v1/tail?prefix={}", percent_encode(&self.prefix));
        for (key, value) in [("type", self.kind.as_deref()), ("user", self.user.as_ref().map(UserId::as_str))] {
            if let Some(value) = value {
                path += &format!("&{key}={}", percent_encode(value));
            }
        }
        if self.payload {
            path += "&payload=true";
        }
        let (mut event, mut seen) = (String::new(), 0);
        for line in api::lines(&self.api.url, &self.api.key, &path)? {
            let line = line?;
            if let Some(name) = line.strip_prefix("event: ") {
                event = name.to_owned();
            }
            let Some(data) = line.strip_prefix("data: ") else { continue };
            let data: Value = serde_json::from_str(data)
                .map_err(|error| CliError::Foreign { reason: format!("{}: {error}", self.api.url).into() })?;
            match event.as_str() {
                "publication" => {
                    terminal.result(&data, publication(terminal, &data))?;
                    seen += 1;
                }
                // scripts must learn of a gap, too
                "dropped" => {
                    let said = format!("… {} more were published too fast to be shown", text(&data, "count"));
                    terminal.result(&json!({ "dropped": data["count"] }), said)?;
                }
                "silent" => {
                    let said = format!("… silent nodes, whose share is missing: {}", data["nodes"]);
                    terminal.result(&json!({ "silent": data["nodes"] }), said)?;
                }
                _ => {}
            }
            if self.count.is_some_and(|count| seen >= count) {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn publication(terminal: &Terminal, line: &Value) -> String {
    let mut parts = vec![
        terminal.paint(Style::Faint, &time(&line["ts"])),
        terminal.paint(Style::Address, &text(line, "to")),
        terminal.paint(Style::Kind, &text(line, "type")),
        format!("from {}", text(line, "from")),
        format!("{} B", text(line, "bytes")),
    ];
    for key in ["pos", "id", "node", "traceparent"] {
        if !line[key].is_null() {
            parts.push(terminal.paint(Style::Faint, &format!("{key} {}", text(line, key))));
        }
    }
    if !line["sessions"].is_null() {
        let (sessions, nodes) = (counted(text(line, "sessions"), "session"), counted(text(line, "nodes"), "node"));
        parts.push(format!("to {sessions} on {nodes}"));
    }
    if line["duplicate"] == true {
        parts.push("sent again".to_owned());
    }
    if !line["payload"].is_null() {
        parts.push(terminal.paint(Style::Faint, &line["payload"].to_string()));
    }
    parts.join("  ")
}

/// A time of day in UTC.
fn time(ms: &Value) -> String {
    let time = ms.as_i64().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    time.map_or_else(|| "-".to_owned(), |time| time.to_string())
}

/// Arguments of `trace`.
#[derive(Debug, Args)]
pub struct Trace {
    /// The stream, such as ch:acme/order/1842.
    stream: Address,
    /// The position in an ack or a publication.
    pos: Position,
    /// With the payload; the key needs the scope content, and the node's log records the access.
    #[arg(long)]
    payload: bool,
    #[command(flatten)]
    api: Api,
}

impl Trace {
    /// Prints the stored publication, its sender, and the nodes that wrote it, with the number of their sessions.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let query = if self.payload { "?payload=true" } else { "" };
        let path = format!("/v1/messages/{}/{}{query}", percent_encode(&self.stream.to_string()), self.pos);
        let found = api::get(&self.api.url, &self.api.key, &path)?;
        let stored = match &found["stored"] {
            Value::Null => format!("{} does not contain {} (any more)", self.stream, self.pos),
            line => format!("stored  {}", publication(terminal, line)),
        };
        let nodes = found["nodes"].as_array().map_or(&[][..], Vec::as_slice);
        let mut lines = vec![stored];
        for node in nodes {
            for line in node["accepted"].as_array().into_iter().flatten() {
                lines.push(format!("accepted by {}  {}", text(node, "label"), publication(terminal, line)));
            }
        }
        let rows: Vec<Vec<String>> = nodes.iter().map(row).collect();
        lines.push(table(terminal, &["NODE", "WRITTEN AT", "SESSIONS", "LAGGING"], &rows));
        terminal.result(&found, lines.join("\n"))?;
        if nodes.iter().all(|node| node["traces"] != true) {
            terminal
                .note("the nodes keep no traces: set trace.messages, or trace a publication while `hubwire tail` runs");
        }
        Ok(())
    }
}

/// The sums over all workers of one node.
fn row(node: &Value) -> Vec<String> {
    let writes = node["delivered"].as_array().map_or(&[][..], Vec::as_slice);
    let sum = |key: &str| writes.iter().filter_map(|write| write[key].as_u64()).sum::<u64>().to_string();
    match writes.first() {
        _ if node["silent"] == true => vec![text(node, "label"), "silent".into(), "-".into(), "-".into()],
        None => vec![text(node, "label"), "-".into(), "-".into(), "-".into()],
        Some(first) => vec![text(node, "label"), time(&first["at_ms"]), sum("sessions"), sum("lagging")],
    }
}
