//! Client-to-server masking (RFC 6455, section 5.3): each payload byte is XORed with one of four key bytes.

/// Removes the mask in place. `offset` is the position of `bytes[0]` within the payload of its frame, so that a payload
/// may arrive in any number of pieces.
///
///  Works on eight bytes at a time, which the compiler vectorizes further.
pub fn unmask(bytes: &mut [u8], mut key: [u8; 4], offset: u64) {
    key.rotate_left((offset % 4) as usize);
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let mut words = bytes.chunks_exact_mut(8);
    for word in &mut words {
        let mut eight = [0; 8];
        eight.copy_from_slice(word);
        word.copy_from_slice(&(u64::from_ne_bytes(eight) ^ wide).to_ne_bytes());
    }
    for (byte, key) in words.into_remainder().iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    fn slowly(bytes: &[u8], offset: usize) -> Vec<u8> {
        bytes.iter().enumerate().map(|(i, b)| b ^ KEY[(offset + i) % 4]).collect()
    }

    #[test]
    fn the_example_of_the_rfc_reads_hello() {
        let mut bytes = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
        unmask(&mut bytes, KEY, 0);
        assert_eq!(&bytes, b"Hello");
    }

    #[test]
    fn every_length_and_offset_agrees_with_one_byte_at_a_time() {
        let plain: Vec<u8> = (0..67).collect();
        for length in 0..plain.len() {
            for offset in 0..9 {
                let mut bytes = plain[..length].to_vec();
                unmask(&mut bytes, KEY, offset as u64);
                assert_eq!(bytes, slowly(&plain[..length], offset), "length {length}, offset {offset}");
            }
        }
    }
}
