//! Drops messages of a topic that the node has received directly.

use bytes::Bytes;
use hubwire_protocol::Incarnation;

/// A message of a topic, for a node: `None` if the node was notified directly. Then a first line of the message names
/// the node, `N <incarnation> …`, which is no cluster message.
pub(super) fn heard(node: Incarnation, message: Bytes) -> Option<Bytes> {
    let Some(rest) = message.strip_prefix(b"N ") else { return Some(message) };
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let told = std::str::from_utf8(&rest[..end]).ok()?;
    let is_told = told.split(' ').any(|name| name.parse() == Ok(node));
    (!is_told).then(|| message.slice_ref(&rest[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_was_told_directly_it_does_not_hear_again() {
        let [one, other, third] = [1, 2, 3].map(Incarnation::from_random);
        let message = Bytes::from(format!("N {one} {other}\nE ch:acme/a\nN \n"));
        assert_eq!((heard(one, message.clone()), heard(other, message.clone())), (None, None));
        assert_eq!(heard(third, message), Some(Bytes::from_static(b"E ch:acme/a\nN \n")));
        let plain = Bytes::from_static(b"E ch:acme/a\nN x\n");
        assert_eq!(heard(one, plain.clone()), Some(plain));
        assert_eq!(heard(one, Bytes::from_static(b"N without an end")), None);
    }
}
