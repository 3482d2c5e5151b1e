//! `hubwire block`, `unblock`, `revoke` and `blocks`: deny users, tokens and addresses access (server API).

use super::api::{self, Api};
use super::connection::percent_encode;
use super::error::CliError;
use super::terminal::Terminal;
use clap::Args;
use hubwire_actors::words::network::{BadNetwork, Network};
use hubwire_protocol::UserId;
use serde_json::{json, Value};

/// An address or a network, checked and passed on as it was written: the node decides how far a bare one goes.
fn network(text: &str) -> Result<String, BadNetwork> {
    text.parse::<Network>().map(|_| text.to_owned())
}

/// The subject of a block.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Blocked {
    /// The user.
    user: Option<UserId>,
    /// Instead of a user: every client that connects from this address or network, such as 192.0.2.7 or 10.0.0.0/8. An
    /// address of IPv6 stands for its /64 network, with /128 behind it for itself.
    #[arg(long, value_name = "ADDRESS", value_parser = network)]
    address: Option<String>,
}

impl Blocked {
    /// The path of the request, and the start of its body.
    fn request(&self, action: &str) -> (String, Value) {
        match (&self.user, &self.address) {
            (_, Some(network)) => (format!("/v1/addresses/{action}"), json!({ "address": network })),
            (Some(user), None) => (of_user(user, action), json!({})),
            (None, None) => (String::new(), Value::Null), // one of them is required
        }
    }

    /// The name of the subject: of an address the network that the node made of it.
    fn name(&self, answer: &Value) -> String {
        match &self.user {
            Some(user) => user.to_string(),
            None => answer["address"].as_str().or(self.address.as_deref()).unwrap_or_default().to_owned(),
        }
    }
}

/// Arguments of `block`.
#[derive(Debug, Args)]
pub struct Block {
    #[command(flatten)]
    blocked: Blocked,
    /// Duration of the block.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    seconds: u64,
    /// Reason, shown in the list of blocks.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    api: Api,
}

impl Block {
    /// Closes the sessions of the user, or from the address, and prevents new ones.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let (path, mut body) = self.blocked.request("block");
        body["seconds"] = json!(self.seconds);
        body["reason"] = json!(self.reason);
        let answer = api::post(&self.api.url, &self.api.key, &path, &body.to_string())?;
        terminal.result(&answer, format!("{} is blocked for {} s", self.blocked.name(&answer), answer["expires_in_s"]))
    }
}

/// Arguments of `unblock`.
#[derive(Debug, Args)]
pub struct Unblock {
    #[command(flatten)]
    blocked: Blocked,
    #[command(flatten)]
    api: Api,
}

impl Unblock {
    /// Ends a block early.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let (path, body) = self.blocked.request("unblock");
        let body = if self.blocked.user.is_some() { String::new() } else { body.to_string() };
        let answer = api::post(&self.api.url, &self.api.key, &path, &body)?;
        let text = match answer["was_blocked"] == true {
            true => format!("{} is no longer blocked", self.blocked.name(&answer)),
            false => format!("{} was not blocked", self.blocked.name(&answer)),
        };
        terminal.result(&answer, text)
    }
}

/// Arguments of `revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The id (`jti`) of one token.
    #[arg(long, value_name = "ID", conflicts_with_all = ["user", "issued_before"], required_unless_present = "user")]
    jti: Option<String>,
    /// The user whose tokens and tickets are revoked.
    #[arg(long, value_name = "USER", requires = "issued_before")]
    user: Option<UserId>,
    /// Only tokens and tickets of the user that were issued before this time, Unix seconds.
    #[arg(long, value_name = "UNIX_SECONDS", requires = "user")]
    issued_before: Option<u64>,
    /// Duration. Default: as long as a token can be valid.
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    #[command(flatten)]
    api: Api,
}

impl Revoke {
    /// Revokes one token, or the older ones of a user.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let mut body = match (&self.jti, &self.user) {
            (Some(jti), _) => json!({ "jti": jti }),
            (None, user) => json!({ "user": user, "issued_before": self.issued_before }),
        };
        if let Some(seconds) = self.seconds {
            body["seconds"] = json!(seconds);
        }
        let answer = api::post(&self.api.url, &self.api.key, "/v1/tokens/revoke", &body.to_string())?;
        terminal.result(&answer, format!("revoked for {} s", answer["expires_in_s"]))
    }
}

/// Arguments of `blocks`.
#[derive(Debug, Args)]
pub struct Blocks {
    #[command(flatten)]
    api: Api,
}

impl Blocks {
    /// Prints one line per block or revocation.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let found = api::get(&self.api.url, &self.api.key, "/v1/blocks")?;
        let of = |key: &str| found[key].as_array().cloned().unwrap_or_default();
        let lines: Vec<String> =
            of("blocks").iter().chain(&of("addresses")).chain(&of("revocations")).map(line).collect();
        let text = if lines.is_empty() { "no blocks and no revocations".to_owned() } else { lines.join("\n") };
        terminal.result(&found, text)
    }
}

fn line(entry: &Value) -> String {
    let text = |key: &str| entry[key].as_str().unwrap_or_default();
    let what = match (entry.get("jti"), entry.get("issued_before")) {
        (Some(_), _) => format!("token {}", text("jti")),
        (_, Some(before)) => format!("tokens of {} issued before {before}", text("user")),
        _ if entry.get("address").is_some() => format!("address {}", text("address")),
        _ => format!("user {}", text("user")),
    };
    let reason = match text("reason") {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    format!("{what}  for {} s{reason}", entry["expires_in_s"])
}

fn of_user(user: &UserId, action: &str) -> String {
    format!("/v1/users/{}/{action}", percent_encode(user.as_str()))
}
