//! What the broker knows of a channel.

use super::NODES;

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Broker {
    /// Nodes with members.
    pub members: [bool; NODES],
    /// Those of them that receive publications directly.
    pub near: [bool; NODES],
    /// Connections that subscribed to the topic.
    pub subscribed: [bool; NODES],
}

impl Broker {
    /// A node's first member enters. Whether there are others.
    pub fn enter(&mut self, at: usize, near: bool) -> bool {
        self.members[at] = true;
        self.near[at] |= near;
        (0..NODES).any(|other| other != at && (self.members[other] || self.subscribed[other]))
    }

    /// A node's last member is taken out.
    pub fn leave(&mut self, at: usize) {
        (self.members[at], self.near[at]) = (false, false);
    }
}
