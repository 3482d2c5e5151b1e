//! The wire protocols this build speaks: the one list of them.

use crate::cluster::Envelope;
use crate::dialect::{DecodeError, WireProtocol};
use crate::event::Event;
use crate::frame::Opcode;
use crate::hubwire_v1::Codec;
use crate::request::Request;
use crate::{Address, CloseCode, Limits, Position};
use bytes::Bytes;

/// All of them. The first is spoken where the client names none. A further one is a folder and a line here.
const SPOKEN: [&dyn WireProtocol; 2] = [&Codec::Json, &Codec::MsgPack];

/// The wire protocol a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Dialect(u8);

impl Dialect {
    /// All dialects.
    pub fn all() -> impl Iterator<Item = Dialect> {
        (0..SPOKEN.len() as u8).map(Dialect)
    }

    /// The dialect of a subprotocol's name.
    pub fn of_subprotocol(name: &str) -> Option<Dialect> {
        Dialect::all().find(|dialect| dialect.subprotocol() == name)
    }

    fn protocol(self) -> &'static dyn WireProtocol {
        SPOKEN[usize::from(self.0)]
    }

    /// See [`WireProtocol::subprotocol`].
    pub fn subprotocol(self) -> &'static str {
        self.protocol().subprotocol()
    }

    /// See [`WireProtocol::opcode`].
    pub fn opcode(self) -> Opcode {
        self.protocol().opcode()
    }

    /// See [`WireProtocol::decode`].
    pub fn decode<'a>(self, message: &'a [u8], limits: &Limits) -> Result<Vec<Request<'a>>, DecodeError> {
        self.protocol().decode(message, limits)
    }

    /// See [`WireProtocol::publication`].
    pub fn publication(self, envelope: &Envelope<'_>, pos: Option<Position>) -> Option<Bytes> {
        self.protocol().publication(envelope, pos)
    }

    /// See [`WireProtocol::event`].
    pub fn event(self, event: &Event<'_>, to: Option<&Address>, re: Option<&str>) -> Option<Bytes> {
        self.protocol().event(event, to, re)
    }

    /// See [`WireProtocol::heartbeat`].
    pub fn heartbeat(self, visible: bool) -> Bytes {
        self.protocol().heartbeat(visible)
    }

    /// See [`WireProtocol::close`].
    pub fn close(self, code: CloseCode) -> u16 {
        self.protocol().close(code)
    }
}

/// One of something for each dialect: what is encoded for many is encoded once for each that somebody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerDialect<T>([T; SPOKEN.len()]);

impl<T> PerDialect<T> {
    /// Makes one for each dialect.
    pub fn each(mut make: impl FnMut(Dialect) -> T) -> Self {
        PerDialect(std::array::from_fn(|at| make(Dialect(at as u8))))
    }

    /// The one of a dialect.
    pub fn of(&self, dialect: Dialect) -> &T {
        &self.0[usize::from(dialect.0)]
    }

    /// The one of a dialect, to be changed.
    pub fn of_mut(&mut self, dialect: Dialect) -> &mut T {
        &mut self.0[usize::from(dialect.0)]
    }

    /// All of them, in the order of the dialects.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// The same for each dialect, made from what is there.
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> PerDialect<U> {
        PerDialect(self.0.map(make))
    }

    /// Both of each dialect.
    pub fn zip<U>(&mut self, others: PerDialect<U>) -> impl Iterator<Item = (&mut T, U)> {
        self.0.iter_mut().zip(others.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_has_a_subprotocol_of_its_own_and_is_found_by_it() {
        for dialect in Dialect::all() {
            assert_eq!(Dialect::of_subprotocol(dialect.subprotocol()), Some(dialect));
        }
        assert_eq!(Dialect::of_subprotocol("mqtt"), None);
        assert_eq!(Dialect::default().subprotocol(), "hubwire.v1.json");
    }

    #[test]
    fn one_of_each_is_found_by_its_dialect() {
        let mut names = PerDialect::each(Dialect::subprotocol);
        assert!(Dialect::all().all(|dialect| *names.of(dialect) == dialect.subprotocol()));
        *names.of_mut(Dialect::default()) = "other";
        assert_eq!(names.iter().filter(|name| **name == "other").count(), 1);
    }
}
