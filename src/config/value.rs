//! How each type of option parses and prints a value.

use super::option::{Kind, Rule};
use super::raw::Raw;
use super::secret::Secret;
use crate::auth::origin::AllowedOrigins;
use std::net::SocketAddr;

/// A type an option may have.
pub(super) trait Value: Sized {
    /// See [`super::OptionSpec::secret`].
    const SECRET: bool = false;

    /// Parses the value, if the option allows it.
    fn read(raw: &Raw, kind: &Kind) -> Option<Self>;

    /// The printable value, secrets redacted.
    fn shown(&self) -> String;
}

impl Value for String {
    fn read(raw: &Raw, kind: &Kind) -> Option<Self> {
        let Kind::Text(rule) = kind else { return None };
        let text = raw.text()?;
        (rule.check)(text).then(|| text.to_string())
    }

    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

impl Value for SocketAddr {
    fn read(raw: &Raw, _: &Kind) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn shown(&self) -> String {
        format!("\"{self}\"")
    }
}

impl Value for Option<SocketAddr> {
    fn read(raw: &Raw, _: &Kind) -> Option<Self> {
        match raw.text()? {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        }
    }

    fn shown(&self) -> String {
        self.map_or_else(|| "\"\"".into(), |address| format!("\"{address}\""))
    }
}

impl Value for bool {
    fn read(raw: &Raw, _: &Kind) -> Option<Self> {
        raw.switch()
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

macro_rules! whole {
    ($($type:ty),+) => {$(
        impl Value for $type {
            fn read(raw: &Raw, kind: &Kind) -> Option<Self> {
                let Kind::Whole { min, max, .. } = kind else { return None };
                let number = raw.whole()?;
                (*min..=*max).contains(&number).then(|| number.try_into().ok())?
            }

            fn shown(&self) -> String {
                self.to_string()
            }
        }
    )+};
}
whole!(u32, u64, usize);

fn entries<'a>(raw: &'a Raw, kind: &Kind) -> Option<Vec<&'a str>> {
    let Kind::List(Rule { check, .. }) = kind else { return None };
    raw.list().filter(|entries| entries.iter().all(|entry| check(entry)))
}

impl Value for Vec<String> {
    fn read(raw: &Raw, kind: &Kind) -> Option<Self> {
        Some(entries(raw, kind)?.into_iter().map(String::from).collect())
    }

    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

impl Value for AllowedOrigins {
    fn read(raw: &Raw, _: &Kind) -> Option<Self> {
        AllowedOrigins::parse(&raw.list()?)
    }

    fn shown(&self) -> String {
        format!("{:?}", self.entries().map(|entry| entry.to_string()).collect::<Vec<_>>())
    }
}

impl Value for Secret {
    const SECRET: bool = true;

    fn read(raw: &Raw, _: &Kind) -> Option<Self> {
        Some(Secret::from(raw.text()?))
    }

    fn shown(&self) -> String {
        if self.reveal().is_empty() { "\"\"" } else { "redacted" }.to_owned()
    }
}

impl Value for Vec<Secret> {
    const SECRET: bool = true;

    fn read(raw: &Raw, kind: &Kind) -> Option<Self> {
        Some(entries(raw, kind)?.into_iter().map(Secret::from).collect())
    }

    fn shown(&self) -> String {
        format!("[{} redacted]", self.len())
    }
}

/// Declares the type of an option that allows a few words.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// The allowed words.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word of the variant.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl $crate::config::value::Value for $name {
            fn read(raw: &$crate::config::raw::Raw, _: &$crate::config::option::Kind) -> Option<Self> {
                match raw.text()? { $($word => Some($name::$variant),)+ _ => None }
            }

            fn shown(&self) -> String {
                format!("{:?}", self.as_str())
            }
        }
    };
}
pub(super) use choice;
