//! Configuration on the command line: `--config`, and a flag for every option.

use super::error::CliError;
use crate::config::load::Loaded;
use crate::config::{options, Config, OptionSpec};
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Heading of the flags in `--help`.
const HEADING: &str = "Configuration (documented by `hubwire config reference`)";

/// The sources of a configuration.
#[derive(Debug, Clone, Args)]
pub struct ConfigSource {
    /// Configuration file (TOML).
    #[arg(long, value_name = "FILE", env = "HUBWIRE_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub overrides: Overrides,
}

impl ConfigSource {
    /// Loads and checks the configuration.
    pub fn load(&self) -> Result<Loaded, CliError> {
        load(self.config.as_deref(), &self.overrides.0)
    }
}

/// Loads a configuration from a file, this process's environment and flags.
pub fn load(file: Option<&Path>, flags: &[(String, String)]) -> Result<Loaded, CliError> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| !CLIENT_VARIABLES.contains(&name.as_str()));
    Ok(Config::load(file, environment, flags)?)
}

/// Variables of the client commands, which are not options of a node.
const CLIENT_VARIABLES: &[&str] =
    &["HUBWIRE_URL", "HUBWIRE_TOKEN", "HUBWIRE_API", "HUBWIRE_API_KEY", "HUBWIRE_API_CA", "HUBWIRE_API_CERTIFICATE"];

/// The options given as flags: names without dashes, and values.
#[derive(Debug, Clone, Default)]
pub struct Overrides(pub Vec<(String, String)>);

/// All flags and their help: a secret has a second flag for a file that contains it.
static FLAGS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let file = |spec: &OptionSpec| Some((spec.file_flag()?, format!("File that holds {}", spec.name())));
    options().flat_map(|spec| std::iter::once((spec.flag(), first_sentence(spec.doc))).chain(file(spec))).collect()
});

fn first_sentence(doc: &str) -> String {
    let words: Vec<&str> = doc.split_whitespace().collect();
    let end = words.iter().position(|word| word.ends_with(['.', ':'])).map_or(words.len(), |last| last + 1);
    words[..end].join(" ").trim_end_matches(['.', ':']).to_owned()
}

impl FromArgMatches for Overrides {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = |(flag, _): &(String, String)| Some((flag.clone(), matches.get_one::<String>(flag)?.clone()));
        Ok(Overrides(FLAGS.iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Overrides {
    fn augment_args(command: Command) -> Command {
        command.args(FLAGS.iter().map(|(flag, help)| {
            let flag = flag.as_str();
            Arg::new(flag).long(flag).value_name("VALUE").help(help).help_heading(HEADING).hide_short_help(true)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
