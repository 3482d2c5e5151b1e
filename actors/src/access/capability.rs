//! Capabilities: the actions that rules and scopes grant at an address.

/// What a rule can allow or forbid at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Capability {
    /// Join or view a channel, and receive its publications.
    Join,
    /// Read the stream: history, resume, cursors.
    Read,
    /// Send an action to a channel, team or organisation.
    Publish,
    /// List the members.
    Presence,
    /// Send an action to a user or a session.
    Direct,
    /// Invite others to a channel.
    Invite,
    /// Remove others from a channel.
    Kick,
    /// Change the channel itself: its snapshot, its stream.
    Manage,
}

impl Capability {
    /// All capabilities, in the order of the documentation.
    pub const ALL: [Capability; 8] = {
        use Capability::*;
        [Join, Read, Publish, Presence, Direct, Invite, Kick, Manage]
    };

    /// Parses the word used in rules.
    pub fn named(word: &str) -> Option<Self> {
        Capability::ALL.into_iter().find(|capability| capability.as_str() == word)
    }

    /// The word used in rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Capability::Join => "join",
            Capability::Read => "read",
            Capability::Publish => "publish",
            Capability::Presence => "presence",
            Capability::Direct => "direct",
            Capability::Invite => "invite",
            Capability::Kick => "kick",
            Capability::Manage => "manage",
        }
    }
}

/// A set of capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities(u8);

impl Capabilities {
    /// Parses a set of names. The error is the first name that is not a capability.
    pub(super) fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        names.into_iter().try_fold(Capabilities::default(), |all, name| {
            Capability::named(name).map(|capability| all.with(capability)).ok_or(name)
        })
    }

    fn with(self, capability: Capability) -> Self {
        Capabilities(self.0 | 1 << capability as u8)
    }

    pub(super) fn contains(self, capability: Capability) -> bool {
        self.0 & (1 << capability as u8) != 0
    }
}
