//! Errors of a configuration. No message holds a secret.

use super::resolver::Origin;
use std::fmt;
use std::path::PathBuf;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No option has this name.
    #[error("{origin}: unknown option {name}{}", did_you_mean(.nearest))]
    Unknown {
        /// The place.
        origin: Origin,
        /// The name.
        name: String,
        /// The option that was probably meant.
        nearest: Option<String>,
    },
    /// The option does not allow this value.
    #[error("{origin}: {option} is {found}; allowed: {allowed}")]
    Wrong {
        /// The place.
        origin: Origin,
        /// The option.
        option: String,
        /// The value, or for a secret only its size.
        found: String,
        /// The allowed values.
        allowed: String,
    },
    /// A secret was given both as value and as file.
    #[error("{origin}: {option} and {option}_file are both given; give one")]
    Both {
        /// The place of the second one.
        origin: Origin,
        /// The option.
        option: String,
    },
    /// The configuration file could not be read.
    #[error("cannot read the configuration file {}: {reason}", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        reason: String,
    },
    /// A file with a secret could not be read.
    #[error("{origin}: cannot read {}: {reason}", path.display())]
    Unreadable {
        /// Origin of the value.
        origin: Origin,
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        reason: String,
    },
    /// The file is not TOML.
    #[error("{origin}: {reason}")]
    Syntax {
        /// The place.
        origin: Origin,
        /// What the parser expected.
        reason: String,
    },
    /// Options that contradict each other.
    #[error("{origin}: {option} {reason}")]
    Misfit {
        /// The origin of the first of them.
        origin: Origin,
        /// The first of them.
        option: String,
        /// The contradiction, with both values.
        reason: String,
    },
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

/// All mistakes of a configuration; at least one. One line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
