//! `hubwire completions <shell>`: completion of commands and options.

use super::error::CliError;
use super::terminal::Terminal;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    /// Prints the script; for bash, put it where `source` finds it.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Cli::command(), "hubwire", &mut script);
        terminal.line(&String::from_utf8_lossy(&script))
    }
}
