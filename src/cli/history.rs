//! `hubwire history <address>`: prints the log of a stream, oldest first.

use super::connection::Client;
use super::error::CliError;
use super::publish::random_id;
use super::received::Received;
use super::subscribe::print;
use super::terminal::Terminal;
use clap::Args;
use hubwire_protocol::{Address, Position};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{json, Value};

/// Arguments of `history`.
#[derive(Debug, Args)]
pub struct History {
    /// The stream: org:<org>, team:<org>/<team>, ch:<org>/<path>, or user:<id> of the authenticated user.
    address: Address,
    /// Only publications older than this position. Default, without --after: the newest.
    #[arg(long, value_name = "POSITION", conflicts_with = "after")]
    before: Option<Position>,
    /// Only publications newer than this position, beginning with the oldest; 0-0 is before everything.
    #[arg(long, value_name = "POSITION")]
    after: Option<Position>,
    /// At most this many publications; a node sends fewer if they are long.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    #[command(flatten)]
    client: Client,
}

/// Payload of `@@hub/history`.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    publications: Vec<&'a RawValue>,
    more: bool,
}

impl History {
    /// Requests one page and prints it.
    pub async fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let (mut connection, _) = self.client.connect(Value::Null).await?;
        let id = random_id();
        let answer = connection.answer(self.question(&id), &id).await?;
        connection.close().await;
        let payload = Received::parse(&answer)?.payload.map_or("null", RawValue::get);
        let page: Page<'_> = serde_json::from_str(payload)
            .map_err(|error| CliError::Foreign { reason: format!("@@hub/history: {error}").into() })?;
        for publication in &page.publications {
            print(terminal, publication.get(), &Received::parse(publication.get())?)?;
        }
        if page.more {
            terminal.note(self.how_to_go_on(&page.publications));
        }
        Ok(())
    }

    fn question(&self, id: &str) -> String {
        let mut payload = json!({ "limit": self.limit });
        if let Some(before) = self.before {
            payload["before"] = json!(before);
        }
        if let Some(after) = self.after {
            payload["after"] = json!(after);
        }
        json!({ "type": "@@hub/history", "payload": payload, "meta": { "hub": { "to": self.address, "id": id } } })
            .to_string()
    }

    fn how_to_go_on(&self, publications: &[&RawValue]) -> String {
        let (option, edge) = match self.after {
            Some(_) => ("--after", publications.last()),
            None => ("--before", publications.first()),
        };
        let edge = edge.and_then(|edge| Received::parse(edge.get()).ok());
        let pos = edge.as_ref().and_then(|edge| edge.meta.hub.pos.as_deref());
        format!("there is more: {option} {}", pos.unwrap_or("?"))
    }
}
