//! Rules for strings, and short forms for the bounds of numbers.

use super::option::{Kind, Rule};
use crate::auth::origin;
use crate::listener::{Source, TrustedProxies};
use hubwire_actors::backend::open::Location;
use std::net::SocketAddr;

/// The name of a node: printable without spaces, so that it is one word in a log line.
pub(super) fn is_label(text: &str) -> bool {
    text.len() <= 64 && text.chars().all(|c| !c.is_whitespace() && !c.is_control())
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && is_label(text)
}

pub(super) const LABEL: Kind =
    Kind::Text(Rule { allowed: "at most 64 bytes without spaces; empty for the host name", check: is_label });

pub(super) const ADDRESS: Kind = Kind::Text(Rule {
    allowed: "an IP address and a port, such as 0.0.0.0:8080 or [::]:8080",
    check: |text| text.parse::<SocketAddr>().is_ok(),
});

pub(super) const ADDRESS_OR_NOTHING: Kind = Kind::Text(Rule {
    allowed: "an IP address and a port, such as 127.0.0.1:8082; or nothing",
    check: |text| text.is_empty() || text.parse::<SocketAddr>().is_ok(),
});

/// Mistakes in an entry are reported when the whole configuration is checked.
pub(super) const KEY_FILES: Kind = Kind::List(Rule { allowed: "ALGORITHM[:KID]=PATH", check: |_| true });

pub(super) const HTTP_URL: Kind = Kind::Text(Rule {
    allowed: "a URL that begins with https:// (or http://, for a provider on the same machine)",
    check: |text| text.is_empty() || text.starts_with("https://") || text.starts_with("http://"),
});

pub(super) const PATH_OR_NOTHING: Kind =
    Kind::Text(Rule { allowed: "the path of a file; or nothing", check: |_| true });

/// The path for sockets in addition to [`SOCKET_PATH`](crate::socket_path::SOCKET_PATH).
pub(super) const SOCKETS: Kind = Kind::Text(Rule {
    allowed: "a path that begins with / and is not that of hubwire's own sockets",
    check: |text| text.starts_with('/') && text.trim_end_matches('/') != crate::socket_path::SOCKET_PATH,
});

pub(super) const NETWORKS: Kind = Kind::List(Rule {
    allowed: "IP addresses and networks, such as 192.0.2.7 or 10.0.0.0/8",
    check: |text| TrustedProxies::new(Source::Connection, [text]).is_ok(),
});

pub(super) const ANY_TEXT: Kind = Kind::Text(Rule { allowed: "a string", check: |_| true });

/// Braces would become part of the hash tags of Redis Cluster.
pub(super) const KEY_PREFIX: Kind = Kind::Text(Rule {
    allowed: "at most 64 bytes without spaces and braces",
    check: |text| is_label(text) && !text.contains(['{', '}']),
});

pub(super) const BROKER_URL: Kind = Kind::Text(Rule {
    allowed: "redis://:password@host:6379/0, unix:///path, redis+sentinel://host:port,host:port/service or \
              redis+cluster://host:port,host:port; rediss for redis means TLS; empty for the broker in memory",
    check: |text| text.is_empty() || Location::parse(text).is_ok(),
});

pub(super) const ORIGINS: Kind = Kind::List(Rule {
    allowed: "origins: https://host, https://host:port, http://localhost:* (any port), https://*.domain (all \
              subdomains), capacitor://localhost and the like, null, or *",
    check: |text| origin::Pattern::parse(text).is_some(),
});

pub(super) const SECRET: Kind = Kind::Text(Rule { allowed: "a secret", check: |_| true });

pub(super) const SECRETS: Kind = Kind::List(Rule { allowed: "secrets", check: |text| !text.is_empty() });

pub(super) const HOST_NAMES: Kind =
    Kind::List(Rule { allowed: "host names or addresses without scheme and port", check: is_host_name });

fn is_host_name(text: &str) -> bool {
    let is_character = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    let is_name = !text.is_empty() && text.len() <= 253 && text.bytes().all(is_character);
    is_name || text.parse::<std::net::IpAddr>().is_ok()
}

pub(super) const WORDS: Kind = Kind::List(Rule { allowed: "words of at most 64 bytes without spaces", check: is_word });

/// Mistakes in a rule are reported when the whole configuration is checked.
pub(super) const RULES: Kind =
    Kind::List(Rule { allowed: "rules such as `member may join read on ch:{org}/**`", check: |_| true });

/// As above.
pub(super) const RATES: Kind = Kind::List(Rule { allowed: "rates such as publish=100/1000", check: |_| true });

/// As above.
pub(super) const PACES: Kind = Kind::List(Rule { allowed: "entries such as chat/typing=2000", check: |_| true });

/// As above.
pub(super) const ENDINGS: Kind =
    Kind::List(Rule { allowed: "entries such as `chat/typing=6000 chat/typingEnded`", check: |_| true });

/// As above.
pub(super) const TYPE_RULES: Kind =
    Kind::List(Rule { allowed: "rules such as `deny persist/* on *`", check: |_| true });

/// As above.
pub(super) const SCHEMA_RULES: Kind = Kind::List(Rule {
    allowed: "rules such as `order/* on ch:{org}/orders/** as /etc/hubwire/schemas/order.json`",
    check: |_| true,
});

pub(super) const PATHS: Kind = Kind::List(Rule { allowed: "paths of files", check: |text| !text.is_empty() });

/// As above.
pub(super) const RETENTION: Kind =
    Kind::List(Rule { allowed: "rules such as `ch:*/chat/** count=100 age_s=3600`", check: |_| true });

pub(super) const LOG_LEVEL: Kind = Kind::Text(Rule {
    allowed: "off, error, warn, info, debug or trace; or levels by module such as info,hubwire_actors=debug",
    check: crate::log_filter::is_filter,
});

pub(super) const fn bytes(min: u64, max: u64) -> Kind {
    Kind::Whole { min, max, unit: "bytes" }
}

pub(super) const fn ms(min: u64, max: u64) -> Kind {
    Kind::Whole { min, max, unit: "milliseconds" }
}

pub(super) const fn seconds(min: u64, max: u64) -> Kind {
    Kind::Whole { min, max, unit: "seconds" }
}

pub(super) const fn count(min: u64, max: u64) -> Kind {
    Kind::Whole { min, max, unit: "" }
}

/// An hour in milliseconds, the upper bound of waits.
pub(super) const HOUR_MS: u64 = 3_600_000;
/// A day in milliseconds.
pub(super) const DAY_MS: u64 = 24 * HOUR_MS;
/// Ten years in seconds.
pub(super) const DECADE_S: u64 = 10 * 366 * 24 * 3600;
/// The upper bound of counts that only memory limits.
pub(super) const MANY: u64 = 1_000_000_000;
/// The upper bound of bytes that only a cluster limits.
pub(super) const PETABYTE: u64 = 1 << 50;
