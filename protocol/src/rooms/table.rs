//! Maps the names of rooms to addresses.

use crate::percent::{decoded, encoded};
use crate::{Address, ChannelPath, OrgId};
use std::sync::OnceLock;

/// The table: `general` is `ch:<organisation>/general`. Characters that the grammar of addresses does not allow are
/// percent-encoded. Each name has one address and each address at most one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rooms {
    /// The organisation whose channels are the rooms.
    pub org: OrgId,
    /// The room that clients enter first, if any.
    pub first: Option<String>,
    /// How many of a room's newest messages a client receives when it enters.
    pub recent: u32,
}

static ROOMS: OnceLock<Rooms> = OnceLock::new();

impl Rooms {
    /// Sets the table of this process; must be called before its first client connects. It is set only once. Returns
    /// whether the table in effect equals the given one.
    pub fn install(self) -> bool {
        ROOMS.get_or_init(|| self.clone()) == &self
    }

    /// The table of this process; `None` if no rooms are configured.
    pub fn installed() -> Option<&'static Rooms> {
        ROOMS.get()
    }

    /// The address of a room; `None` if the name is invalid.
    pub fn address(&self, name: &str) -> Option<Address> {
        Some(Address::Channel(self.org.clone(), encoded(name).parse().ok()?))
    }

    /// The name of the room at an address; `None` if the address is not that of a room.
    pub fn name(&self, address: &Address) -> Option<String> {
        let (org, path) = address.channel()?;
        decoded(path.as_str()).filter(|_| *org == self.org)
    }
}

/// Whether a text is a valid name of a room.
pub fn is_name(text: &str) -> bool {
    encoded(text).parse::<ChannelPath>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_room_has_one_address_and_back() {
        let rooms = Rooms { org: "acme".parse().unwrap(), first: None, recent: 0 };
        for (name, address) in [
            ("general", "ch:acme/general"),
            ("General", "ch:acme/General"),
            ("orders/1842", "ch:acme/orders/1842"),
            ("with space", "ch:acme/with%20space"),
            ("50%", "ch:acme/50%25"),
            ("größe", "ch:acme/gr%C3%B6%C3%9Fe"),
            ("/a//b/", "ch:acme/%2Fa/%2Fb%2F"),
        ] {
            assert_eq!(rooms.address(name).unwrap().to_string(), address);
            assert_eq!(rooms.name(&address.parse().unwrap()).as_deref(), Some(name));
        }
        for name in ["", &"a".repeat(65), &"a/".repeat(130)] {
            assert!(rooms.address(name).is_none() && !is_name(name), "{name}");
        }
        for address in ["ch:other/general", "org:acme", "user:general", "ch:acme/%41", "ch:acme/a%"] {
            assert_eq!(rooms.name(&address.parse().unwrap()), None, "{address}");
        }
    }
}
