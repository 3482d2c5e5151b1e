//! The expiry of a certificate: nothing else checks it before it is too late.
//!
//! Reads the two dates of an X.509 certificate in DER (RFC 5280, section 4.1) and nothing else.

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// DER tags (ITU-T X.690).
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0]`, constructed: the version of the certificate, which may be absent.
const VERSION: u8 = 0xa0;

/// Expiry of the certificate, Unix seconds; `None` when it cannot be parsed.
pub(super) fn good_until(der: &[u8]) -> Option<i64> {
    let (_, certificate, _) = element(der)?;
    let (_, mut fields, _) = element(certificate)?;
    if fields.first() == Some(&VERSION) {
        fields = element(fields)?.2;
    }
    // serial number, algorithm, issuer
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (tag, validity, _) = element(fields)?;
    let (_, _, after) = element(validity)?; // not before
    let (kind, text, _) = element(after)?;
    (tag == SEQUENCE).then(|| seconds(kind, std::str::from_utf8(text).ok()?))?
}

/// Tag and content of the first element, and the bytes after it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        short @ 0..=0x7f => (usize::from(short), rest),
        long => {
            let digits = usize::from(long & 0x7f);
            if !(1..=4).contains(&digits) {
                return None;
            }
            let (length, rest) = rest.split_at_checked(digits)?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`. Two digits below 50 are years of this century (RFC 5280, section 4.1.2.5.1).
fn seconds(kind: u8, text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z')?;
    let (year, rest) = match kind {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    let date = DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).ok()?;
    Some(Offset::UTC.to_timestamp(date).ok()?.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_read() {
        let mut parameters = rcgen::CertificateParams::new(vec!["node.example.org".to_owned()]).unwrap();
        for (year, expected) in [(2030, 1_893_456_000), (2060, 2_840_140_800)] {
            parameters.not_after = rcgen::date_time_ymd(year, 1, 1);
            let key = rcgen::KeyPair::generate().unwrap();
            let certificate = parameters.clone().self_signed(&key).unwrap();
            assert_eq!(good_until(certificate.der()), Some(expected), "{year}");
        }
    }

    #[test]
    fn what_is_no_certificate_ends_nowhere() {
        for bytes in [&b""[..], b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x30\x01\x00", b"\x30\x80"] {
            assert_eq!(good_until(bytes), None, "{bytes:?}");
        }
        assert_eq!(seconds(UTC_TIME, "260230000000Z"), None, "no such day");
    }
}
