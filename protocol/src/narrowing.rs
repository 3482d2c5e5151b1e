//! Restricts which of the receivers at an address get a publication.

use crate::{Address, DeviceClass, SessionId, UserId};

/// Most users that a publication may exclude.
pub const EXCEPT_MAX: usize = 100;

/// The sender's restrictions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrowing {
    /// Users of a channel, team or organisation who do not get it, neither live nor from the log.
    pub except: Vec<UserId>,
    /// Which sessions of a user receive it.
    pub select: Select,
}

impl Narrowing {
    /// Whether there is no restriction.
    pub fn is_none(&self) -> bool {
        self.except.is_empty() && self.select == Select::All
    }

    /// Why a publication to this address cannot be restricted in this way; `None` if it can.
    pub fn misplaced_at(&self, to: &Address) -> Option<&'static str> {
        let of_user = matches!(to, Address::User(_));
        if !self.except.is_empty() && (of_user || matches!(to, Address::Session(_))) {
            return Some("`except` leaves users out of a channel, team or organisation");
        }
        (self.select != Select::All && !of_user).then_some("`select` chooses among the sessions of a user: address")
    }

    /// The form stored in an envelope; `None` if there is no restriction.
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
    /// The one whose client was active last.
    One,
    /// All except the one whose client was active last.
    Others,
    /// Those on devices of a class.
    Class(DeviceClass),
}

impl Select {
    /// Whether the most recently active session has to be searched for.
    pub fn looks_for_one(&self) -> bool {
        matches!(self, Select::One | Select::Others)
    }
}

/// The form stored in an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrowed<'a> {
    /// As in [`Narrowing::except`].
    pub except: Vec<&'a str>,
    /// Which sessions of the user receive it.
    pub select: Selected<'a>,
}

/// As [`Select`], including the result of the search for the most recently active session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Selected<'a> {
    /// As [`Select::All`].
    #[default]
    All,
    /// As [`Select::One`], before the search.
    One,
    /// As [`Select::Others`], before the search.
    Others,
    /// As [`Select::Class`].
    Class(&'a str),
    /// Only this session.
    Only(SessionId),
    /// All except this session.
    Not(SessionId),
}
