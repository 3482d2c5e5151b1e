//! The pages that may open sockets.
//!
//! A browser opens a WebSocket from any page to any host and sends the page's origin in the header `Origin` (RFC 6454,
//! RFC 6455 section 10.2); the server has to check it to prevent cross-site WebSocket hijacking. Other programs send no
//! `Origin`, and could send any: the check protects users of browsers, but does not authenticate a client.

use std::fmt;
use std::net::IpAddr;

/// One entry of `auth.allowed_origins`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// `*`: every page, including those without an origin of their own (`null`).
    Any,
    /// `null`: pages without an origin of their own, such as sandboxed frames. Listing it trusts all of them.
    Null,
    /// `https://app.example.org` or `capacitor://localhost`: pages of exactly this scheme, host and port.
    Exact(Origin),
    /// `http://localhost:*`: pages of this scheme and host on any port.
    AnyPort(Origin),
    /// `https://*.example.org`: pages of all hosts below `example.org`, at any depth, but not of `example.org` itself.
    Subdomains {
        /// Scheme and port that must be equal; the host is the parent domain.
        parent: Origin,
    },
}

/// Scheme, host and port of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    /// The default port of the scheme is filled in, so that `https://a` and `https://a:443` are equal.
    port: Option<u16>,
}

impl Origin {
    /// Parses `scheme://host` with an optional port; `None` for anything else, such as `null` or a URL with a path.
    /// Schemes of application shells (`capacitor`, `tauri`, `chrome-extension`) are parsed like any other.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        if !is_scheme(&scheme) {
            return None;
        }
        if scheme == "file" && authority.is_empty() {
            return Some(Origin { scheme, host: String::new(), port: None });
        }
        let (host, port) = host_and_port(authority)?;
        let port = port.or(default_port(&scheme));
        Some(Origin { scheme, host, port })
    }
}

/// Whether a request came from a page of an origin. Requests of programs, and of pages without an origin of their own,
/// came from none.
pub fn same_origin(header: Option<&str>, origin: &str) -> bool {
    header.and_then(Origin::parse).is_some_and(|found| Origin::parse(origin) == Some(found))
}

/// Whether the text is a scheme (RFC 3986 section 3.1).
fn is_scheme(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(allowed)
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Splits an authority into the host, in lower case (an IPv6 address keeps its brackets), and the port.
fn host_and_port(authority: &str) -> Option<(String, Option<u16>)> {
    let host_end = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority[host_end..].find(':').map(|at| host_end + at) {
        Some(colon) => (&authority[..colon], Some(authority[colon + 1..].parse().ok()?)),
        None => (authority, None),
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._[]:".contains(c);
    let valid = !host.is_empty() && host.chars().all(allowed);
    valid.then(|| (host.to_ascii_lowercase(), port))
}

impl Pattern {
    /// Parses an entry; `None` if it has none of the forms.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "*" => return Some(Pattern::Any),
            "null" => return Some(Pattern::Null),
            _ => {}
        }
        if let Some(any_port) = text.strip_suffix(":*") {
            return Origin::parse(any_port).map(|origin| Pattern::AnyPort(Origin { port: None, ..origin }));
        }
        match text.split_once("://*.") {
            Some((scheme, domain)) => {
                Some(Pattern::Subdomains { parent: Origin::parse(&format!("{scheme}://{domain}"))? })
            }
            None => Origin::parse(text).map(Pattern::Exact),
        }
    }

    fn matches(&self, origin: &Origin) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Null => false, // `null` does not parse as an origin
            Pattern::Exact(exact) => exact == origin,
            Pattern::AnyPort(any) => any.scheme == origin.scheme && any.host == origin.host,
            Pattern::Subdomains { parent } => {
                let below =
                    origin.host.strip_suffix(&parent.host).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'));
                below && parent.scheme == origin.scheme && parent.port == origin.port
            }
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        match self.port {
            Some(port) if self.port != default_port(&self.scheme) => write!(f, ":{port}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Any => f.write_str("*"),
            Pattern::Null => f.write_str("null"),
            Pattern::Exact(origin) => origin.fmt(f),
            Pattern::AnyPort(origin) => write!(f, "{origin}:*"),
            Pattern::Subdomains { parent } => f.write_str(&parent.to_string().replacen("://", "://*.", 1)),
        }
    }
}

/// All pages that may open sockets.
#[derive(Debug, Clone)]
pub struct AllowedOrigins(Vec<Pattern>);

impl AllowedOrigins {
    /// Parses the entries; `None` if one of them is not a pattern.
    pub fn parse(entries: &[&str]) -> Option<Self> {
        entries.iter().map(|entry| Pattern::parse(entry)).collect::<Option<_>>().map(AllowedOrigins)
    }

    /// The entries.
    pub fn entries(&self) -> impl Iterator<Item = &Pattern> {
        self.0.iter()
    }

    /// Whether a request with these two headers may become a socket. Without entries, the page must come from the same
    /// host to which it connects.
    pub fn permit(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        let Some(text) = origin else { return true };
        if self.0.contains(&Pattern::Any) || (text == "null" && self.0.contains(&Pattern::Null)) {
            return true;
        }
        let Some(origin) = Origin::parse(text) else { return false };
        if self.0.is_empty() {
            // `Host` has no scheme: an omitted port is the default of the page's scheme, even behind a proxy that
            // terminates TLS
            let host = host.and_then(host_and_port);
            return host.is_some_and(|(host, port)| {
                host == origin.host && port.or(default_port(&origin.scheme)) == origin.port
            });
        }
        self.0.iter().any(|pattern| pattern.matches(&origin))
    }

    /// Like [`AllowedOrigins::permit`], for development: without entries, pages of this machine may connect, from any
    /// port of a development server. The host must be a loopback name, too: a page could come from a stranger under a
    /// foreign name that points to 127.0.0.1 (DNS rebinding).
    pub fn permit_in_development(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        if origin.is_none() || !self.0.is_empty() {
            return self.permit(origin, host);
        }
        let page = origin.and_then(Origin::parse).is_some_and(|origin| is_loopback(&origin.host));
        let target = host.and_then(host_and_port).is_some_and(|(host, _)| is_loopback(&host));
        page && target
    }
}

/// The pages that may connect: the list, and whether the node is in development.
#[derive(Debug, Clone)]
pub struct Pages {
    /// `auth.allowed_origins`.
    pub allowed: AllowedOrigins,
    /// `auth.dev`.
    pub dev: bool,
}

impl Pages {
    /// Whether a request with these two headers may become a socket, or get a ticket for one.
    pub fn permit(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        match self.dev {
            true => self.allowed.permit_in_development(origin, host),
            false => self.allowed.permit(origin, host),
        }
    }
}

/// `localhost` and names below it (RFC 6761, section 6.3), and loopback addresses.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
