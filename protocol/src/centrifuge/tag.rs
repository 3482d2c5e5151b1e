//! What an answer has to know of its command, as the name of the request: the node gives it back as it was.

use std::fmt;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `connect`.
    Connect,
    /// `subscribe`.
    Subscribe,
    /// `subscribe` with a position.
    Recover,
    /// `unsubscribe`.
    Unsubscribe,
    /// `publish`.
    Publish,
    /// `presence`.
    Presence,
    /// `presence_stats`.
    PresenceStats,
    /// `history`, oldest first.
    History,
    /// `history`, newest first.
    HistoryReversed,
    /// `history` that only asks where the stream stands.
    HistoryTop,
    /// `refresh`.
    Refresh,
    /// `rpc`, and what has no answer but an error.
    Rpc,
}

const LETTERS: [(Kind, char); 12] = [
    (Kind::Connect, 'c'),
    (Kind::Subscribe, 's'),
    (Kind::Recover, 'r'),
    (Kind::Unsubscribe, 'u'),
    (Kind::Publish, 'p'),
    (Kind::Presence, 'e'),
    (Kind::PresenceStats, 'n'),
    (Kind::History, 'h'),
    (Kind::HistoryReversed, 'v'),
    (Kind::HistoryTop, 't'),
    (Kind::Refresh, 'f'),
    (Kind::Rpc, 'q'),
];

/// See the module. Written as a letter, the command's id, and the lifetime of a subscription where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// What was asked.
    pub kind: Kind,
    /// The id of the command.
    pub id: u32,
    /// In how many seconds the subscription's token ends.
    pub ttl: Option<u32>,
}

impl Tag {
    pub fn new(kind: Kind, id: u32) -> Self {
        Tag { kind, id, ttl: None }
    }

    pub fn parse(text: &str) -> Option<Tag> {
        let letter = text.chars().next()?;
        let (kind, _) = LETTERS.iter().find(|(_, of)| *of == letter)?;
        let rest = &text[1..];
        let (id, ttl) = match rest.split_once(',') {
            Some((id, ttl)) => (id, Some(ttl.parse().ok()?)),
            None => (rest, None),
        };
        Some(Tag { kind: *kind, id: id.parse().ok()?, ttl })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = LETTERS.iter().find(|(kind, _)| *kind == self.kind).map_or('?', |(_, letter)| *letter);
        write!(f, "{letter}{}", self.id)?;
        self.ttl.map_or(Ok(()), |ttl| write!(f, ",{ttl}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_comes_back_as_it_went() {
        for (kind, _) in LETTERS {
            for ttl in [None, Some(60)] {
                let tag = Tag { kind, id: 4_000_000_000, ttl };
                assert_eq!(Tag::parse(&tag.to_string()), Some(tag));
            }
        }
        for text in ["", "x1", "s", "sx", "s1,", "é1"] {
            assert_eq!(Tag::parse(text), None, "{text}");
        }
    }
}
