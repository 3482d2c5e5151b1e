//! `hubwire check-centrifugo`: converts a configuration of Centrifugo.

use super::error::CliError;
use super::terminal::{Style, Terminal};
use crate::centrifuge::migration::{self, Finding, Migration, Verdict};
use crate::config::Config;
use clap::Args;
use hubwire_protocol::OrgId;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `check-centrifugo`. Variables CENTRIFUGO_… override the file, as they do in Centrifugo. Standard output
/// is a configuration file, including the secrets of the input. The exit code is 1 if an option has no equivalent.
#[derive(Debug, Args)]
pub struct CheckCentrifugo {
    /// A configuration of Centrifugo 6 (.json, .yaml or .toml). Optional if CENTRIFUGO_… variables are set.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The organisation for the channels.
    #[arg(long, value_name = "ORG", default_value = "main")]
    org: OrgId,
}

impl CheckCentrifugo {
    /// Prints the configuration, and to standard error the result for each option.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let variables: Vec<_> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with(migration::PREFIX))
            .collect();
        let theirs = match self.file {
            Some(path) => {
                migration::read(&path).map_err(|error| CliError::FileContent { path, reason: error.into() })?
            }
            None if variables.is_empty() => {
                return Err(CliError::Usage("name a configuration file, or set CENTRIFUGO_… variables".into()));
            }
            None => json!({}),
        };
        let read = variables.len();
        let migration = Migration::with_variables(theirs, variables, self.org.as_str());
        let text = migration.toml();
        let mistakes = match Config::of_text(Path::new("hubwire.toml"), &text) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.0.iter().map(ToString::to_string).collect::<Vec<_>>(),
        };
        let missing = migration.missing().count();
        let ok = missing == 0 && mistakes.is_empty();
        let document = json!({ "ok": ok, "toml": text, "options": migration.findings, "mistakes": mistakes });
        terminal.result(&document, &text)?;
        for finding in &migration.findings {
            terminal.note(line(terminal, finding));
        }
        terminal.note(format!(
            "{read} variables CENTRIFUGO_… were read; options set by flags of Centrifugo are not \
                               included"
        ));
        for mistake in &mistakes {
            terminal.note(format!("to be corrected: {mistake}"));
        }
        match ok {
            true => Ok(()),
            false => Err(CliError::Unequalled { missing, mistakes: !mistakes.is_empty() }),
        }
    }
}

fn line(terminal: &Terminal, Finding { option, verdict, note }: &Finding) -> String {
    let style = if *verdict == Verdict::None { Style::Bad } else { Style::Faint };
    format!("{:10}  {option}: {note}", terminal.paint(style, verdict.word()))
}
