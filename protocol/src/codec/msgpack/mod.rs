//! Placeholder until the codec lands.
use crate::{cluster::Envelope, codec::DecodeError, control::ServerControl, Action, Address, Limits, Position};
use bytes::BytesMut;
#[allow(missing_docs)]
pub fn decode<'a>(_: &'a [u8], _: &Limits) -> Result<Vec<Action<'a>>, DecodeError> { Ok(vec![]) }
#[allow(missing_docs)]
pub fn put_publication(_: &mut BytesMut, _: &Envelope<'_>, _: Option<Position>) {}
#[allow(missing_docs)]
pub fn put_control(_: &mut BytesMut, _: &ServerControl<'_>, _: Option<&Address>, _: Option<&str>) {}
