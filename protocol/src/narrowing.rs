//! Which of those at an address get a publication, where the sender does not mean everybody.

use crate::{Address, DeviceClass, SessionId, UserId};

/// Users that a publication may leave out.
pub const EXCEPT_MAX: usize = 100;

/// What a sender says of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrowing {
    /// Users of a channel, team or organisation who do not get it, neither now nor from the log.
    pub except: Vec<UserId>,
    /// Which sessions of a user receive it.
    pub select: Select,
}

impl Narrowing {
    /// Whether everybody is meant.
    pub fn is_none(&self) -> bool {
        self.except.is_empty() && self.select == Select::All
    }

    /// Why what goes to an address cannot be narrowed so.
    pub fn misplaced_at(&self, to: &Address) -> Option<&'static str> {
        let of_user = matches!(to, Address::User(_));
        if !self.except.is_empty() && (of_user || matches!(to, Address::Session(_))) {
            return Some("`except` leaves users out of a channel, team or organisation");
        }
        (self.select != Select::All && !of_user).then_some("`select` chooses among the sessions of a user: address")
    }

    /// As it stands in an envelope; `None` where everybody is meant.
    pub fn narrowed(&self) -> Option<Narrowed<'_>> {
        let select = match &self.select {
            Select::All => Selected::All,
            Select::One => Selected::One,
            Select::Others => Selected::Others,
            Select::Class(class) => Selected::Class(class.as_str()),
        };
        let except = self.except.iter().map(UserId::as_str).collect();
        (!self.is_none()).then_some(Narrowed { except, select })
    }
}

/// Which sessions of a user receive a direct message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Select {
    /// All of them.
    #[default]
    All,
    /// The one whose client said something last.
    One,
    /// All but that one.
    Others,
    /// Those of devices of a class.
    Class(DeviceClass),
}

impl Select {
    /// Whether somebody has to look which session that is.
    pub fn looks_for_one(&self) -> bool {
        matches!(self, Select::One | Select::Others)
    }
}

/// As it stands in an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrowed<'a> {
    /// As in [`Narrowing::except`].
    pub except: Vec<&'a str>,
    /// Which sessions of the user receive it.
    pub select: Selected<'a>,
}

/// As [`Select`], and what became of it on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Selected<'a> {
    /// As [`Select::All`].
    #[default]
    All,
    /// As [`Select::One`]; nobody has looked yet which that is.
    One,
    /// As [`Select::Others`]; nobody has looked yet.
    Others,
    /// As [`Select::Class`].
    Class(&'a str),
    /// This one.
    Only(SessionId),
    /// All but this one.
    Not(SessionId),
}
