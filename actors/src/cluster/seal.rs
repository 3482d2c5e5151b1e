//! Seals messages between nodes, so that a client that can publish in the broker cannot impersonate a node.
//!
//! With a cluster secret every message on a node channel starts with `H <HMAC-SHA-256 in hexadecimal>` and a line feed;
//! without one it is sent unchanged. Tickets are sealed in the same way, each together with its digest. Publications on
//! topics come from the broker's own script and are checked against the log they refer to; they have no seal, and
//! neither have the logs and the directory.

use crate::settings::ClusterSecrets;
use bytes::Bytes;
use hmac::{Hmac, Mac};
use sha2::Sha256;

const PREFIX: &[u8] = b"H ";
const MAC_BYTES: usize = 32;
/// `H `, the code in hexadecimal, the line feed.
const SEAL_BYTES: usize = PREFIX.len() + 2 * MAC_BYTES + 1;

/// The secrets of a cluster: the first one seals, any of them opens, so that a secret can be replaced while nodes run.
/// None: no seal.
pub(crate) struct Seal(Vec<Hmac<Sha256>>);

impl Seal {
    /// Seals with the first of `secrets`.
    pub fn new(secrets: &ClusterSecrets) -> Self {
        // HMAC takes keys of any length
        Seal(secrets.0.iter().filter_map(|secret| Hmac::new_from_slice(secret.as_bytes()).ok()).collect())
    }

    /// The message in the form in which it is published on a node channel.
    pub fn close(&self, message: Bytes) -> Bytes {
        let Some(key) = self.0.first() else { return message };
        let code = key.clone().chain_update(&message).finalize().into_bytes();
        let mut sealed = Vec::with_capacity(SEAL_BYTES + message.len());
        sealed.extend_from_slice(PREFIX);
        for byte in code {
            sealed.extend_from_slice(&[hex(byte >> 4), hex(byte & 15)]);
        }
        sealed.push(b'\n');
        sealed.extend_from_slice(&message);
        sealed.into()
    }

    /// The content of the message, and whether a node of this cluster sealed it. Without a secret everything counts as
    /// sealed. `None`: the seal is wrong.
    pub fn open(&self, message: &Bytes) -> Option<(Bytes, bool)> {
        if !message.starts_with(PREFIX) {
            return Some((message.clone(), self.0.is_empty()));
        }
        let code = message.get(PREFIX.len()..SEAL_BYTES - 1)?;
        let code = code.chunks(2).map(|pair| Some(value(pair[0])? << 4 | value(*pair.get(1)?)?));
        let code: Vec<u8> = code.collect::<Option<_>>()?;
        let inner = message.slice_ref(message.get(SEAL_BYTES..)?);
        // compared in constant time
        let genuine = self.0.iter().any(|key| key.clone().chain_update(&inner).verify_slice(&code).is_ok());
        genuine.then_some((inner, true))
    }
}

/// The label under which a ticket's content is sealed: the content of another ticket, or a message of a node, must not
/// be accepted as this one.
fn ticket_label(digest: &str) -> String {
    format!("ticket {digest}\n")
}

impl Seal {
    /// A ticket's content in the form that the broker stores.
    pub fn close_ticket(&self, digest: &str, content: Bytes) -> Bytes {
        match self.0.is_empty() {
            true => content,
            false => self.close([ticket_label(digest).as_bytes(), &content].concat().into()),
        }
    }

    /// The content of a ticket from a node of this cluster. `None`: somebody else made it.
    pub fn open_ticket(&self, digest: &str, kept: Bytes) -> Option<Bytes> {
        if self.0.is_empty() {
            return Some(kept);
        }
        let (content, true) = self.open(&kept)? else { return None };
        Some(content.slice_ref(content.strip_prefix(ticket_label(digest).as_bytes())?))
    }
}

fn hex(nibble: u8) -> u8 {
    b"0123456789abcdef"[usize::from(nibble)]
}

fn value(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(secrets: &[&str]) -> Seal {
        Seal::new(&ClusterSecrets(secrets.iter().map(|secret| secret.to_string()).collect()))
    }

    #[test]
    fn what_a_node_of_the_cluster_sealed_is_opened() {
        let seal = seal(&["secret"]);
        let sealed = seal.close(Bytes::from_static(b"C x\n"));
        assert_eq!(seal.open(&sealed), Some((Bytes::from_static(b"C x\n"), true)));
        assert_eq!(self::seal(&["new", "secret"]).open(&sealed), Some((Bytes::from_static(b"C x\n"), true)));
        assert_eq!(self::seal(&[]).close(Bytes::from_static(b"x")), Bytes::from_static(b"x"));
        assert_eq!(self::seal(&[]).open(&Bytes::from_static(b"x")), Some((Bytes::from_static(b"x"), true)));
    }

    #[test]
    fn a_ticket_is_good_under_its_own_digest_only_and_when_a_node_made_it() {
        let (seal, content) = (seal(&["secret"]), Bytes::from_static(b"{\"user\":\"u1\"}"));
        let kept = seal.close_ticket("d1", content.clone());
        assert_eq!(seal.open_ticket("d1", kept.clone()), Some(content.clone()));
        assert_eq!(self::seal(&["new", "secret"]).open_ticket("d1", kept.clone()), Some(content.clone()));
        assert_eq!(seal.open_ticket("d2", kept), None, "of another ticket");
        assert_eq!(seal.open_ticket("d1", content.clone()), None, "not sealed");
        assert_eq!(seal.open_ticket("d1", seal.close(content.clone())), None, "a message of a node");
        assert_eq!(seal.open_ticket("d1", self::seal(&["other"]).close_ticket("d1", content.clone())), None);
        let open = self::seal(&[]);
        assert_eq!(open.open_ticket("d1", open.close_ticket("d1", content.clone())), Some(content));
    }

    #[test]
    fn forged_and_unsealed_messages_are_told_apart() {
        let seal = seal(&["secret"]);
        assert_eq!(seal.open(&Bytes::from_static(b"C x\n")), Some((Bytes::from_static(b"C x\n"), false)));
        let foreign = self::seal(&["other"]).close(Bytes::from_static(b"C x\n"));
        assert_eq!(seal.open(&foreign), None);
        let mut changed = seal.close(Bytes::from_static(b"C x\n")).to_vec();
        *changed.last_mut().unwrap() = b'y';
        assert_eq!(seal.open(&changed.into()), None);
        for length in 2..SEAL_BYTES {
            assert_eq!(seal.open(&foreign.slice(..length)), None, "{length}");
        }
    }
}
