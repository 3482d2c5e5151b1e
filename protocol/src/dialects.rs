//! The list of the wire protocols that this build supports.

use crate::centrifuge::Format;
use crate::cluster::Envelope;
use crate::dialect::{DecodeError, WireProtocol};
use crate::event::Event;
use crate::frame::Opcode;
use crate::hubwire_v1::Codec;
use crate::request::Request;
use crate::rooms::Events;
use crate::{Address, CloseCode, Limits, Position};
use bytes::Bytes;

/// All of them; the first is the default. To add one, add a folder and a line here.
const SPOKEN: [&dyn WireProtocol; 5] = [&Codec::Json, &Codec::MsgPack, &Format::Json, &Format::Protobuf, &Events];
/// The number of hubwire's own dialects, which come first.
const OWN: usize = 2;
/// The place of the dialect of rooms.
const ROOMS: u8 = 4;

/// The wire protocol a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Dialect(u8);

impl Dialect {
    /// All dialects.
    pub fn all() -> impl Iterator<Item = Dialect> {
        (0..SPOKEN.len() as u8).map(Dialect)
    }

    /// The dialects of hubwire's own protocol, which are offered on its WebSocket endpoint.
    pub fn own() -> impl Iterator<Item = Dialect> {
        Dialect::all().take(OWN)
    }

    /// hubwire's own dialect with the name of a subprotocol.
    pub fn of_subprotocol(name: &str) -> Option<Dialect> {
        Dialect::own().find(|dialect| dialect.subprotocol() == name)
    }

    /// The Centrifuge dialect in a format.
    pub fn of_centrifuge(format: Format) -> Dialect {
        Dialect(OWN as u8 + u8::from(format == Format::Protobuf))
    }

    /// The dialect of rooms.
    pub fn of_rooms() -> Dialect {
        Dialect(ROOMS)
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

    /// See [`WireProtocol::returns_own`].
    pub fn returns_own(self) -> bool {
        self.protocol().returns_own()
    }

    /// See [`WireProtocol::has_own_closes`].
    pub fn has_own_closes(self) -> bool {
        self.protocol().has_own_closes()
    }

    /// See [`WireProtocol::heartbeat`].
    pub fn heartbeat(self, visible: bool) -> Bytes {
        self.protocol().heartbeat(visible)
    }

    /// See [`WireProtocol::close`].
    pub fn close(self, code: CloseCode, reason: &str) -> u16 {
        self.protocol().close(code, reason)
    }
}

/// One value for each dialect: what is sent to many sessions is encoded once for each dialect in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerDialect<T>([T; SPOKEN.len()]);

impl<T> PerDialect<T> {
    /// Calls `make` for each dialect.
    pub fn each(mut make: impl FnMut(Dialect) -> T) -> Self {
        PerDialect(std::array::from_fn(|at| make(Dialect(at as u8))))
    }

    /// The value for a dialect.
    pub fn of(&self, dialect: Dialect) -> &T {
        &self.0[usize::from(dialect.0)]
    }

    /// The value for a dialect, mutable.
    pub fn of_mut(&mut self, dialect: Dialect) -> &mut T {
        &mut self.0[usize::from(dialect.0)]
    }

    /// All values, in the order of the dialects.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// Converts each value.
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> PerDialect<U> {
        PerDialect(self.0.map(make))
    }

    /// Pairs the values of both, dialect by dialect.
    pub fn zip<U>(&mut self, others: PerDialect<U>) -> impl Iterator<Item = (&mut T, U)> {
        self.0.iter_mut().zip(others.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_has_a_subprotocol_of_its_own_and_is_found_by_it() {
        let names: std::collections::BTreeSet<_> = Dialect::all().map(Dialect::subprotocol).collect();
        assert_eq!(names.len(), SPOKEN.len());
        for dialect in Dialect::own() {
            assert_eq!(Dialect::of_subprotocol(dialect.subprotocol()), Some(dialect));
        }
        assert_eq!(Dialect::of_subprotocol("mqtt"), None);
        for format in [Format::Json, Format::Protobuf] {
            let dialect = Dialect::of_centrifuge(format);
            assert_eq!(dialect.subprotocol(), WireProtocol::subprotocol(&format));
            assert_eq!(Dialect::of_subprotocol(dialect.subprotocol()), None, "it has a path of its own");
        }
        assert_eq!(Dialect::of_rooms().subprotocol(), WireProtocol::subprotocol(&Events));
        assert_eq!(Dialect::of_subprotocol(Dialect::of_rooms().subprotocol()), None, "it has a path of its own, too");
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
