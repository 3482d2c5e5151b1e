//! `hubwire nodes`, `top` and `drain`: the nodes of the cluster (server API).

use super::api::{self, Api};
use super::error::CliError;
use super::table::table;
use super::terminal::Terminal;
use clap::Args;
use serde_json::Value;
use std::io::IsTerminal as _;
use std::time::Duration;

/// Interval of `top`.
const EVERY: Duration = Duration::from_secs(2);
/// Moves the cursor home and clears the screen (ECMA-48).
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Arguments of `nodes`.
#[derive(Debug, Args)]
pub struct Nodes {
    #[command(flatten)]
    api: Api,
}

impl Nodes {
    /// Prints one line per node, and the faults.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let cluster = cluster(&self.api)?;
        terminal.result(&cluster, shown(terminal, &cluster))
    }
}

/// Arguments of `top`.
#[derive(Debug, Args)]
pub struct Top {
    /// Print once and exit, like `nodes`. This is the default if the output is not a terminal.
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    api: Api,
}

impl Top {
    /// Prints the nodes repeatedly until it is interrupted.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        if self.once || !std::io::stdout().is_terminal() {
            return Nodes { api: self.api }.run(terminal);
        }
        loop {
            let cluster = cluster(&self.api)?;
            terminal.result(&cluster, format!("{CLEAR}{}", shown(terminal, &cluster)))?;
            std::thread::sleep(EVERY);
        }
    }
}

/// Arguments of `drain`.
#[derive(Debug, Args)]
pub struct Drain {
    /// The node, by its label or its incarnation.
    node: String,
    #[command(flatten)]
    api: Api,
}

impl Drain {
    /// Lets a node hand its sessions over to the others and stop.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let cluster = cluster(&self.api)?;
        let incarnation = incarnation_of(&cluster, &self.node)?;
        let answer = api::post(&self.api.url, &self.api.key, &format!("/v1/nodes/{incarnation}/drain"), "")?;
        terminal.result(&answer, format!("{} was asked to drain; hubwire nodes shows it", self.node))
    }
}

/// The incarnation of the node with this name, which must be unique.
pub fn incarnation_of(cluster: &Value, called: &str) -> Result<String, CliError> {
    let named = |node: &&Value| node["label"] == called || node["incarnation"] == called;
    let found: Vec<&Value> = rows(cluster).iter().filter(named).collect();
    match found.as_slice() {
        [node] => Ok(text(node, "incarnation")),
        [] => Err(CliError::Usage(format!("no node is called {called}; hubwire nodes lists them"))),
        several => {
            let names: Vec<String> = several.iter().map(|node| text(node, "incarnation")).collect();
            let names = names.join(", ");
            let message = format!("several nodes are called {called}; name one by its incarnation: {names}");
            Err(CliError::Usage(message))
        }
    }
}

fn cluster(api: &Api) -> Result<Value, CliError> {
    api::get(&api.url, &api.key, "/v1/cluster")
}

fn rows(cluster: &Value) -> &[Value] {
    cluster["nodes"].as_array().map_or(&[], Vec::as_slice)
}

fn shown(terminal: &Terminal, cluster: &Value) -> String {
    let heads = [
        "NODE",
        "INCARNATION",
        "STATE",
        "VERSION",
        "UP",
        "SESSIONS",
        "CHANNELS",
        "PUB/S",
        "DELIVERED/S",
        "P99",
        "LAGGING",
    ];
    let mut lines =
        vec![table(terminal, &heads, &rows(cluster).iter().map(|node| row(cluster, node)).collect::<Vec<_>>())];
    for node in rows(cluster) {
        let alarms = node["alarms"].as_array().into_iter().flatten().filter_map(Value::as_str);
        lines.extend(alarms.map(|alarm| format!("! {}: {alarm}", text(node, "label"))));
    }
    let advice = cluster["broker"]["advice"].as_array().into_iter().flatten().filter_map(Value::as_str);
    lines.extend(advice.map(|advice| format!("! {advice}")));
    lines.join("\n")
}

fn row(cluster: &Value, node: &Value) -> Vec<String> {
    let is = |key: &str| node[key] == true;
    let state = match node["alarms"].as_array().is_some_and(|alarms| !alarms.is_empty()) {
        _ if is("silent") => "silent",
        _ if is("draining") => "draining",
        true => "unready",
        false => "ready",
    };
    let up = cluster["now_ms"].as_u64().zip(node["up_since_ms"].as_u64());
    let p99 = node["rates"]["append_p99_ms"].as_f64();
    vec![
        text(node, "label"),
        text(node, "incarnation"),
        state.to_owned(),
        text(node, "version"),
        up.map_or_else(|| "-".to_owned(), |(now_ms, since_ms)| age(now_ms.saturating_sub(since_ms))),
        text(node, "sessions"),
        text(node, "channels"),
        text(&node["rates"], "published_per_second"),
        text(&node["rates"], "deliveries_per_second"),
        p99.map_or_else(|| "-".to_owned(), |ms| format!("<={ms} ms")),
        text(node, "lagging_sessions"),
    ]
}

/// A value for people; a dash if it is absent.
pub fn text(value: &Value, key: &str) -> String {
    match &value[key] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A duration in its largest unit.
pub fn age(ms: u64) -> String {
    match ms / 1000 {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds @ 7200..=172_799 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        let told = [0, 119_999, 120_000, 7_200_000, 172_800_000].map(age);
        assert_eq!(told, ["0 s", "119 s", "2 min", "2 h", "2 d"]);
    }
}
