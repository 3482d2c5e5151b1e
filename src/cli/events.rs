//! `hubwire events dead` and `events replay`: server events that the application did not accept (server API).

use super::api::{self, Api};
use super::count::counted;
use super::error::CliError;
use super::terminal::Terminal;
use clap::{Args, Subcommand};
use serde_json::{json, Value};

/// Arguments of `events`.
#[derive(Debug, Args)]
pub struct Events {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the oldest of them.
    Dead(Which),
    /// Deliver the oldest of them again.
    Replay(Which),
}

/// The number, and the node.
#[derive(Debug, Args)]
struct Which {
    /// At most this many.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    #[command(flatten)]
    api: Api,
}

impl Events {
    /// Sends the request and prints the answer.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        match self.command {
            Command::Dead(Which { limit, api }) => {
                let answer = api::get(&api.url, &api.key, &format!("/v1/events/dead?limit={limit}"))?;
                let events = answer["events"].as_array().map_or(&[][..], Vec::as_slice);
                let lines: Vec<String> = events.iter().map(Value::to_string).collect();
                let text = format!("{} not accepted\n{}", counted(&answer["count"], "event"), lines.join("\n"));
                terminal.result(&answer, text.trim_end().to_owned())
            }
            Command::Replay(Which { limit, api }) => {
                let body = json!({ "limit": limit }).to_string();
                let answer = api::post(&api.url, &api.key, "/v1/events/replay", &body)?;
                terminal.result(&answer, format!("{} will be delivered again", counted(&answer["events"], "event")))
            }
        }
    }
}
