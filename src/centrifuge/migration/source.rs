//! Parses a file by its extension: JSON, YAML or TOML.

use serde_json::Value;
use std::path::Path;

/// Why a file is not a configuration.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(#[from] std::io::Error),
    /// It does not have the form of its extension.
    #[error("not {form}: {reason}")]
    Syntax {
        /// The form.
        form: &'static str,
        /// The fault.
        reason: String,
    },
    /// An unknown extension.
    #[error("a configuration of Centrifugo is a file .json, .yaml, .yml or .toml")]
    Ending,
    /// It is not an object, or of an older version.
    #[error("{0}")]
    Shape(&'static str),
}

/// Reads and parses a configuration.
pub fn read(path: &Path) -> Result<Value, SourceError> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    let form = match ending.as_str() {
        "json" => "JSON",
        "yaml" | "yml" => "YAML",
        "toml" => "TOML",
        _ => return Err(SourceError::Ending),
    };
    let text = std::fs::read_to_string(path)?;
    let wrong = |reason: String| SourceError::Syntax { form, reason };
    let value: Value = match form {
        "JSON" => serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?,
        "YAML" => serde_yaml_ng::from_str(&text).map_err(|error| wrong(error.to_string()))?,
        _ => toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?,
    };
    let Value::Object(fields) = &value else { return Err(SourceError::Shape("it holds no options")) };
    // version 5 had these without sections
    if fields.keys().any(|key| ["token_hmac_secret_key", "namespaces", "api_key", "allowed_origins"].contains(&&**key))
    {
        return Err(SourceError::Shape(
            "it is a configuration of Centrifugo 5 or older, without sections; convert it to version 6 first",
        ));
    }
    Ok(value)
}
