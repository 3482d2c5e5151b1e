//! The configuration of a node: sources, allowed values, and results.
//!
//! Each option is declared once, in [`sections`]: name, type, default, bounds, and documentation. From that one
//! declaration come the typed [`Config`], the TOML keys, the environment variables, the flags, the reference page and
//! the example file. Flags take precedence over environment variables, those over the file, the file over defaults.
//!
//! Loading never stops at the first mistake: [`ConfigErrors`] holds all that were found.

mod broker_url;
mod check;
mod error;
mod file;
mod listeners;
pub mod load;
mod named;
mod option;
mod raw;
mod reference;
mod resolver;
mod rules;
mod schemas;
mod secret;
mod section;
pub mod sections;
mod settings;
mod value;

#[cfg(test)]
mod tests;

pub use broker_url::BrokerUrl;
pub use error::{ConfigError, ConfigErrors};
pub use option::{Kind, OptionSpec, Rule, SectionSpec};
pub use reference::{example_toml, limits_markdown, reference_markdown};
pub use resolver::{Origin, Settled};
pub use secret::Secret;
pub use sections::{options, Config, Limits, SECTIONS};
