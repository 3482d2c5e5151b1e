//! `hubwire ticket`: a one-time ticket, like an application's server requests for its user.

use super::api::{self, Api};
use super::error::CliError;
use super::org_argument::{memberships, OrgArgument};
use super::terminal::Terminal;
use clap::Args;
use hubwire_protocol::{DeviceId, UserId};
use serde_json::json;

/// Arguments of `ticket`.
#[derive(Debug, Args)]
pub struct MintTicket {
    /// The user of the ticket.
    #[arg(long, value_name = "USER")]
    user: UserId,
    /// Organisation with roles and teams, as in acme:admin+owner/ops; repeatable.
    #[arg(long = "org", value_name = "ORG")]
    orgs: Vec<OrgArgument>,
    /// The device of the ticket.
    #[arg(long, value_name = "DEVICE")]
    device: Option<DeviceId>,
    #[command(flatten)]
    api: Api,
}

impl MintTicket {
    /// Prints only the ticket, so that it can be used in a command line.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let mut body = json!({ "user": self.user, "orgs": memberships(&self.orgs) });
        if let Some(device) = &self.device {
            body["device"] = json!(device);
        }
        let minted = api::post(&self.api.url, &self.api.key, "/v1/tickets", &body.to_string())?;
        terminal.result(&minted, minted["ticket"].as_str().unwrap_or_default())
    }
}
