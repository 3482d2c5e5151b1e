//! Which proxies are believed when they say for whom they speak, and how they say it.

use std::net::IpAddr;
use std::str::FromStr;

/// A range of addresses: one address, or `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

/// Not a range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an IP address nor a network such as 10.0.0.0/8")]
pub struct BadNetwork(String);

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

/// See the module. The default believes nobody.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    source: Source,
}

impl TrustedProxies {
    /// Proxies by address or network.
    ///
    /// # Errors
    /// The first entry that is none.
    pub fn new<'a>(source: Source, proxies: impl IntoIterator<Item = &'a str>) -> Result<Self, BadNetwork> {
        let networks = proxies.into_iter().map(str::parse).collect::<Result<_, _>>()?;
        Ok(TrustedProxies { networks, source })
    }

    /// How they name the client.
    pub(super) fn source(&self) -> Source {
        self.source
    }

    /// Whether it is one of them.
    pub(super) fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(address))
    }

    /// Whether a connection from there begins with a PROXY header.
    pub(super) fn introduce(&self, address: IpAddr) -> bool {
        self.source == Source::ProxyProtocol && self.contain(address)
    }
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => {
                u32::from(ours).checked_shr(32 - self.prefix) == u32::from(other).checked_shr(32 - self.prefix)
            }
            (IpAddr::V6(ours), IpAddr::V6(other)) => {
                u128::from(ours).checked_shr(128 - self.prefix) == u128::from(other).checked_shr(128 - self.prefix)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let bad = || BadNetwork(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(bits), |prefix| prefix.parse::<u32>().map_err(|_| bad()))?;
        match prefix <= bits {
            true => Ok(Network { address, prefix }),
            false => Err(bad()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(proxies: &[&str]) -> TrustedProxies {
        TrustedProxies::new(Source::XForwardedFor, proxies.iter().copied()).unwrap()
    }

    #[test]
    fn a_network_contains_its_addresses_and_no_others() {
        let proxies = trusted(&["10.1.0.0/16", "192.0.2.7", "2001:db8::/32"]);
        for (address, expected) in [
            ("10.1.255.255", true),
            ("10.2.0.0", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("2001:db8:ffff::1", true),
            ("2001:db9::1", false),
            ("::ffff:10.1.2.3", true), // as a listener of both families shows it
            ("::ffff:10.2.2.3", false),
        ] {
            assert_eq!(proxies.contain(address.parse().unwrap()), expected, "{address}");
        }
        assert!(trusted(&["0.0.0.0/0"]).contain("203.0.113.1".parse().unwrap()));
        assert!(!trusted(&["0.0.0.0/0"]).contain("2001:db8::1".parse().unwrap()));
        assert!(!TrustedProxies::default().contain("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "proxy.example.com"] {
            let error = TrustedProxies::new(Source::Forwarded, ["127.0.0.1", text]).unwrap_err();
            assert_eq!(error, BadNetwork(text.into()));
        }
    }
}
