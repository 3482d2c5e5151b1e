//! Deltas in the Fossil format: instructions that build a new text from an old one that the reader has.
//!
//!  A delta is the length of the new text, then parts to be copied from the old text (`<length>@<offset>,`) and literal
//!  text (`<length>:<text>`), and at last a checksum of the new text (`<checksum>;`); numbers are in base 64. Here the
//!  delta is valid UTF-8, too: no copy begins or ends within a character.

/// Block size in bytes: the old text is indexed by blocks of this size, and a match has to be at least this long.
const BLOCK: usize = 16;
/// Most candidates compared for one place of the new text, so that a repetitive text takes no longer.
const CANDIDATES: usize = 16;
/// Factor of the rolling hash of a block.
const FACTOR: u32 = 0x0100_0193;
/// Marks the absence of a block.
const NONE: u32 = u32::MAX;

/// The delta from `old` to `new`; `None` if it would not be shorter than `new`. Takes time linear in both.
pub fn delta(old: &str, new: &str) -> Option<String> {
    let mut delta = number(new.len() as u64);
    delta.push('\n');
    let mut told = 0;
    for copy in copies(old.as_bytes(), new) {
        let call = format!("{}@{},", number(copy.length as u64), number(copy.from as u64));
        if copy.length <= call.len() {
            continue;
        }
        put_text(&mut delta, &new[told..copy.at]);
        delta.push_str(&call);
        told = copy.at + copy.length;
    }
    put_text(&mut delta, &new[told..]);
    delta.push_str(&number(u64::from(checksum(new.as_bytes()))));
    delta.push(';');
    Some(delta).filter(|delta| delta.len() < new.len())
}

fn put_text(delta: &mut String, text: &str) {
    if !text.is_empty() {
        delta.push_str(&number(text.len() as u64));
        delta.push(':');
        delta.push_str(text);
    }
}

/// A part of the new text that also occurs in the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Copy {
    /// Its offset in the new text.
    at: usize,
    /// Its offset in the old text.
    from: usize,
    length: usize,
}

impl Copy {
    /// The copy without partial characters at its ends.
    fn of_characters(self, new: &str) -> Copy {
        let (mut begin, mut end) = (self.at, self.at + self.length);
        while begin < end && !new.is_char_boundary(begin) {
            begin += 1;
        }
        while end > begin && !new.is_char_boundary(end) {
            end -= 1;
        }
        Copy { at: begin, from: self.from + (begin - self.at), length: end - begin }
    }
}

/// The parts to be copied, in the order of the new text: the common prefix and suffix, and matches between them.
fn copies(old: &[u8], new: &str) -> Vec<Copy> {
    let bytes = new.as_bytes();
    let head = agreeing(old.iter(), bytes.iter());
    let head = Copy { at: 0, from: 0, length: head }.of_characters(new);
    let (old_rest, new_rest) = (&old[head.length..], &bytes[head.length..]);
    let tail = agreeing(old_rest.iter().rev(), new_rest.iter().rev());
    let tail = Copy { at: bytes.len() - tail, from: old.len() - tail, length: tail }.of_characters(new);
    let mut copies = vec![head];
    if tail.at - head.length >= BLOCK && old.len() >= BLOCK {
        between(old, new, head.length, tail.at, &mut copies);
    }
    copies.push(tail);
    copies
}

fn agreeing<'a>(one: impl Iterator<Item = &'a u8>, other: impl Iterator<Item = &'a u8>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}

/// Finds copies in the range `begin..end` of the new text.
fn between(old: &[u8], new: &str, begin: usize, end: usize, copies: &mut Vec<Copy>) {
    let (bytes, blocks) = (new.as_bytes(), Blocks::of(old));
    let (mut rest, mut at) = (begin, begin); // `rest`: where what no copy has yet begins
    let mut hash = hash(&bytes[at..at + BLOCK]);
    loop {
        let found = blocks.like(hash).filter_map(|from| longest(old, bytes, from, at, rest..end));
        match found.max_by_key(|copy| copy.length).map(|copy| copy.of_characters(new)) {
            Some(copy) if copy.length >= BLOCK && copy.at + copy.length > at => {
                copies.push(copy);
                rest = copy.at + copy.length;
                at = rest;
                if at + BLOCK > end {
                    return;
                }
                hash = self::hash(&bytes[at..at + BLOCK]);
            }
            _ => {
                if at + BLOCK >= end {
                    return;
                }
                hash = rolled(hash, bytes[at], bytes[at + BLOCK]);
                at += 1;
            }
        }
    }
}

/// The longest match in both directions around the old text's block at `from` and the new text's at `at`, within
/// `free`.
fn longest(old: &[u8], new: &[u8], from: usize, at: usize, free: std::ops::Range<usize>) -> Option<Copy> {
    let ahead = agreeing(old[from..].iter(), new[at..free.end].iter());
    if ahead < BLOCK {
        return None; // the hash alone agrees
    }
    let behind = agreeing(old[..from].iter().rev(), new[free.start..at].iter().rev());
    Some(Copy { at: at - behind, from: from - behind, length: behind + ahead })
}

/// The blocks of a text, indexed by their hashes.
struct Blocks {
    /// The last block with each hash.
    last: Vec<u32>,
    /// For each block, the previous one with the same hash.
    before: Vec<u32>,
}

impl Blocks {
    fn of(text: &[u8]) -> Blocks {
        let blocks = text.chunks_exact(BLOCK);
        let mut last = vec![NONE; blocks.len().next_power_of_two() * 2];
        let mut before = Vec::with_capacity(blocks.len());
        for (nth, block) in blocks.enumerate() {
            let place = hash(block) as usize & (last.len() - 1);
            before.push(std::mem::replace(&mut last[place], nth as u32));
        }
        Blocks { last, before }
    }

    /// Offsets of the blocks with that hash.
    fn like(&self, hash: u32) -> impl Iterator<Item = usize> + '_ {
        let last = self.last[hash as usize & (self.last.len() - 1)];
        let blocks = std::iter::successors(Some(last), |nth| self.before.get(*nth as usize).copied());
        blocks.take_while(|nth| *nth != NONE).take(CANDIDATES).map(|nth| nth as usize * BLOCK)
    }
}

fn hash(block: &[u8]) -> u32 {
    block.iter().fold(0, |hash: u32, byte| hash.wrapping_mul(FACTOR).wrapping_add(u32::from(*byte)))
}

/// The hash of the block one byte further.
fn rolled(hash: u32, leaves: u8, enters: u8) -> u32 {
    const OF_FIRST: u32 = FACTOR.wrapping_pow(BLOCK as u32 - 1);
    let rest = hash.wrapping_sub(u32::from(leaves).wrapping_mul(OF_FIRST));
    rest.wrapping_mul(FACTOR).wrapping_add(u32::from(enters))
}

/// The sum of all big-endian 32-bit words; the last one is padded with zeros.
fn checksum(text: &[u8]) -> u32 {
    text.chunks(4).fold(0, |sum: u32, part| {
        let mut word = [0; 4];
        word[..part.len()].copy_from_slice(part);
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}

/// A number in base 64, most significant digit first.
fn number(mut number: u64) -> String {
    const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(DIGITS[(number % 64) as usize]));
        number /= 64;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Takes a number and the character after it, one of `until`.
    fn take(rest: &mut &[u8], until: &[u8]) -> Option<(usize, u8)> {
        const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";
        let end = rest.iter().position(|byte| until.contains(byte))?;
        let value = |byte: &u8| DIGITS.iter().position(|digit| digit == byte);
        let number = rest[..end].iter().try_fold(0, |sum, byte| Some(sum * 64 + value(byte)?))?;
        let sign = rest[end];
        *rest = &rest[end + 1..];
        Some((number, sign))
    }

    /// Applies a delta as the specification of the format says.
    fn apply(old: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
        let mut rest = delta;
        let (length, _) = take(&mut rest, b"\n")?;
        let mut new = Vec::new();
        loop {
            match take(&mut rest, b"@:;")? {
                (count, b'@') => {
                    let (from, _) = take(&mut rest, b",")?;
                    new.extend_from_slice(old.get(from..from + count)?);
                }
                (count, b':') => {
                    let (text, behind) = rest.split_at_checked(count)?;
                    new.extend_from_slice(text);
                    rest = behind;
                }
                (sum, _) => {
                    let is_whole = rest.is_empty() && new.len() == length;
                    return (is_whole && sum == checksum(&new) as usize).then_some(new);
                }
            }
        }
    }

    fn holds(old: &str, new: &str) {
        if let Some(delta) = delta(old, new) {
            assert!(delta.len() < new.len());
            let made = apply(old.as_bytes(), delta.as_bytes());
            assert_eq!(made.as_deref(), Some(new.as_bytes()), "{old:?} {delta:?}");
        }
    }

    #[test]
    fn what_changed_is_all_that_is_told() {
        let old = r#"{"symbol":"ACME","price":101,"size":20,"venue":"north","note":"grün"}"#;
        let new = old.replace("101", "99").replace("grün", "gräser");
        assert_eq!(delta(old, &new).as_deref(), Some("17\nP@0,2:99a@S,7:äser\"}3ECWgC;"));
    }

    #[test]
    fn what_has_nothing_in_common_is_told_whole() {
        for (old, new) in [("", "abc"), ("abc", ""), ("abc", "xyz"), ("{\"a\":1}", "{\"b\":2}")] {
            assert_eq!(delta(old, new), None, "{old} {new}");
        }
    }

    #[test]
    fn numbers_and_checksums_are_those_of_the_format() {
        for (value, text) in [(0, "0"), (63, "~"), (64, "10"), (1101, "HD"), (u64::from(u32::MAX), "3~~~~~")] {
            assert_eq!(number(value), text);
        }
        assert_eq!(checksum(b"\x01\x02\x03\x04\x05"), 0x0602_0304);
        assert_eq!((checksum(b""), checksum(&[0xff; 8])), (0, u32::MAX - 1));
    }

    /// Repetitions could make a search by hashes slow.
    #[test]
    fn however_often_a_block_is_there_only_some_of_it_are_looked_at() {
        let same = "a".repeat(1 << 16);
        assert_eq!(Blocks::of(same.as_bytes()).like(hash(&[b'a'; BLOCK])).count(), CANDIDATES);
        let broken = "aaaaaaaaaaaaaaab".repeat(1 << 12);
        let wide = "ä".repeat(1 << 15);
        for (old, new) in [(&same, &broken), (&broken, &same), (&wide, &same), (&wide, &wide[2..].to_owned())] {
            holds(old, new);
        }
    }

    /// A text made of parts of another one and of new ones.
    fn patched() -> impl Strategy<Value = (String, String)> {
        let text =
            || prop_oneof!["[ab]{0,80}", "[äö€😀]{0,40}", "(\\{\"n\":[0-9]{1,3},\"s\":\"[a-zä]{0,6}\"\\}){0,12}"];
        let part = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), text());
        (text(), text(), prop::collection::vec(part, 0..5)).prop_map(|(one, other, parts)| {
            let old = format!("{one}{other}{one}");
            let characters: Vec<char> = old.chars().collect();
            let mut new = String::new();
            for (from, to, text) in parts {
                let (from, to) = (from.index(characters.len() + 1), to.index(characters.len() + 1));
                new.extend(&characters[from.min(to)..from.max(to)]);
                new.push_str(&text);
            }
            (old, new)
        })
    }

    proptest! {
        #[test]
        fn a_delta_makes_the_new_text_of_the_old_one((old, new) in patched()) {
            holds(&old, &new);
        }

        #[test]
        fn whatever_the_texts_are(old in any::<String>(), new in any::<String>()) {
            holds(&old, &new);
        }
    }
}
