//! `hubwire man <directory>`: writes the manual pages, from the same declarations as `--help`.

use super::error::CliError;
use super::terminal::Terminal;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use serde_json::json;
use std::io;
use std::path::{Path, PathBuf};

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManPages {
    /// The directory; created if necessary.
    directory: PathBuf,
}

impl ManPages {
    /// Writes hubwire.1 and a page for each command: `hubwire-sub.1`, `hubwire-token-mint.1`.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let failed = |path: &Path, error| CliError::File { path: path.to_owned(), error };
        std::fs::create_dir_all(&self.directory).map_err(|error| failed(&self.directory, error))?;
        let mut command = super::Cli::command();
        command.build();
        let mut written = Vec::new();
        write(&command, &self.directory, &mut written).map_err(|error| failed(&self.directory, error))?;
        let said = format!("{} pages in {}", written.len(), self.directory.display());
        terminal.result(&json!({ "pages": written }), said)
    }
}

/// Writes the page of a command, and those of its subcommands; collects their names.
fn write(command: &Command, directory: &Path, written: &mut Vec<String>) -> io::Result<()> {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        write(sub, directory, written)?;
    }
    let page = Man::new(command.clone()).generate_to(directory)?;
    written.extend(page.file_name().map(|name| name.to_string_lossy().into_owned()));
    Ok(())
}
