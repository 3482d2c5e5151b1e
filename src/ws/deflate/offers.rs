//! The client's offers in `Sec-WebSocket-Extensions`, and whether one of them can be accepted (RFC 7692, section 7.1).

use actix_http::header::{HeaderMap, SEC_WEBSOCKET_EXTENSIONS};

/// The answer to an accepted offer: neither side keeps a window between messages. A client has to accept the second
/// parameter even if it did not offer it (section 7.1.1.2).
pub(in crate::ws) const AGREED: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// Offers that are checked; a client has one or two.
const OFFERS_MAX: usize = 8;

/// Whether one of the client's offers can be accepted. A malformed header offers nothing.
pub(in crate::ws) fn is_offered(headers: &HeaderMap) -> bool {
    let values = headers.get_all(SEC_WEBSOCKET_EXTENSIONS).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).take(OFFERS_MAX).any(can_be_met)
}

/// An offer with an unknown, doubled or invalid parameter is declined (section 7.1), and so is one that requires a
/// smaller window of the server: the compressor has no smaller one.
fn can_be_met(offer: &str) -> bool {
    let mut parts = offer.split(';').map(str::trim);
    if parts.next() != Some("permessage-deflate") {
        return false;
    }
    let mut seen = [false; 4];
    parts.all(|parameter| {
        let (name, value) = match parameter.split_once('=') {
            Some((name, value)) => (name.trim(), Some(unquoted(value.trim()))),
            None => (parameter, None),
        };
        let (at, fits) = match (name, value) {
            ("server_no_context_takeover", None) => (0, true),
            ("client_no_context_takeover", None) => (1, true),
            ("server_max_window_bits", Some(value)) => (2, window_bits(value) == Some(15)),
            ("client_max_window_bits", None) => (3, true),
            ("client_max_window_bits", Some(value)) => (3, window_bits(value).is_some()),
            _ => return false,
        };
        fits && !std::mem::replace(&mut seen[at], true)
    })
}

/// A value may be a quoted string whose content must be a token (RFC 6455, section 9.1).
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

/// From 8 to 15, without leading zeros.
fn window_bits(value: &str) -> Option<u8> {
    let is_decimal = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0');
    value.parse().ok().filter(|bits| is_decimal && (8..=15).contains(bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_http::header::HeaderValue;

    fn offered(values: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_str(value).unwrap());
        }
        is_offered(&headers)
    }

    #[test]
    fn offers_of_browsers_and_libraries_are_met() {
        for value in [
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate;client_max_window_bits=15",
            "permessage-deflate; client_max_window_bits=\"9\"; client_no_context_takeover",
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=15",
            "x-webkit-deflate-frame, permessage-deflate",
            "permessage-deflate; server_max_window_bits=10, permessage-deflate",
        ] {
            assert!(offered(&[value]), "{value}");
        }
        assert!(offered(&["x-other", "permessage-deflate"]), "lines of one name are one list");
    }

    #[test]
    fn what_cannot_be_met_or_read_is_declined() {
        for value in [
            "",
            ",",
            "permessage-bzip2",
            "permessage-deflate2",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=14",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; client_max_window_bits=08",
            "permessage-deflate; client_max_window_bits=+9",
            "permessage-deflate; client_max_window_bits=",
            "permessage-deflate; client_no_context_takeover=1",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; speed=9",
            "permessage-deflate;",
        ] {
            assert!(!offered(&[value]), "{value}");
        }
        let many = vec!["x"; 100].join(",") + ",permessage-deflate";
        assert!(!offered(&[&many]), "a list without end is not read to its end");
    }
}
