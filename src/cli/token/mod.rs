//! `hubwire token`: tokens for trying things out and for finding out why one is refused.

mod inspect;
mod mint;
mod secret;

pub use secret::SecretSource;

use super::error::CliError;
use super::terminal::Terminal;
use clap::{Args, Subcommand};

/// Arguments of `token`.
#[derive(Debug, Args)]
pub struct Token {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token.
    Mint(mint::Mint),
    /// Show what a token says and whether a node would accept it.
    Inspect(inspect::Inspect),
}

impl Token {
    /// Makes or examines a token.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        match self.command {
            TokenCommand::Mint(mint) => mint.run(terminal),
            TokenCommand::Inspect(inspect) => inspect.run(terminal),
        }
    }
}
