//! `hubwire api-key`: a key of the server API with a name and scopes.

use super::error::CliError;
use super::terminal::Terminal;
use crate::auth::api_key;
use crate::config::Secret;
use clap::Args;
use serde_json::json;

/// Arguments of `api-key`.
#[derive(Debug, Args)]
pub struct ApiKey {
    /// Name of the key; logs show it.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Its scopes: read, publish, tickets, members, sessions, operate, content, joined by +; or *.
    #[arg(long, value_name = "SCOPES")]
    scopes: String,
}

impl ApiKey {
    /// Prints the key for the caller of the API, and the entry for the nodes, which contains only its digest.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let random: [u8; 32] = rand::random();
        let key: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let entry = api_key::entry(&self.name, &self.scopes, &Secret::from(key.as_str()))
            .map_err(|error| CliError::Usage(error.to_string()))?;
        let text = format!(
            "key for the caller (X-Api-Key):\n{key}\n\nentry of auth.api_keys for the nodes:\n{}",
            entry.reveal()
        );
        terminal.result(&json!({ "key": key, "entry": entry.reveal() }), &text)
    }
}
