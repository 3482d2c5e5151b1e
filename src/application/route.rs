//! Routes of rpcs: `METHOD=URL`.

use hubwire_protocol::rpc::is_method;
use hyper::Uri;
use std::str::FromStr;

/// A method, or a prefix of methods, and the URL that answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    name: String,
    /// Whether it is a prefix.
    is_prefix: bool,
    /// The URL.
    pub uri: Uri,
}

/// Why a text is not a route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// No `=`.
    #[error("a route is METHOD=URL")]
    NoUrl,
    /// Not a valid method name.
    #[error("{0:?} is not a method: 1 to 128 printable characters without spaces, `*` only at the end")]
    Method(String),
    /// Not a URL.
    #[error("{0:?} is not a URL that begins with https:// or http://")]
    Url(String),
}

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        let (method, url) = text.split_once('=').ok_or(RouteError::NoUrl)?;
        let name = method.strip_suffix('*');
        let (name, is_prefix) = (name.unwrap_or(method), name.is_some());
        if name.contains('*') || !(is_method(name) || (is_prefix && name.is_empty())) {
            return Err(RouteError::Method(method.into()));
        }
        let uri = http_url(url).ok_or_else(|| RouteError::Url(url.into()))?;
        Ok(Route { name: name.into(), is_prefix, uri })
    }
}

impl Route {
    /// Whether the route covers a method.
    pub fn takes(&self, method: &str) -> bool {
        match self.is_prefix {
            true => method.starts_with(&self.name),
            false => method == self.name,
        }
    }
}

/// Parses a URL to which requests can be sent.
pub fn http_url(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    // user and password in the URL would not be sent
    let is_plain = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    (is_http && is_plain).then_some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_take_a_name_a_beginning_or_everything() {
        let takes = |route: &str, method: &str| route.parse::<Route>().unwrap().takes(method);
        assert!(takes("orders/find=http://a/rpc", "orders/find"));
        assert!(!takes("orders/find=http://a/rpc", "orders/find/all"));
        assert!(takes("orders/*=http://a/rpc?x=1", "orders/find"));
        assert!(!takes("orders/*=http://a/rpc", "order"));
        assert!(takes("*=https://a:8443/", "anything"));
    }

    #[test]
    fn wrong_routes_say_what_is_wrong() {
        let error = |route: &str| route.parse::<Route>().unwrap_err();
        assert_eq!(error("orders"), RouteError::NoUrl);
        assert_eq!(error("=http://a"), RouteError::Method(String::new()));
        assert_eq!(error("a*b=http://a"), RouteError::Method("a*b".into()));
        assert_eq!(error("a b=http://a"), RouteError::Method("a b".into()));
        for url in ["", "a", "ftp://a", "http://user:secret@a/"] {
            assert_eq!(error(&format!("a={url}")), RouteError::Url(url.into()));
        }
    }
}
