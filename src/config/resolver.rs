//! Resolves options that several sources set, and records the origin of each value.

use super::error::ConfigError;
use super::option::{Kind, OptionSpec};
use super::raw::Raw;
use super::value::Value;
use std::fmt;
use std::path::{Path, PathBuf};

/// The origin of a value. A later variant takes precedence over an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Not given.
    Default,
    /// The configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Variable {
        /// Its name.
        name: String,
    },
    /// A flag of the command line.
    Flag {
        /// Its name, with the dashes.
        name: String,
    },
}

impl Origin {
    fn rank(&self) -> u8 {
        match self {
            Origin::Default => 0,
            Origin::File { .. } => 1,
            Origin::Variable { .. } => 2,
            Origin::Flag { .. } => 3,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Variable { name } => write!(f, "environment {name}"),
            Origin::Flag { name } => write!(f, "flag {name}"),
        }
    }
}

/// A given value.
pub(super) struct Given {
    pub spec: &'static OptionSpec,
    /// Whether the value is the path of a file that contains it.
    pub in_file: bool,
    pub raw: Raw,
    pub origin: Origin,
}

/// An option with its effective value.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The option.
    pub spec: &'static OptionSpec,
    /// The printable value, secrets redacted.
    pub shown: String,
    /// Origin of the value.
    pub origin: Origin,
    /// The file from which it was read, if it was given as a path.
    pub file: Option<PathBuf>,
    /// Differs if and only if the value does, even if the value must not be shown.
    pub(crate) fingerprint: u64,
}

/// The effective value and its origin.
struct Winner {
    raw: Raw,
    origin: Origin,
    file: Option<PathBuf>,
}

/// Collects given values and returns the effective ones, option by option.
#[derive(Default)]
pub(super) struct Resolver {
    pub given: Vec<Given>,
    pub settled: Vec<Settled>,
    pub errors: Vec<ConfigError>,
}

impl Resolver {
    /// The value of an option, or `None` and a recorded error.
    pub fn read<T: Value>(&mut self, spec: &'static OptionSpec) -> Option<T> {
        let Winner { raw, origin, file } = self.winner(spec)?;
        let Some(value) = T::read(&raw, &spec.kind) else {
            let found = match spec.kind {
                _ if spec.secret => raw.found_secret(),
                Kind::List(rule) => raw.found_wrong(rule.check),
                _ => raw.found(),
            };
            self.errors.push(ConfigError::Wrong { origin, option: spec.name(), found, allowed: spec.kind.allowed() });
            return None;
        };
        self.settled.push(Settled { spec, shown: value.shown(), origin, file, fingerprint: raw.fingerprint() });
        Some(value)
    }

    fn winner(&mut self, spec: &'static OptionSpec) -> Option<Winner> {
        let of_option = || self.given.iter().filter(|given| given.spec.name() == spec.name());
        // of values with the same origin the last one wins: a repeated flag overrides
        let Some(best) = of_option().max_by_key(|given| given.origin.rank()) else {
            let raw = Raw::Untyped(spec.default.to_string());
            return Some(Winner { raw, origin: Origin::Default, file: None });
        };
        let rank = best.origin.rank();
        let origin = best.origin.clone();
        if of_option().any(|given| given.origin.rank() == rank && given.in_file != best.in_file) {
            self.errors.push(ConfigError::Both { origin, option: spec.name() });
            return None;
        }
        if !best.in_file {
            return Some(Winner { raw: best.raw.clone(), origin, file: None });
        }
        match read_secret_file(spec, &best.raw, &origin) {
            Ok(raw) => Some(Winner { raw, origin, file: best.raw.text().map(PathBuf::from) }),
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }
}

/// One secret per line for a list, otherwise the whole file without the final newline that editors add.
fn read_secret_file(spec: &OptionSpec, raw: &Raw, origin: &Origin) -> Result<Raw, ConfigError> {
    let path = raw.text().ok_or_else(|| ConfigError::Wrong {
        origin: origin.clone(),
        option: format!("{}_file", spec.name()),
        found: raw.found_secret(),
        allowed: "the path of a file".to_string(),
    })?;
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        origin: origin.clone(),
        path: Path::new(path).to_path_buf(),
        reason: error.to_string(),
    })?;
    Ok(match spec.kind {
        Kind::List(_) => {
            Raw::List(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect())
        }
        _ => Raw::Text(text.trim_end().to_string()),
    })
}
