//! `hubwire check-config`: prints every value with its origin, or every mistake.

use super::development;
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
        let mut loaded = self.source.load()?;
        if loaded.config.auth.dev {
            development::complete(&mut loaded)?;
        }
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
        match loaded.config.auth.jwt_secrets.is_empty() {
            true => terminal.note("the configuration is valid, but `serve` needs auth.jwt_secrets, too"),
            false => terminal.note("the configuration is valid"),
        }
        Ok(())
    }
}
