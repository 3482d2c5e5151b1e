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
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It does not have the form of its extension.
    #[error("not YAML: {0}")]
    Yaml(#[from] serde_yaml_ng::Error),
    /// It does not have the form of its extension. Only the message: the error's own text quotes the line, which may
    /// contain a secret.
    #[error("not TOML: {0}")]
    Toml(String),
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
    let parse: fn(&str) -> Result<Value, SourceError> = match ending.as_str() {
        "json" => |text| Ok(serde_json::from_str(text)?),
        "yaml" | "yml" => |text| Ok(serde_yaml_ng::from_str(text)?),
        "toml" => |text| toml::from_str(text).map_err(|error| SourceError::Toml(error.message().to_owned())),
        _ => return Err(SourceError::Ending),
    };
    let value = parse(&std::fs::read_to_string(path)?)?;
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
