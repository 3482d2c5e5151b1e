//! The idempotency key of an action's id, by which a repeat stores nothing, and the digest that distinguishes a repeat
//! from another content with a used id.

use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::{Narrowed, Selected};
use sha2::{Digest, Sha256};

/// The key of an id in a stream. `scope` is the user's device, or `#<session>` without one; for the server API, which
/// has no user, it is the name of its API key. No name contains a space, and no device a `#`, so nobody can choose an
/// id that collides with another sender's.
pub(crate) fn key(user: &str, scope: &str, id: &str) -> String {
    [user, scope, id].join(" ")
}

/// A digest of the content: the same on every node and in every version, no matter when the envelope was made.
pub(crate) fn digest(envelope: &Envelope<'_>) -> u64 {
    let error = envelope.error.map(|error| if error { "1" } else { "0" });
    let mut hasher = Sha256::new();
    for part in [Some(envelope.to), envelope.from, Some(envelope.kind), envelope.payload, error, envelope.meta] {
        // the length separates the parts, and an absent part from an empty one
        hasher.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
        hasher.update(part.unwrap_or_default());
    }
    if let Some(narrowed) = &envelope.narrowed {
        hasher.update(whom(narrowed));
    }
    let digest: [u8; 32] = hasher.finalize().into();
    digest.into_iter().take(8).fold(0, |number, byte| number << 8 | u64::from(byte))
}

/// The receivers, as a text. No id has a space.
fn whom(narrowed: &Narrowed<'_>) -> String {
    let select = match narrowed.select {
        Selected::All => "all".to_owned(),
        Selected::One => "one".to_owned(),
        Selected::Others => "others".to_owned(),
        Selected::Class(class) => format!("class {class}"),
        // the form that nodes derive from it on the way, after it was stored
        Selected::Only(session) | Selected::Not(session) => session.to_string(),
    };
    format!("{} but {}", select, narrowed.except.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hubwire_protocol::{DeviceId, UserId};

    #[test]
    fn nobody_can_name_the_id_of_another() {
        let whole = "a|b|c|d api";
        let mut keys = std::collections::HashSet::new();
        let mut named = 0;
        // every way to split the text into user, device and id
        for first in 0..whole.len() {
            for second in first..whole.len() {
                let (user, device, id) = (&whole[..first], &whole[first..second], &whole[second..]);
                let is_user = user.is_empty() || user.parse::<UserId>().is_ok();
                let is_device = device.is_empty() || device.parse::<DeviceId>().is_ok();
                if is_user && is_device {
                    named += 1;
                    assert!(keys.insert(key(user, device, id)), "{user:?} {device:?} {id:?}");
                }
            }
        }
        assert!(named > 20, "{named}");
    }

    #[test]
    fn a_digest_tells_contents_apart_and_not_when_or_from_where_they_came() {
        let envelope = Envelope {
            to: "user:u1",
            from: Some("u2"),
            session: None,
            id: Some("k1"),
            ts: 1,
            kind: "a/b",
            payload: Some("\"x\""),
            error: None,
            meta: None,
            narrowed: None,
        };
        let session = "0123456789abcdef0123456789abcdef".parse().ok();
        let again = Envelope { ts: 2, session, ..envelope.clone() };
        assert_eq!(digest(&envelope), digest(&again));
        let others = [
            Envelope { to: "user:u3", ..envelope.clone() },
            Envelope { from: None, ..envelope.clone() },
            Envelope { kind: "a/c", ..envelope.clone() },
            Envelope { kind: "a/b\"", payload: Some("x\""), ..envelope.clone() },
            Envelope { payload: None, ..envelope.clone() },
            Envelope { payload: None, meta: Some("\"x\""), ..envelope.clone() },
            Envelope { error: Some(false), ..envelope.clone() },
            Envelope { error: Some(true), ..envelope.clone() },
        ];
        let mut digests: Vec<u64> = others.iter().chain([&envelope]).map(digest).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), others.len() + 1);
    }

    // nodes of two versions in one cluster compare digests
    #[test]
    fn a_digest_never_changes() {
        let envelope = Envelope {
            to: "org:acme",
            from: None,
            session: None,
            id: None,
            ts: 0,
            kind: "x",
            payload: Some("1"),
            error: Some(true),
            meta: Some("{}"),
            narrowed: None,
        };
        assert_eq!(format!("{:016x}", digest(&envelope)), "c8dffe6a55892198");
    }
}
