//! Output: results on standard output, everything else on standard error, colour only on a terminal.

use super::error::CliError;
use crate::printable::printable;
use serde_json::Value;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

/// How this run prints.
pub struct Terminal {
    json: bool,
    colour: bool,
    error_colour: bool,
}

/// The kind of a part of a line, which decides its colour.
#[derive(Debug, Clone, Copy)]
pub enum Style {
    /// A sender or receiver.
    Address,
    /// A type.
    Kind,
    /// A detail.
    Faint,
    /// A fault.
    Bad,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Style::Address => "36",
            Style::Kind => "1",
            Style::Faint => "2",
            Style::Bad => "31;1",
        }
    }
}

impl Terminal {
    /// Detects where the output goes. `NO_COLOR` (no-color.org) with any content turns colour off.
    pub fn new(json: bool) -> Self {
        let allowed = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Terminal {
            json,
            colour: allowed && !json && io::stdout().is_terminal(),
            error_colour: allowed && io::stderr().is_terminal(),
        }
    }

    /// Whether the output is for scripts.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a result: the document for scripts, otherwise the text for people.
    pub fn result(&self, document: &Value, text: impl Display) -> Result<(), CliError> {
        match self.json {
            true => self.line(&document.to_string()),
            false => self.line(&text.to_string()),
        }
    }

    /// Prints one or several lines, and flushes, so that the reader of a pipe gets them at once.
    pub fn line(&self, text: &str) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        let written = out.write_all(text.trim_end_matches('\n').as_bytes()).and_then(|()| out.write_all(b"\n"));
        written.and_then(|()| out.flush()).map_err(CliError::Output)
    }

    /// Prints a remark, for people only.
    pub fn note(&self, text: impl Display) {
        if !self.json {
            eprintln!("{}", styled(self.error_colour, Style::Faint, &text.to_string()));
        }
    }

    /// Prints why the command failed; for scripts as one document, on standard error as well, because standard output
    /// has only results.
    pub fn error(&self, error: &CliError) {
        if self.json {
            return eprintln!("{}", error.document());
        }
        eprintln!("{} {}", styled(self.error_colour, Style::Bad, "error:"), printable(&error.to_string()));
    }

    /// Formats a part of a result line, coloured on a terminal.
    pub fn paint(&self, style: Style, text: &str) -> String {
        styled(self.colour, style, &printable(text))
    }
}

fn styled(colour: bool, style: Style, text: &str) -> String {
    match colour {
        true => format!("\x1b[{}m{text}\x1b[0m", style.code()),
        false => text.to_owned(),
    }
}
