//! `hubwire serve`: runs a node until it is stopped.

use super::development;
use super::error::CliError;
use super::overrides::ConfigSource;
use crate::config::load::Loaded;
use crate::logging;
use crate::node::{self, ServeOptions};
use clap::Args;

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Development mode: anybody may connect as any user with ?user=, on loopback only. Never in production.
    #[arg(long)]
    dev: bool,
    /// Also serve a WebSocket echo at this path, for conformance tests.
    #[arg(long, value_name = "PATH", value_parser = path)]
    echo_path: Option<String>,
    #[command(flatten)]
    source: ConfigSource,
}

impl Serve {
    /// Loads the configuration, starts logging, runs the node.
    pub fn run(mut self) -> Result<(), CliError> {
        if self.dev {
            self.source.overrides.0.extend(development::flags());
        }
        let loaded = load(&self.source)?;
        let config = &loaded.config;
        logging::init(&config.log.level, config.log.format, &config.node.label);
        let options = ServeOptions { dev: loaded.config.auth.dev, echo_path: self.echo_path };
        let source = self.source;
        Ok(node::run(loaded, options, Box::new(move || load(&source).map_err(|error| error.to_string())))?)
    }
}

/// The configuration, completed with the defaults of development mode.
fn load(source: &ConfigSource) -> Result<Loaded, CliError> {
    let mut loaded = source.load()?;
    if loaded.config.auth.dev {
        development::complete(&mut loaded)?;
    }
    Ok(loaded)
}

fn path(text: &str) -> Result<String, String> {
    match text.starts_with('/') {
        true => Ok(text.to_owned()),
        false => Err(format!("a path must start with /; use /{text}")),
    }
}
