//! The proxies that are trusted to name their clients, and how they do it.

use hubwire_actors::words::network::{BadNetwork, Network};
use std::net::IpAddr;

/// How a proxy names the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Source {
    /// Not at all: the client is the other end of the connection.
    #[default]
    Connection,
    /// By the header `X-Forwarded-For`.
    XForwardedFor,
    /// By the header `Forwarded` (RFC 7239).
    Forwarded,
    /// By the PROXY protocol, before anything else on the connection.
    ProxyProtocol,
}

/// The trusted proxies; see the module. The default trusts none.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    source: Source,
}

impl TrustedProxies {
    /// Proxies by address or network.
    ///
    /// # Errors
    /// The first invalid entry.
    pub fn new<'a>(source: Source, proxies: impl IntoIterator<Item = &'a str>) -> Result<Self, BadNetwork> {
        let networks = proxies.into_iter().map(str::parse).collect::<Result<_, _>>()?;
        Ok(TrustedProxies { networks, source })
    }

    /// How they name the client.
    pub(super) fn source(&self) -> Source {
        self.source
    }

    /// Whether an address belongs to a trusted proxy.
    pub(super) fn contain(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// Whether a connection from an address starts with a PROXY header.
    pub(super) fn introduce(&self, address: IpAddr) -> bool {
        self.source == Source::ProxyProtocol && self.contain(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(proxies: &[&str]) -> TrustedProxies {
        TrustedProxies::new(Source::XForwardedFor, proxies.iter().copied()).unwrap()
    }

    #[test]
    fn an_address_is_trusted_that_lies_in_a_network_named() {
        let proxies = trusted(&["10.1.0.0/16", "192.0.2.7"]);
        for (address, expected) in [("10.1.255.255", true), ("10.2.0.0", false), ("::ffff:10.1.2.3", true)] {
            assert_eq!(proxies.contain(address.parse().unwrap()), expected, "{address}");
        }
        assert!(!TrustedProxies::default().contain("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn an_entry_that_is_no_network_is_named() {
        let error = TrustedProxies::new(Source::Forwarded, ["127.0.0.1", "proxy.example.com"]).unwrap_err();
        assert!(error.to_string().starts_with("\"proxy.example.com\" is neither"), "{error}");
    }
}
