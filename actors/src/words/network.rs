//! A range of IP addresses: one client, or many.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt;
use std::str::FromStr;

/// Bits of an IPv6 address that all addresses of one customer of a provider share.
const CUSTOMER_BITS: u8 = 64;

/// A range of addresses: one address, or `10.0.0.0/8`. IPv4-mapped IPv6 addresses count as IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    /// Its first address.
    address: IpAddr,
    prefix: u8,
}

/// Not a range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an IP address nor a network such as 10.0.0.0/8")]
pub struct BadNetwork(String);

impl Network {
    /// The range of this many leading bits around an address; at most all its bits.
    pub fn around(address: IpAddr, prefix: u8) -> Self {
        let address = address.to_canonical();
        let prefix = prefix.min(bits(address));
        Network { address: masked(address, prefix), prefix }
    }

    /// The range that counts as one client: an IPv4 address, or the first half of an IPv6 address.
    pub fn of_client(address: IpAddr) -> Self {
        match address.to_canonical() {
            four @ IpAddr::V4(_) => Network::around(four, u8::MAX),
            six @ IpAddr::V6(_) => Network::around(six, CUSTOMER_BITS),
        }
    }

    /// Whether the range contains an address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && masked(address, self.prefix) == self.address
    }

    /// Its first address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The number of leading bits that its addresses share.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether it is a range of IPv4.
    pub fn is_ipv4(&self) -> bool {
        self.address.is_ipv4()
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() {
        32
    } else {
        128
    }
}

/// Clears the bits after the prefix.
fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    let behind = u32::from(bits(address).saturating_sub(prefix));
    match address {
        IpAddr::V4(four) => Ipv4Addr::from_bits(four.to_bits() & u32::MAX.checked_shl(behind).unwrap_or(0)).into(),
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & u128::MAX.checked_shl(behind).unwrap_or(0)).into(),
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix == bits(self.address) {
            true => write!(f, "{}", self.address),
            false => write!(f, "{}/{}", self.address, self.prefix),
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
        let prefix = prefix.map_or(Ok(bits(address)), |prefix| prefix.parse::<u8>().map_err(|_| bad()))?;
        let canonical = address.to_canonical();
        let prefix = prefix.checked_sub(bits(address) - bits(canonical)).ok_or_else(bad)?;
        match prefix <= bits(canonical) {
            true => Ok(Network::around(canonical, prefix)),
            false => Err(bad()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_contains_its_addresses_and_no_others() {
        for (text, address, expected) in [
            ("10.1.0.0/16", "10.1.255.255", true),
            ("10.1.0.0/16", "10.2.0.0", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("10.1.0.0/16", "::ffff:10.1.2.3", true), // as a listener of both families shows it
            ("10.1.0.0/16", "::ffff:10.2.2.3", false),
            ("0.0.0.0/0", "203.0.113.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
        ] {
            assert_eq!(network(text).contains(address.parse().unwrap()), expected, "{text} {address}");
        }
    }

    #[test]
    fn a_network_has_one_name_whatever_address_it_was_given_by() {
        assert_eq!(network("10.1.2.3/8"), network("10.0.0.0/8"));
        assert_eq!(network("10.1.2.3/8").to_string(), "10.0.0.0/8");
        assert_eq!(network("::ffff:192.0.2.7").to_string(), "192.0.2.7");
        assert_eq!(network("::ffff:10.0.0.0/104"), network("10.0.0.0/8"));
        assert_eq!(network("2001:DB8::1/64").to_string(), "2001:db8::/64");
        let client = |address: &str| Network::of_client(address.parse().unwrap()).to_string();
        assert_eq!([client("192.0.2.7"), client("2001:db8::a:b:c:d")], ["192.0.2.7", "2001:db8::/64"]);
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "::ffff:10.0.0.0/8",
            "proxy.example.com",
        ] {
            assert_eq!(text.parse::<Network>().unwrap_err(), BadNetwork(text.into()));
        }
    }
}
