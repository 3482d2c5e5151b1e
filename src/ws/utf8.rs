//! Checks UTF-8 as it arrives: a text message may be split anywhere, into fragments and pieces of fragments, and an
//! invalid byte must be refused when it is read, not when the message is complete (RFC 6455, section 8.1).

/// The bytes are not UTF-8, whatever would follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotUtf8;

/// Checks one text in pieces. Keeps at most the three bytes of a partial character.
#[derive(Debug, Default, Clone, Copy)]
pub struct Utf8Check {
    cut: [u8; 4],
    cut_bytes: u8,
}

impl Utf8Check {
    /// Checks the next piece.
    pub fn push(&mut self, mut piece: &[u8]) -> Result<(), NotUtf8> {
        while self.cut_bytes > 0 {
            let Some((&next, rest)) = piece.split_first() else { return Ok(()) };
            piece = rest;
            // a character has at most four bytes, and with four it is either complete or invalid
            let length = usize::from(self.cut_bytes) + 1;
            self.cut[length - 1] = next;
            self.cut_bytes = match std::str::from_utf8(&self.cut[..length]) {
                Ok(_) => 0,
                Err(error) if error.error_len().is_none() => length as u8,
                Err(_) => return Err(NotUtf8),
            };
        }
        let Err(error) = std::str::from_utf8(piece) else { return Ok(()) };
        if error.error_len().is_some() {
            return Err(NotUtf8);
        }
        let cut = &piece[error.valid_up_to()..];
        self.cut[..cut.len()].copy_from_slice(cut);
        self.cut_bytes = cut.len() as u8;
        Ok(())
    }

    /// Whether the text may end here: not within a character. Starts the next text.
    pub fn finish(&mut self) -> Result<(), NotUtf8> {
        match std::mem::take(&mut self.cut_bytes) {
            0 => Ok(()),
            _ => Err(NotUtf8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: &[&[u8]]) -> Result<(), NotUtf8> {
        let mut check = Utf8Check::default();
        pieces.iter().try_for_each(|piece| check.push(piece))?;
        check.finish()
    }

    #[test]
    fn a_character_may_be_cut_at_every_byte() {
        let text = "κόσμε \u{10ffff} \u{fffd}!".as_bytes();
        for first in 0..text.len() {
            for second in first..text.len() {
                assert_eq!(check(&[&text[..first], &text[first..second], &text[second..]]), Ok(()));
            }
        }
    }

    #[test]
    fn a_wrong_second_byte_is_seen_before_the_character_could_end() {
        // 0xf4 0x90 lies above U+10FFFF; 0xed 0xa0 begins a surrogate; 0xe0 0x80 is overlong
        for wrong in [[0xf4, 0x90], [0xed, 0xa0], [0xe0, 0x80]] {
            let mut check = Utf8Check::default();
            assert_eq!(check.push(&wrong[..1]), Ok(()));
            assert_eq!(check.push(&wrong[1..]), Err(NotUtf8), "{wrong:x?}");
        }
    }

    #[test]
    fn a_text_must_not_end_within_a_character() {
        assert_eq!(check(&[&[0xf0, 0x9f, 0x92]]), Err(NotUtf8));
    }

    #[test]
    fn every_pair_and_cut_agrees_with_the_standard_library() {
        for first in 0..=255u8 {
            for second in 0..=255u8 {
                let bytes = [b'a', first, second, 0x80];
                let whole = std::str::from_utf8(&bytes).map(|_| ()).map_err(|_| NotUtf8);
                for cut in 0..=bytes.len() {
                    assert_eq!(check(&[&bytes[..cut], &bytes[cut..]]), whole, "{bytes:x?} cut at {cut}");
                }
            }
        }
    }
}
