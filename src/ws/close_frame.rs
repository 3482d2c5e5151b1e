//! The payload of a close frame (RFC 6455, sections 5.5.1 and 7.4).

use super::violation::Violation;

/// Parses the payload: empty, or a valid code with a reason in UTF-8.
pub fn parse(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let (code, reason) = match payload {
        [] => return Ok(None),
        [_] => return Err(Violation::ShortClose),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    if !is_allowed(code) {
        return Err(Violation::CloseCode(code));
    }
    std::str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
    Ok(Some(code))
}

/// Whether an endpoint may send the code: the registry of RFC 6455, section 11.7 (except 1004 to 1006 and 1015, which
/// are for interfaces only), libraries (3000) and applications (4000).
pub fn is_allowed(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_that_may_stand_on_the_wire_are_allowed() {
        let allowed: Vec<u16> = (0..=u16::MAX).filter(|&code| is_allowed(code)).collect();
        let expected: Vec<u16> = (1000..=1003).chain(1007..=1014).chain(3000..=4999).collect();
        assert_eq!(allowed, expected);
    }
}
