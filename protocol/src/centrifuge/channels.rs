//! Maps the channel names of this protocol to addresses: one table, filled from the node's configuration.
//!
//! | name | address |
//! |---|---|
//! | `ns:rest`, `ns` a namespace | `ch:<organisation of the namespace>/ns/rest` |
//! | `rest`, without a colon | `ch:<organisation of the namespace *>/rest` |
//! | `acme:rest`, `acme` no namespace | `ch:acme/rest` |
//! | `#u1` | `user:u1` |
//!
//! Characters that the grammar of addresses does not allow are percent-encoded. Each name has one address and each
//! address at most one name.

use super::namespace::{Namespace, Options};
use crate::percent::{decoded, encoded};
use crate::{Address, OrgId};
use std::sync::OnceLock;

/// Longest channel name, in bytes.
pub const NAME_BYTES_MAX: usize = 255;
/// Why a text is not the name of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoChannel {
    /// Empty, too long, or with a part that no address can have.
    Malformed,
    /// No namespace of that name, or an address that has a different name.
    Unknown,
}

/// The table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Channels {
    /// The namespaces, each name once.
    pub namespaces: Vec<Namespace>,
    /// Whether users' own streams are channels.
    pub personal: bool,
}

static TABLE: OnceLock<Channels> = OnceLock::new();

impl Channels {
    /// Sets the table of this process; must be called before its first client connects. It is set only once, so that
    /// names held by clients keep their meaning. Returns whether the table in effect equals the given one.
    pub fn install(self) -> bool {
        TABLE.get_or_init(|| self.clone()) == &self
    }

    /// The table of this process.
    pub fn installed() -> &'static Channels {
        static EMPTY: Channels = Channels { namespaces: Vec::new(), personal: false };
        TABLE.get().unwrap_or(&EMPTY)
    }

    /// The address of a channel.
    pub fn address(&self, name: &str) -> Result<Address, NoChannel> {
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return Err(NoChannel::Malformed);
        }
        let address = match (name.strip_prefix('#'), name.split_once(':')) {
            (Some(user), _) if self.personal => format!("user:{user}"),
            (None, Some((space, rest))) => match self.namespace(space) {
                Some(Namespace { org, .. }) => format!("ch:{org}/{space}/{}", encoded(rest)),
                None => format!("ch:{space}/{}", encoded(rest)),
            },
            (_, None) => match self.without() {
                Some(Namespace { org, .. }) => format!("ch:{org}/{}", encoded(name)),
                None => return Err(NoChannel::Unknown),
            },
            (Some(_), Some(_)) => return Err(NoChannel::Unknown),
        };
        let address: Address = address.parse().map_err(|_| NoChannel::Malformed)?;
        // an address has only one name; reject any other that maps to it
        match self.name(&address).is_some_and(|of| of == name) {
            true => Ok(address),
            false => Err(NoChannel::Unknown),
        }
    }

    /// The name of the channel at an address, if it has one.
    pub fn name(&self, address: &Address) -> Option<String> {
        if let Address::User(user) = address {
            return self.personal.then(|| format!("#{user}"));
        }
        let (org, path) = address.channel()?;
        if let Some((namespace, rest)) = self.of_path(org, path.as_str()) {
            return Some(format!("{namespace}:{}", decoded(rest)?));
        }
        let rest = decoded(path.as_str())?;
        if self.without().is_some_and(|without| without.org == *org) && !rest.contains(':') && !rest.starts_with('#') {
            return Some(rest);
        }
        self.namespace(org.as_str()).is_none().then(|| format!("{org}:{rest}"))
    }

    /// The options of the channel at an address.
    pub fn options(&self, address: &Address) -> Options {
        let Some((org, path)) = address.channel() else {
            let joins = self.without().is_some_and(|without| without.options.join_leave);
            let all = Options { publish: true, recover: true, history: true, ..Options::default() };
            return Options { join_leave: joins, each_session: joins, ..all };
        };
        let of_namespace = self.of_path(org, path.as_str()).and_then(|(name, _)| self.namespace(name));
        let without = || self.without().filter(|without| without.org == *org);
        of_namespace.or_else(without).map_or(Options::BY_ACCESS_RULES, |namespace| namespace.options)
    }

    /// Whether any namespace supports deltas.
    pub fn have_deltas(&self) -> bool {
        self.namespaces.iter().any(|namespace| namespace.options.delta)
    }

    /// The organisations of the namespaces.
    pub fn orgs(&self) -> impl Iterator<Item = &OrgId> {
        self.namespaces.iter().map(|namespace| &namespace.org)
    }

    /// The namespace with a name.
    pub fn namespace(&self, name: &str) -> Option<&Namespace> {
        self.namespaces.iter().find(|namespace| namespace.name.as_deref() == Some(name))
    }

    fn without(&self) -> Option<&Namespace> {
        self.namespaces.iter().find(|namespace| namespace.name.is_none())
    }

    /// The namespace that a path belongs to, and the rest of the path.
    fn of_path<'a>(&self, org: &OrgId, path: &'a str) -> Option<(&'a str, &'a str)> {
        let (first, rest) = path.split_once('/')?;
        self.namespace(first).filter(|namespace| namespace.org == *org).map(|_| (first, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Channels {
        let namespaces = ["* acme subscribe", "chat acme publish recover", "news press history"];
        Channels { namespaces: namespaces.map(|entry| entry.parse().unwrap()).into(), personal: true }
    }

    #[test]
    fn each_name_has_one_address_and_back() {
        let table = table();
        for (name, address) in [
            ("chat:room", "ch:acme/chat/room"),
            ("chat:room/1", "ch:acme/chat/room/1"),
            ("chat:a:b", "ch:acme/chat/a:b"),
            ("news:today", "ch:press/news/today"),
            ("index", "ch:acme/index"),
            ("orders/1", "ch:acme/orders/1"),
            ("with space", "ch:acme/with%20space"),
            ("a%b", "ch:acme/a%25b"),
            ("x#42,43", "ch:acme/x%2342%2C43"),
            ("/a//b/", "ch:acme/%2Fa/%2Fb%2F"),
            ("größe", "ch:acme/gr%C3%B6%C3%9Fe"),
            ("press:other", "ch:press/other"),
            ("other:orders/1", "ch:other/orders/1"),
            ("#u1", "user:u1"),
        ] {
            assert_eq!(table.address(name).map(|it| it.to_string()), Ok(address.into()), "{name}");
            assert_eq!(table.name(&address.parse().unwrap()).as_deref(), Some(name), "{address}");
        }
    }

    #[test]
    fn no_name_reaches_what_another_stands_for() {
        let table = table();
        for name in ["chat/room", "acme:chat/room", "press:news/today", "acme:index"] {
            assert_eq!(table.address(name), Err(NoChannel::Unknown), "{name}");
        }
        for name in ["", "a:", ":a", "no good:a", &"a".repeat(256), &"a".repeat(65)] {
            assert_eq!(table.address(name), Err(NoChannel::Malformed), "{name}");
        }
        for address in ["ch:acme/%41", "ch:acme/%zz", "ch:acme/a%", "org:acme", "team:acme/ops", "ch:chat/x"] {
            assert_eq!(table.name(&address.parse().unwrap()), None, "{address}");
        }
        assert_eq!(Channels::default().address("index"), Err(NoChannel::Unknown));
        assert_eq!(Channels::default().address("#u1"), Err(NoChannel::Unknown));
    }

    #[test]
    fn a_channel_has_the_options_of_its_namespace() {
        let table = table();
        let options = |name: &str| table.options(&table.address(name).unwrap());
        assert_eq!(options("chat:room"), Options { publish: true, recover: true, ..Options::default() });
        assert_eq!(options("index"), Options { subscribe: true, ..Options::default() });
        assert_eq!(options("other:x"), Options::BY_ACCESS_RULES);
    }
}
