//! The URL of the broker, which may contain a password.

use super::option::Kind;
use super::raw::Raw;
use super::value::Value;
use hubwire_actors::backend::open::Location;
use std::fmt;

/// The URL of the broker; empty for the one in memory. Printed without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerUrl(String);

impl BrokerUrl {
    /// Whether the node is its own broker.
    pub fn is_memory(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the URL contains a password that its printed form hides.
    pub fn has_password(&self) -> bool {
        self.0.contains('@')
    }

    /// Whether it is a Redis Cluster.
    pub fn is_cluster(&self) -> bool {
        self.0.split_once("://").is_some_and(|(scheme, _)| scheme.ends_with("+cluster"))
    }

    /// Whether connections use TLS.
    pub fn is_tls(&self) -> bool {
        self.0.starts_with("rediss")
    }

    /// The whole URL with its password.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_memory(), Location::parse(&self.0)) {
            (true, _) => Ok(()),
            // the backend knows where its URLs contain passwords
            (false, Ok(location)) => location.fmt(f),
            (false, Err(error)) => f.write_str(&error.url),
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
            ("redis://:hunter2@db:6379", "redis://***@db:6379"),
            ("redis://app:hun@ter2@db:6379", "redis://***@db:6379"),
            ("redis+unix:///run/redis.sock?db=1&pass=hunter2", "redis+unix:///run/redis.sock?db=1&pass=***"),
            ("unix:///run/redis.sock?pass=hunter2", "unix:///run/redis.sock?pass=***"),
        ] {
            assert_eq!(BrokerUrl(url.into()).to_string(), shown);
            assert_eq!(format!("{:?}", BrokerUrl(url.into())), format!("{shown:?}"));
        }
    }
}
