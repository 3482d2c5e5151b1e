//! Names of the logs of server events; `keys.rs` lists them with all others.

use super::keys::Keys;

impl Keys {
    /// The log of events with this number.
    pub(super) fn events(&self, partition: u8) -> String {
        format!("{}{partition}", self.events_start())
    }

    /// The common prefix of the names of all event logs; the number follows.
    pub(super) fn events_start(&self) -> String {
        self.name("events", "log:")
    }

    pub(super) fn events_holder(&self, partition: u8) -> String {
        self.name("events", &format!("holder:{partition}"))
    }

    pub(super) fn events_dead(&self) -> String {
        self.name("events", "dead")
    }

    pub(super) fn events_lost(&self) -> String {
        self.name("events", "lost")
    }
}
