//! `hubwire token`: creates tokens for trials, and explains why a token is refused.

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
    /// Create a token.
    Mint(mint::Mint),
    /// Show the content of a token, and whether a node would accept it.
    Inspect(inspect::Inspect),
}

impl Token {
    /// Creates or inspects a token.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        match self.command {
            TokenCommand::Mint(mint) => mint.run(terminal),
            TokenCommand::Inspect(inspect) => inspect.run(terminal),
        }
    }
}
