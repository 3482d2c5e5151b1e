//! `hubwire serve`: runs a node until it is told to stop.

use super::development;
use super::error::CliError;
use super::overrides::ConfigSource;
use crate::logging;
use crate::node::{self, ServeOptions};
use clap::Args;

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Development mode: everybody may connect as anybody by ?user=, on loopback only. Never in production.
    #[arg(long)]
    dev: bool,
    /// Also serve a WebSocket echo at this path, for conformance tests.
    #[arg(long, value_name = "PATH", value_parser = path)]
    echo_path: Option<String>,
    #[command(flatten)]
    source: ConfigSource,
}

impl Serve {
    /// Loads the configuration, begins to log, runs the node.
    pub fn run(mut self) -> Result<(), CliError> {
        if self.dev {
            self.source.overrides.0.extend(development::flags());
        }
        let mut loaded = self.source.load()?;
        let dev = loaded.config.auth.dev;
        if dev {
            development::complete(&mut loaded)?;
        }
        logging::init(&loaded.config.log.level, loaded.config.log.format);
        Ok(node::run(loaded, ServeOptions { dev, echo_path: self.echo_path })?)
    }
}

fn path(text: &str) -> Result<String, String> {
    match text.starts_with('/') {
        true => Ok(text.to_owned()),
        false => Err(format!("a path starts with /; use /{text}")),
    }
}
