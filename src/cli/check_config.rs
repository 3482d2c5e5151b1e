//! `hubwire check-config`: every value and where it comes from, or every mistake.

use super::error::CliError;
use super::overrides::ConfigSource;
use super::terminal::Terminal;
use clap::Args;
use serde_json::{json, Value};

/// Arguments of `check-config`.
#[derive(Debug, Args)]
pub struct CheckConfig {
    #[command(flatten)]
    source: ConfigSource,
}

impl CheckConfig {
    /// Prints the configuration a node would run with, secrets redacted.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let loaded = self.source.load()?;
        let options: Vec<Value> = loaded
            .settled
            .iter()
            .map(|settled| {
                json!({
                    "option": settled.spec.name(),
                    "value": settled.shown,
                    "origin": settled.origin.to_string(),
                })
            })
            .collect();
        terminal.result(&json!({ "ok": true, "options": options }), &loaded)?;
        terminal.note("the configuration is valid");
        Ok(())
    }
}
