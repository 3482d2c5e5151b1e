//! The networks that blocks of addresses name.

use crate::http::failure::Failure;
use hubwire_actors::words::network::Network;
use hubwire_protocol::ErrorCode;
use std::net::IpAddr;

/// The shortest prefixes of networks that can be blocked.
const PREFIX_MIN_IPV4: u8 = 8;
const PREFIX_MIN_IPV6: u8 = 16;

/// What an address names: a bare one of IPv6 the /64 network that one customer has, as the limits count it, since
/// whoever has one address there has all of them. Limits the size of a network, so that a typing error does not block
/// half of the internet.
pub(super) fn network(given: &str) -> Result<Network, Failure> {
    let network = match given.parse() {
        Ok(address) => Network::of_client(address),
        Err(_) => given.parse().map_err(|error| bad(&format!("`address`: {error}")))?,
    };
    let least = if network.is_ipv4() { PREFIX_MIN_IPV4 } else { PREFIX_MIN_IPV6 };
    match network.prefix() >= least {
        true => Ok(network),
        false => Err(bad(&format!("`address`: {network} is too large; a block covers at most a /{least} network"))),
    }
}

/// A bare address, without the other addresses of its client.
pub(super) fn alone(given: &str) -> Option<Network> {
    given.parse::<IpAddr>().ok().map(|address| Network::around(address, u8::MAX))
}

/// A network as it can be given to end its block: a bare address of IPv6 would mean its /64 network.
pub(super) fn listed(network: Network) -> String {
    match network.is_ipv4() || network != Network::around(network.address(), u8::MAX) {
        true => network.to_string(),
        false => format!("{network}/{}", network.prefix()),
    }
}

fn bad(message: &str) -> Failure {
    Failure::new(ErrorCode::BadPayload, message)
}

#[cfg(feature = "schema")]
pub(super) fn network_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    // IPv4 only: a pattern for IPv6 would explain nothing
    let byte = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    let prefix = "(/([89]|[12][0-9]|3[0-2]))?";
    schemars::json_schema!({
        "type": "string",
        "description": concat!(
            "An IP address, or a network such as 10.0.0.0/8, of IPv4 at most a /8 and of IPv6 a /16. ",
            "A bare address of IPv6 means its /64 network, an address with /128 that address alone.",
        ),
        "pattern": format!(r"^{byte}(\.{byte}){{3}}{prefix}$"),
        "examples": ["203.0.113.0/24"],
    })
}
