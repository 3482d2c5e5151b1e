//! The URL of a node's WebSockets.

use std::fmt;
use std::str::FromStr;
use tokio_tungstenite::tungstenite::http::Uri;

/// The path if the URL has none.
const PATH: &str = "/ws";

/// A `ws://` or `wss://` URL with a host and a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketUrl(String);

/// Why a text is not such a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SocketUrlError {
    /// Not a URL.
    #[error("is no URL; an address of sockets looks like ws://127.0.0.1:8080/ws")]
    NoUrl,
    /// Another scheme, or none.
    #[error("begins with neither ws:// nor wss://; did you mean {0}?")]
    Scheme(String),
}

impl FromStr for SocketUrl {
    type Err = SocketUrlError;

    /// Adds the default path if there is none.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let uri: Uri = text.parse().map_err(|_| SocketUrlError::NoUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(match text.contains("://") || text.is_empty() {
                true => SocketUrlError::NoUrl,
                false => SocketUrlError::Scheme(format!("ws://{text}")),
            });
        };
        let rest = || text.split_once("://").map_or("", |(_, rest)| rest);
        match scheme {
            "ws" | "wss" => {}
            "https" => return Err(SocketUrlError::Scheme(format!("wss://{}", rest()))),
            _ => return Err(SocketUrlError::Scheme(format!("ws://{}", rest()))),
        }
        let path = Some(uri.path()).filter(|path| !matches!(*path, "" | "/")).unwrap_or(PATH);
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        Ok(SocketUrl(format!("{scheme}://{authority}{path}{query}")))
    }
}

impl SocketUrl {
    /// The URL with `query` appended to its query.
    pub fn with_query(&self, query: &str) -> String {
        let separator = if self.0.contains('?') { '&' } else { '?' };
        format!("{}{separator}{query}", self.0)
    }
}

impl fmt::Display for SocketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_path_is_given_that_of_a_nodes_sockets() {
        for (text, url) in [
            ("ws://127.0.0.1:8080/ws", "ws://127.0.0.1:8080/ws"),
            ("ws://127.0.0.1:8080", "ws://127.0.0.1:8080/ws"),
            ("ws://127.0.0.1:8080/", "ws://127.0.0.1:8080/ws"),
            ("wss://[::1]?x=1", "wss://[::1]/ws?x=1"),
            ("wss://example.org/hub/socket?x=1", "wss://example.org/hub/socket?x=1"),
        ] {
            assert_eq!(text.parse::<SocketUrl>().unwrap().to_string(), url);
        }
    }

    #[test]
    fn what_is_none_says_what_to_write() {
        for (text, why) in [
            ("", "ws://127.0.0.1:8080/ws"),
            ("ws://", "ws://127.0.0.1:8080/ws"),
            ("ws://a b/", "ws://127.0.0.1:8080/ws"),
            ("127.0.0.1:8080", "did you mean ws://127.0.0.1:8080?"),
            ("http://127.0.0.1:8080/ws", "did you mean ws://127.0.0.1:8080/ws?"),
            ("https://example.org", "did you mean wss://example.org?"),
        ] {
            let error = text.parse::<SocketUrl>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_query_is_added_to() {
        let plain: SocketUrl = "ws://a".parse().unwrap();
        assert_eq!(plain.with_query("b=1"), "ws://a/ws?b=1");
        let with: SocketUrl = "ws://a?x=1".parse().unwrap();
        assert_eq!(with.with_query("b=1"), "ws://a/ws?x=1&b=1");
    }
}
