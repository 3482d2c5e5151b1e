//! `hubwire wshub`: runs a drop-in for WS-HUB until it is stopped.

use super::error::CliError;
use crate::config::sections::LogFormat;
use crate::logging;
use crate::wshub;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `wshub`.
#[derive(Debug, Args)]
pub struct WsHub {
    /// WS-HUB's own configuration file.
    #[arg(long, value_name = "FILE", default_value = "config.yaml")]
    config: PathBuf,
    /// What to log: a level, or levels by module.
    #[arg(long, value_name = "FILTER", env = "HUBWIRE_LOG_LEVEL", default_value = "info")]
    log_level: String,
}

impl WsHub {
    /// Starts logging and serves.
    pub fn run(self) -> Result<(), CliError> {
        logging::init(&self.log_level, LogFormat::Text, "");
        wshub::run(&self.config).map_err(|error| CliError::WsHub { path: self.config, error: Box::new(error) })
    }
}
