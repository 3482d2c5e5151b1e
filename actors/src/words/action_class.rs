//! Classes of client actions, for their rates.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A class of actions with a rate of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ActionClass {
    /// Sending to a channel, a team or an organisation.
    Publish,
    /// Sending to a user or a session.
    Direct,
    /// Joining, viewing and resuming channels.
    Join,
    /// Listing members and users that are online.
    Presence,
    /// Reading history.
    History,
    /// Changing one's profile.
    Profile,
    /// Calling the application.
    Rpc,
}

impl ActionClass {
    /// All classes.
    pub const ALL: [ActionClass; 7] = {
        use ActionClass::*;
        [Publish, Direct, Join, Presence, History, Profile, Rpc]
    };

    /// The word in options, metrics and errors.
    pub fn as_str(self) -> &'static str {
        match self {
            ActionClass::Publish => "publish",
            ActionClass::Direct => "direct",
            ActionClass::Join => "join",
            ActionClass::Presence => "presence",
            ActionClass::History => "history",
            ActionClass::Profile => "profile",
            ActionClass::Rpc => "rpc",
        }
    }
}

/// A number of actions per second on average, and a number at once. 0 per second: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rate {
    /// On average.
    pub per_second: u32,
    /// At once; at least the number of one second.
    pub burst: u32,
}

impl Rate {
    /// After this time a full account is empty again.
    pub fn full_for(self) -> Duration {
        Duration::from_secs_f64(f64::from(self.burst) / f64::from(self.per_second.max(1)))
    }
}

/// The rate of each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates([Rate; ActionClass::ALL.len()]);

impl Rates {
    /// The rate of one class.
    pub fn of(&self, class: ActionClass) -> Rate {
        self.0[class as usize]
    }

    /// Parses `CLASS=PER_SECOND/BURST` entries; a class without an entry has no limit.
    ///
    /// # Errors
    /// The first entry that is malformed, or repeats a class.
    pub fn read<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, RateError> {
        let (mut rates, mut seen) = (Rates::default(), 0_u8);
        for entry in entries {
            let (class, rate) = read_entry(entry)?;
            if seen & (1 << class as u8) != 0 {
                return Err(RateError::Twice(class));
            }
            seen |= 1 << class as u8;
            rates.0[class as usize] = rate;
        }
        Ok(rates)
    }
}

/// Why a text is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// The form is wrong.
    #[error("{0:?} is not CLASS=PER_SECOND/BURST, such as publish=100/1000, with a burst of at least one second")]
    Form(String),
    /// There is no such class.
    #[error("{0:?} is not a class of actions; there are publish, direct, join, presence, history, profile and rpc")]
    Class(String),
    /// A class appears twice.
    #[error("{0} has two rates")]
    Twice(ActionClass),
}

impl fmt::Display for ActionClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ActionClass {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let found = ActionClass::ALL.into_iter().find(|class| class.as_str() == text);
        found.ok_or_else(|| RateError::Class(text.into()))
    }
}

fn read_entry(entry: &str) -> Result<(ActionClass, Rate), RateError> {
    let form = || RateError::Form(entry.into());
    let (class, rate) = entry.split_once('=').ok_or_else(form)?;
    let (per_second, burst) = rate.split_once('/').ok_or_else(form)?;
    let number = |text: &str| text.trim().parse::<u32>().map_err(|_| form());
    let (per_second, burst) = (number(per_second)?, number(burst)?);
    match burst >= per_second {
        true => Ok((class.trim().parse()?, Rate { per_second, burst })),
        false => Err(form()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_what_is_none_is_named() {
        let rates = Rates::read(["publish=100/1000", "history = 5 / 50"]).unwrap();
        assert_eq!(rates.of(ActionClass::Publish), Rate { per_second: 100, burst: 1000 });
        assert_eq!(rates.of(ActionClass::History), Rate { per_second: 5, burst: 50 });
        assert_eq!(rates.of(ActionClass::Join), Rate::default(), "no bound");
        for (entries, why) in [
            (vec!["publish"], "is not CLASS"),
            (vec!["publish=1"], "is not CLASS"),
            (vec!["publish=-1/2"], "is not CLASS"),
            (vec!["publish=10/9"], "is not CLASS"),
            (vec!["fly=1/2"], "\"fly\" is not a class"),
            (vec!["join=1/2", "join=1/2"], "join has two rates"),
        ] {
            let error = Rates::read(entries.iter().copied()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
