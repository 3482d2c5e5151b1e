//! The client for which a trusted proxy forwards a request, by its headers.
//!
//! A proxy appends the address of its peer at the right; anything left of that came with the request and may be forged.
//! So the list is read from the right, as long as each address is a trusted proxy's.

use super::trusted::{Source, TrustedProxies};
use actix_http::header::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// The address of the client: `peer`, or the one that it forwards for.
pub fn client_address(peer: SocketAddr, headers: &HeaderMap, proxies: &TrustedProxies) -> SocketAddr {
    let name = match proxies.source() {
        Source::Connection | Source::ProxyProtocol => return peer,
        Source::XForwardedFor => "x-forwarded-for",
        Source::Forwarded => "forwarded",
    };
    let mut client = peer;
    let values: Vec<&str> = headers.get_all(name).map(|value| value.to_str().unwrap_or_default()).collect();
    let entries = values.iter().flat_map(|value| split(value, ',')).collect::<Vec<_>>();
    for entry in entries.into_iter().rev() {
        if !proxies.contain(client.ip()) {
            break;
        }
        let named = match proxies.source() {
            Source::Forwarded => forwarded_for(entry),
            _ => Some(entry),
        };
        // if a proxy hides its client, it is the last known address
        let Some(address) = named.and_then(address) else { break };
        client = address;
    }
    client
}

/// Splits at separators outside of quotes.
fn split(text: &str, separator: char) -> impl DoubleEndedIterator<Item = &str> {
    let (mut pieces, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if character == separator && !quoted => {
                pieces.push(&text[start..at]);
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces.into_iter().map(str::trim)
}

/// The value of `for` in an element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<&str> {
    let pairs = split(element, ';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for"));
    named.next().map(|(_, value)| value.trim_matches('"'))
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address);
    }
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_http::header::{HeaderName, HeaderValue};

    fn client(source: Source, peer: &str, headers: &[(&str, &str)]) -> String {
        let proxies = TrustedProxies::new(source, ["10.0.0.0/8", "fd00::/8"]).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        client_address(SocketAddr::new(peer.parse().unwrap(), 9), &map, &proxies).ip().to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        for source in [Source::XForwardedFor, Source::Forwarded] {
            let headers = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1")];
            assert_eq!(client(source, "203.0.113.9", &headers), "203.0.113.9");
        }
    }

    #[test]
    fn only_the_configured_header_counts() {
        let headers = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.2")];
        assert_eq!(client(Source::Connection, "10.0.0.1", &headers), "10.0.0.1");
        assert_eq!(client(Source::ProxyProtocol, "10.0.0.1", &headers), "10.0.0.1");
        assert_eq!(client(Source::XForwardedFor, "10.0.0.1", &headers), "198.51.100.1");
        assert_eq!(client(Source::Forwarded, "10.0.0.1", &headers), "198.51.100.2");
    }

    #[test]
    fn the_list_is_read_from_the_right_up_to_the_first_that_is_no_proxy() {
        for (value, expected) in [
            ("198.51.100.1", "198.51.100.1"),
            ("1.1.1.1, 198.51.100.1", "198.51.100.1"),
            ("10.9.9.9, 198.51.100.1", "198.51.100.1"),
            ("1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("198.51.100.1:4711, fd00::2", "198.51.100.1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("198.51.100.1, garbage", "10.0.0.1"),
            ("198.51.100.1, garbage, 10.0.0.2", "10.0.0.2"),
            ("198.51.100.1,", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(client(Source::XForwardedFor, "10.0.0.1", &[("x-forwarded-for", value)]), expected, "{value}");
        }
        let twice = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(client(Source::XForwardedFor, "10.0.0.1", &twice), "198.51.100.1", "lines of one name are one list");
    }

    #[test]
    fn forwarded_has_quotes_and_names_for_those_who_hide() {
        for (value, expected) in [
            ("for=198.51.100.1;proto=https", "198.51.100.1"),
            ("For=\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("for=1.1.1.1, for=198.51.100.1;by=10.0.0.1, for=10.0.0.2", "198.51.100.1"),
            ("for=1.1.1.1, by=\"a,for=2.2.2.2\";for=198.51.100.1", "198.51.100.1"),
            ("for=198.51.100.1;by=\"a\\\",for=2.2.2.2\"", "198.51.100.1"),
            ("for=198.51.100.1, for=_hidden", "10.0.0.1"),
            ("for=unknown", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(client(Source::Forwarded, "10.0.0.1", &[("forwarded", value)]), expected, "{value}");
        }
    }
}
