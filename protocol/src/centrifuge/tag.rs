//! What an answer has to know about its command, stored in the request's id, which the node returns unchanged.

use super::begun::Begun;
use std::fmt;

/// The kind of command.
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
    /// `history` that asks for the last position only.
    HistoryTop,
    /// `refresh`.
    Refresh,
    /// `rpc`, and commands whose only possible answer is an error.
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

/// See the module documentation. Written as a letter and the command's id, followed by [`DELTA`] if there are deltas;
/// after a comma comes, for a `connect`, the start of the connection, and for others the lifetime of the subscription
/// if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The kind of command.
    pub kind: Kind,
    /// The id of the command.
    pub id: u32,
    /// Seconds until the subscription's token expires.
    pub ttl: Option<u32>,
    /// Whether the subscription's publications are sent as deltas.
    pub delta: bool,
    /// The start of the connection.
    pub begun: Option<Begun>,
}

/// See [`Tag::delta`].
const DELTA: char = 'd';

impl Tag {
    pub fn new(kind: Kind, id: u32) -> Self {
        Tag { kind, id, ttl: None, delta: false, begun: None }
    }

    pub fn parse(text: &str) -> Option<Tag> {
        let letter = text.chars().next()?;
        let (kind, _) = LETTERS.iter().find(|(_, of)| *of == letter)?;
        let rest = &text[1..];
        let (id, more) = rest.split_once(',').map_or((rest, None), |(id, more)| (id, Some(more)));
        let (id, delta) = id.strip_suffix(DELTA).map_or((id, false), |id| (id, true));
        let tag = Tag { delta, ..Tag::new(*kind, id.parse().ok()?) };
        Some(match (kind, more) {
            (_, None) => tag,
            (Kind::Connect, Some(json)) => Tag { begun: Some(serde_json::from_str(json).ok()?), ..tag },
            (_, Some(ttl)) => Tag { ttl: Some(ttl.parse().ok()?), ..tag },
        })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = LETTERS.iter().find(|(kind, _)| *kind == self.kind).map_or('?', |(_, letter)| *letter);
        write!(f, "{letter}{}", self.id)?;
        if self.delta {
            write!(f, "{DELTA}")?;
        }
        if let Some(begun) = &self.begun {
            // cannot fail: strings and numbers
            write!(f, ",{}", serde_json::to_string(begun).map_err(|_| fmt::Error)?)?;
        }
        self.ttl.map_or(Ok(()), |ttl| write!(f, ",{ttl}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::centrifuge::Standing;

    #[test]
    fn a_tag_comes_back_as_it_went() {
        for (kind, _) in LETTERS {
            for ttl in [None, Some(60)].into_iter().filter(|ttl| ttl.is_none() || kind != Kind::Connect) {
                for delta in [false, true] {
                    let tag = Tag { ttl, delta, ..Tag::new(kind, 4_000_000_000) };
                    assert_eq!(Tag::parse(&tag.to_string()), Some(tag));
                }
            }
        }
        let data = Some(r#"{"x":"1,2"}"#.to_owned());
        let standing = Standing {
            epoch: "7.99".into(),
            offset: 7,
            was_recovering: true,
            data: data.clone(),
            ..Standing::default()
        };
        let begun = Begun { key: Some("k".into()), data, subs: [("a,b".into(), standing)].into() };
        let tag = Tag { begun: Some(begun), ..Tag::new(Kind::Connect, 1) };
        assert_eq!(Tag::parse(&tag.to_string()), Some(tag));
        for text in ["", "x1", "s", "sd", "sx", "s1,", "s1dd", "c1,7", "é1"] {
            assert_eq!(Tag::parse(text), None, "{text}");
        }
    }
}
