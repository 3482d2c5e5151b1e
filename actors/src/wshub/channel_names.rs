//! The names of the channels, byte for byte.

use crate::backend::plain::Subscription;
use bytes::{BufMut, Bytes, BytesMut};

const CLIENT_NEW: &[u8] = b"client-new";
const CLIENT_GONE: &[u8] = b"client-gone";
const CLIENT_DATA: &[u8] = b"client-data:";
const GROUPS_NEW: &[u8] = b"groups-new:";
const GROUP_DATA: &[u8] = b"group-data:";

/// Formats and parses names with one prefix.
#[derive(Debug, Clone)]
pub struct ChannelNames {
    prefix: Bytes,
}

/// A channel that a node listens to. The key or group is everything after the exact prefix, colons included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Inbound {
    /// The payload lists the groups of this key.
    GroupsNew { key: Bytes },
    /// The payload is for the members of this group.
    GroupData { group: Bytes },
}

impl ChannelNames {
    /// Names with `prefix`.
    pub fn new(prefix: Bytes) -> Self {
        ChannelNames { prefix }
    }

    /// The channel on which new keys are announced; the payload is the key.
    pub fn client_new(&self) -> Bytes {
        self.name(CLIENT_NEW, b"")
    }

    /// Announces that the last connection of a key ended; the payload is the key.
    pub fn client_gone(&self) -> Bytes {
        self.name(CLIENT_GONE, b"")
    }

    /// The channel of a client's messages.
    pub fn client_data(&self, key: &[u8]) -> Bytes {
        self.name(CLIENT_DATA, key)
    }

    /// The channel of messages for a group.
    pub fn group_data(&self, group: &[u8]) -> Bytes {
        self.name(GROUP_DATA, group)
    }

    /// Adds the prefix to a name, if it is one of the contract's.
    pub fn named(&self, name: &[u8]) -> Option<Bytes> {
        let is_whole = [CLIENT_NEW, CLIENT_GONE].contains(&name);
        let is_begun = [CLIENT_DATA, GROUPS_NEW, GROUP_DATA].iter().any(|begin| name.starts_with(begin));
        (is_whole || is_begun).then(|| self.name(name, b""))
    }

    /// The channels that a node listens to.
    pub(super) fn inbound(&self) -> Vec<Subscription> {
        [GROUPS_NEW, GROUP_DATA].map(|begin| Subscription::Prefix(self.name(begin, b""))).into()
    }

    /// Parses a channel that a node listens to.
    pub(super) fn read(&self, channel: &Bytes) -> Option<Inbound> {
        let name = channel.strip_prefix(&self.prefix[..])?;
        let rest = |begin: &[u8]| name.strip_prefix(begin).map(|rest| channel.slice_ref(rest));
        let groups_new = rest(GROUPS_NEW).map(|key| Inbound::GroupsNew { key });
        groups_new.or_else(|| rest(GROUP_DATA).map(|group| Inbound::GroupData { group }))
    }

    fn name(&self, begin: &[u8], end: &[u8]) -> Bytes {
        let mut name = BytesMut::with_capacity(self.prefix.len() + begin.len() + end.len());
        name.put_slice(&self.prefix);
        name.put_slice(begin);
        name.put_slice(end);
        name.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> ChannelNames {
        ChannelNames::new(Bytes::from("ws-hub:"))
    }

    #[test]
    fn names_are_those_of_the_contract() {
        assert_eq!(names().client_new(), "ws-hub:client-new");
        assert_eq!(names().client_data(b"a:b c"), "ws-hub:client-data:a:b c");
        assert_eq!(names().client_data(b""), "ws-hub:client-data:");
    }

    #[test]
    fn exactly_the_prefix_is_taken_off() {
        // trimming characters instead of removing a prefix would damage such keys
        for key in ["user1", "group", "ws", "ws-hub:", "groups-new:x", "a:b c", "é", ""] {
            let channel = Bytes::from(format!("ws-hub:groups-new:{key}"));
            assert_eq!(names().read(&channel), Some(Inbound::GroupsNew { key: Bytes::from(key) }));
        }
        let channel = Bytes::from("ws-hub:group-data:news");
        assert_eq!(names().read(&channel), Some(Inbound::GroupData { group: Bytes::from("news") }));
        for other in ["ws-hub:client-new", "ws-hub:client-data:x", "other:group-data:x", "ws-hub:group-data"] {
            assert_eq!(names().read(&Bytes::from(other)), None, "{other}");
        }
    }

    #[test]
    fn only_the_channels_of_the_contract_are_named() {
        assert_eq!(names().named(b"groups-new:1"), Some(Bytes::from("ws-hub:groups-new:1")));
        for other in ["", "client-new:", "groups-new", "other"] {
            assert_eq!(names().named(other.as_bytes()), None, "{other}");
        }
    }
}
