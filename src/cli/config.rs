//! `hubwire config default|reference`: the pages made from the declarations of options.

use super::error::CliError;
use super::terminal::Terminal;
use crate::config::{example_toml, options, reference_markdown};
use clap::{Args, Subcommand};
use serde_json::{json, Value};

/// Arguments of `config`.
#[derive(Debug, Args)]
pub struct ConfigPages {
    #[command(subcommand)]
    page: Page,
}

#[derive(Debug, Subcommand)]
enum Page {
    /// A configuration file with every option and its default, commented out.
    Default,
    /// The reference of all options, as Markdown.
    Reference,
}

impl ConfigPages {
    /// Prints the page, or for scripts the declarations themselves.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let declared: Vec<Value> = options()
            .map(|spec| {
                json!({
                    "option": spec.name(),
                    "default": spec.default,
                    "allowed": spec.kind.allowed(),
                    "doc": spec.doc.split_whitespace().collect::<Vec<_>>().join(" "),
                    "variable": spec.variable(),
                    "flag": format!("--{}", spec.flag()),
                    "secret": spec.secret,
                })
            })
            .collect();
        let page = match self.page {
            Page::Default => example_toml(),
            Page::Reference => reference_markdown(),
        };
        terminal.result(&json!({ "options": declared }), page)
    }
}
