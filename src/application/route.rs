//! Which URL answers which method: `METHOD=URL`.

use hubwire_protocol::rpc::is_method;
use hyper::Uri;
use std::str::FromStr;

/// A method, or what methods begin with, and who answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    name: String,
    /// Whether it stands for all methods that begin so.
    is_prefix: bool,
    /// Where it is answered.
    pub uri: Uri,
}

/// A text that is no route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// No `=`.
    #[error("a route is METHOD=URL")]
    NoUrl,
    /// A name that no method has.
    #[error("{0:?} is no method: 1 to 128 printable characters without spaces, `*` only at the end")]
    Method(String),
    /// Something else than a URL.
    #[error("{0:?} is no URL that begins with https:// or http://")]
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
    /// Whether it is the one for a method.
    pub fn takes(&self, method: &str) -> bool {
        match self.is_prefix {
            true => method.starts_with(&self.name),
            false => method == self.name,
        }
    }
}

/// A URL that requests can be sent to.
pub fn http_url(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    // a user and password in the URL would not be sent
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
