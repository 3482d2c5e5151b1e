//! The hash slot of a name in a Redis Cluster.

/// Hash slots of a Redis Cluster.
pub(super) const SLOTS: u16 = 16_384;

/// The hash slot of a name (Redis Cluster specification, "key distribution model"): CRC16/XMODEM of the part in the
/// first pair of braces, or of the whole name.
pub(super) fn slot(name: &str) -> u16 {
    let tag = name.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
    let hashed = tag.filter(|tag| !tag.is_empty()).unwrap_or(name);
    let crc = hashed.bytes().fold(0u16, |crc, byte| crc << 8 ^ CRC16[usize::from((crc >> 8) as u8 ^ byte)]);
    crc % SLOTS
}

/// CRC16/XMODEM, precomputed for each byte.
const CRC16: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis() {
        // CLUSTER KEYSLOT of Redis 7.0
        for (name, expected) in [("foo", 12182), ("123456789", 12739), ("a{foo}b", 12182), ("{}x", 10595)] {
            assert_eq!(slot(name), expected, "{name}");
        }
    }
}
