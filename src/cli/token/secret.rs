//! Reads the secret of a token from the command line, a file, or the configuration of a node.

use crate::cli::error::CliError;
use crate::cli::overrides;
use crate::config::{Config, Secret};
use clap::Args;
use std::path::PathBuf;

/// One of several ways to give a secret.
#[derive(Debug, Args)]
pub struct SecretSource {
    /// Secret itself; other users of this machine can see it, so prefer --secret-file.
    #[arg(long, value_name = "SECRET", conflicts_with_all = ["secret_file", "config", "dev"])]
    secret: Option<String>,
    /// File with secrets, one per line.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "dev"])]
    secret_file: Option<PathBuf>,
    /// Configuration of a node, for its secrets and rules; by default that of the environment.
    #[arg(long, value_name = "FILE", env = "HUBWIRE_CONFIG")]
    config: Option<PathBuf>,
    /// The secret of a node started with --dev without one.
    #[arg(long)]
    dev: bool,
}

impl SecretSource {
    /// Whether the node was started with --dev.
    pub fn is_dev(&self) -> bool {
        self.dev
    }

    /// The configuration with these secrets. There may be none.
    pub fn config(&self) -> Result<Config, CliError> {
        let given = match (&self.secret, &self.secret_file) {
            (Some(secret), _) => Some(vec![Secret::from(secret.as_str())]),
            (None, Some(path)) => Some(secrets_in(path)?),
            (None, None) if self.dev => Some(vec![Secret::from(Secret::OF_DEVELOPMENT)]),
            (None, None) => None,
        };
        // a file named in the environment is not read when the secret is given
        let file = self.config.as_deref().filter(|_| given.is_none());
        let mut config = overrides::load(file, &[])?.config;
        if let Some(secrets) = given {
            config.auth.jwt_secrets = secrets;
        }
        Ok(config)
    }
}

fn secrets_in(path: &PathBuf) -> Result<Vec<Secret>, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| CliError::File { path: path.clone(), error })?;
    let secrets: Vec<Secret> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Secret::from).collect();
    match secrets.is_empty() {
        true => Err(CliError::FileContent { path: path.clone(), reason: "contains no secret".into() }),
        false => Ok(secrets),
    }
}
