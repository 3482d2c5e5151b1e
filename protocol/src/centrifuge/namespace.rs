//! Namespaces of channels, as configured.

use crate::OrgId;
use std::str::FromStr;

/// The name for the channels without a namespace.
const WITHOUT: &str = "*";

/// What clients may do in the channels of a namespace, and what they receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Clients may subscribe without a subscription token.
    pub subscribe: bool,
    /// Clients may publish.
    pub publish: bool,
    /// Clients may query presence.
    pub presence: bool,
    /// Clients are told who joins and leaves.
    pub join_leave: bool,
    /// Clients may read history.
    pub history: bool,
    /// Subscriptions have positions: after a gap the server ends the subscription, and the client subscribes again.
    pub position: bool,
    /// Subscriptions have positions and can be recovered.
    pub recover: bool,
    /// A recovered subscription starts with the newest publication, whatever position the client had.
    pub cache: bool,
    /// Clients that ask for it get publications as deltas.
    pub delta: bool,
    /// Clients may subscribe without a subscription token if the application allows it.
    pub subscribe_proxy: bool,
    /// Clients may publish if the application allows it.
    pub publish_proxy: bool,
    /// Not an option of its own: joins and leaves are announced for each session, not for each user.
    pub each_session: bool,
}

const WORDS: [&str; 11] = [
    "subscribe",
    "publish",
    "presence",
    "join_leave",
    "history",
    "position",
    "recover",
    "cache",
    "delta",
    "subscribe_proxy",
    "publish_proxy",
];

impl Options {
    /// The options of an organisation's own channels: here the node's access rules decide.
    pub(super) const BY_ACCESS_RULES: Options = Options {
        subscribe: true,
        publish: true,
        presence: true,
        join_leave: true,
        history: true,
        position: false,
        recover: true,
        cache: false,
        delta: false,
        subscribe_proxy: false,
        publish_proxy: false,
        each_session: false,
    };

    /// Whether subscriptions have positions.
    pub(super) fn is_positioned(self) -> bool {
        self.position || self.recover
    }

    fn set(&mut self, word: &str) -> bool {
        let option = match word {
            "subscribe" => &mut self.subscribe,
            "publish" => &mut self.publish,
            "presence" => &mut self.presence,
            "join_leave" => {
                self.each_session = true;
                &mut self.join_leave
            }
            "history" => &mut self.history,
            "position" => &mut self.position,
            "recover" => &mut self.recover,
            "cache" => {
                self.recover = true;
                &mut self.cache
            }
            "delta" => &mut self.delta,
            // with a proxy the application decides, nothing else
            "subscribe_proxy" => {
                self.subscribe = true;
                &mut self.subscribe_proxy
            }
            "publish_proxy" => {
                self.publish = true;
                &mut self.publish_proxy
            }
            _ => return false,
        };
        *option = true;
        true
    }
}

/// A namespace: `NAME ORGANISATION OPTION…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Its name; `None`: the channels without one.
    pub name: Option<Box<str>>,
    /// The organisation that its channels belong to.
    pub org: OrgId,
    /// The options of its channels.
    pub options: Options,
}

/// Why a text is not a namespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamespaceError {
    /// Not of the required form.
    #[error("{0:?}: a namespace is `NAME ORGANISATION OPTION…`, with * as the name of channels without one")]
    Form(String),
    /// A name that no channel can have.
    #[error("{entry:?}: the {part} {name:?} {error}")]
    Name {
        /// The whole entry.
        entry: String,
        /// Which of the names it is.
        part: &'static str,
        /// The name.
        name: String,
        /// What is wrong with it.
        error: crate::IdError,
    },
    /// A colon ends a namespace.
    #[error("{0:?}: the name of a namespace has no colon")]
    Colon(String),
    /// No such option.
    #[error("{entry:?}: {word:?} is not an option; there are {}", WORDS.join(", "))]
    Option {
        /// The whole entry.
        entry: String,
        /// The word.
        word: String,
    },
}

impl FromStr for Namespace {
    type Err = NamespaceError;

    fn from_str(entry: &str) -> Result<Self, NamespaceError> {
        let mut words = entry.split_whitespace();
        let (Some(name), Some(org)) = (words.next(), words.next()) else {
            return Err(NamespaceError::Form(entry.into()));
        };
        let parse = |part: &'static str, name: &str| {
            name.parse::<OrgId>().map_err(|error| NamespaceError::Name {
                entry: entry.into(),
                part,
                name: name.into(),
                error,
            })
        };
        let org = parse("organisation", org)?;
        let name = match name {
            WITHOUT => None,
            name if name.contains(':') => return Err(NamespaceError::Colon(entry.into())),
            name => Some(parse("name", name)?.as_str().into()),
        };
        let mut options = Options::default();
        for word in words {
            if !options.set(word) {
                return Err(NamespaceError::Option { entry: entry.into(), word: word.into() });
            }
        }
        Ok(Namespace { name, org, options })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_namespace_says_what_is_wrong() {
        for (entry, said) in [
            ("chat", "NAME ORGANISATION OPTION"),
            ("a:b acme", "no colon"),
            ("chat ac/me", "the organisation"),
            ("chat acme recovr", "is not an option; there are subscribe, publish"),
        ] {
            let error = entry.parse::<Namespace>().unwrap_err().to_string();
            assert!(error.contains(said), "{entry}: {error}");
        }
    }
}
