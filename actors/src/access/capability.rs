//! Capabilities: the actions that rules and scopes grant at an address.

/// What a rule can allow or forbid at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Capability {
    /// Join a channel and follow it as view; what is published there arrives.
    Join,
    /// Read the stream: history, resume, cursors.
    Read,
    /// Send an action to a channel, team or organisation.
    Publish,
    /// Ask who is there.
    Presence,
    /// Send an action to a user or a session.
    Direct,
    /// Bring others into a channel.
    Invite,
    /// Remove others from a channel.
    Kick,
    /// Change what belongs to a channel: its snapshot, its stream.
    Manage,
}

impl Capability {
    /// All of them, in the order they are documented.
    pub const ALL: [Capability; 8] = {
        use Capability::*;
        [Join, Read, Publish, Presence, Direct, Invite, Kick, Manage]
    };

    /// The one with this word in rules.
    pub fn named(word: &str) -> Option<Self> {
        Capability::ALL.into_iter().find(|capability| capability.as_str() == word)
    }

    /// The word in rules.
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

/// Several capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities(u8);

impl Capabilities {
    /// Those with these names; otherwise the first name that is none.
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
