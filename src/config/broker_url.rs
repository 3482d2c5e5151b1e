//! Where the broker is: an address that may hold a password.

use super::option::Kind;
use super::raw::Raw;
use super::value::Value;
use std::fmt;

/// The URL of the broker; empty for the one in memory. Printed without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerUrl(String);

impl BrokerUrl {
    /// Whether the node is its own broker.
    pub fn is_memory(&self) -> bool {
        self.0.is_empty()
    }

    /// The whole URL with its password.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // credentials end at the last `@`: an unescaped one within a password must not let part of it through
        match (self.0.split_once("://"), self.0.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, rest))) => write!(f, "{scheme}://[redacted]@{rest}"),
            _ => f.write_str(&self.0),
        }
    }
}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl Value for BrokerUrl {
    const SECRET: bool = true;

    fn read(raw: &Raw, kind: &Kind) -> Option<Self> {
        let Kind::Text(rule) = kind else { return None };
        let text = raw.text()?;
        (rule.check)(text).then(|| BrokerUrl(text.to_string()))
    }

    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::BrokerUrl;

    #[test]
    fn a_password_is_not_shown() {
        for (url, shown) in [
            ("", ""),
            ("redis://localhost:6379/0", "redis://localhost:6379/0"),
            ("redis://:hunter2@db:6379", "redis://[redacted]@db:6379"),
            ("redis://app:hun@ter2@db:6379", "redis://[redacted]@db:6379"),
        ] {
            assert_eq!(BrokerUrl(url.into()).to_string(), shown);
            assert_eq!(format!("{:?}", BrokerUrl(url.into())), format!("{shown:?}"));
        }
    }
}
