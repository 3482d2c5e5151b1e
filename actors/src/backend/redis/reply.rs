//! Parses the answers of the scripts.

use super::super::{Appended, BackendError, DirectPart, Entry, Range};
use bytes::Bytes;
use hubwire_protocol::{Position, SessionId};
use redis::{from_redis_value, FromRedisValue, Value};
use std::str::FromStr;

/// The size of a session as a field, in a value or in an answer.
pub(super) const SESSION_BYTES: usize = 16;

/// An answer that the script cannot return: another program uses the same keys.
pub(super) fn unexpected(what: &str) -> BackendError {
    BackendError::Refused { reason: format!("the broker's answer is not a valid {what}") }
}

/// The answer to a call whose backend was dropped.
pub(super) fn stopped() -> BackendError {
    BackendError::Unavailable { reason: "the backend was shut down".into() }
}

pub(super) fn value<T: FromRedisValue>(what: &str, value: Value) -> Result<T, BackendError> {
    from_redis_value(value).map_err(|_| unexpected(what))
}

/// An array of exactly `N` answers.
pub(super) fn array<const N: usize>(what: &str, value: Value) -> Result<[Value; N], BackendError> {
    match value {
        Value::Array(values) => values.try_into().map_err(|_| unexpected(what)),
        _ => Err(unexpected(what)),
    }
}

pub(super) fn list(what: &str, value: Value) -> Result<Vec<Value>, BackendError> {
    match value {
        Value::Array(values) => Ok(values),
        Value::Nil => Ok(Vec::new()),
        _ => Err(unexpected(what)),
    }
}

pub(super) fn parsed<T: FromStr>(what: &str, from: Value) -> Result<T, BackendError> {
    value::<String>(what, from)?.parse().map_err(|_| unexpected(what))
}

pub(super) fn parsed_list<T: FromStr>(what: &str, value: Value) -> Result<Vec<T>, BackendError> {
    list(what, value)?.into_iter().map(|value| parsed(what, value)).collect()
}

pub(super) fn flag(what: &str, from: Value) -> Result<bool, BackendError> {
    Ok(value::<i64>(what, from)? != 0)
}

/// What an append did, by its script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AppendReply {
    Now,
    /// By another call with the same key and the same digest.
    Before,
    /// By this very call, whose first answer was lost.
    BeforeByThisCall,
}

/// `{pos, prev, stored, ts}`.
pub(super) fn appended(answer: Value) -> Result<Appended, BackendError> {
    let [pos, prev, stored, ts] = array("append", answer)?;
    let duplicate = self::stored(stored)? == AppendReply::Before;
    let first_ts = value::<String>("time", ts)?.parse().ok();
    Ok(Appended { pos: parsed("position", pos)?, prev: parsed("position", prev)?, duplicate, first_ts })
}

/// A part of what `direct.lua` or `finish.lua` answered; see `part.lua`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PartReply {
    pub part: DirectPart,
    pub stored: AppendReply,
    /// Whether the stream is so full that senders' shares apply.
    pub crowded: bool,
}

/// Parses a part.
pub(super) fn direct_part(answer: Value) -> Result<PartReply, BackendError> {
    let malformed = || unexpected("direct append");
    let Value::BulkString(answer) = answer else { return Err(malformed()) };
    let end = answer.iter().position(|byte| *byte == b'\n').ok_or_else(malformed)?;
    let (line, bytes) = (&answer[..end], &answer[end + 1..]);
    let mut words = std::str::from_utf8(line).map_err(|_| malformed())?.split(' ');
    let mut word = || words.next().ok_or_else(malformed);
    let pos: Position = word()?.parse().map_err(|_| malformed())?;
    let prev: Position = word()?.parse().map_err(|_| malformed())?;
    let stored = self::stored(word()?.parse().map(Value::Int).map_err(|_| malformed())?)?;
    let first_ts = word()?.parse().ok();
    let crowded = words.next().is_some();
    let appended = Appended { pos, prev, duplicate: stored == AppendReply::Before, first_ts };
    Ok(PartReply { part: DirectPart { appended, sessions: sessions(bytes)? }, stored, crowded })
}

/// Parses consecutive sessions.
pub(super) fn sessions<L: FromIterator<SessionId>>(bytes: &[u8]) -> Result<L, BackendError> {
    let session = |bytes| SessionId::from_bytes(bytes).map_err(|_| unexpected("session"));
    bytes.chunks(SESSION_BYTES).map(session).collect()
}

pub(super) fn session(answer: Value) -> Result<SessionId, BackendError> {
    SessionId::from_bytes(&bytes(answer)?).map_err(|_| unexpected("session"))
}

pub(super) fn session_list(answer: Value) -> Result<Vec<SessionId>, BackendError> {
    list("sessions", answer)?.into_iter().map(session).collect()
}

/// The outcome of an append, or why nothing was stored.
pub(super) fn stored(answer: Value) -> Result<AppendReply, BackendError> {
    match answer {
        Value::Int(0) => Ok(AppendReply::Now),
        Value::Int(1) => Ok(AppendReply::Before),
        Value::Int(2) => Ok(AppendReply::BeforeByThisCall),
        Value::Int(3) => Err(BackendError::IdConflict),
        Value::Int(4) => Err(BackendError::OutOfReach),
        Value::Int(5) => Err(BackendError::ShareTaken),
        _ => Err(unexpected("append")),
    }
}

/// `{intact, top, entries, oldest}`.
pub(super) fn range(answer: Value) -> Result<Range, BackendError> {
    let [intact, top, entries, oldest] = array("range", answer)?;
    Ok(Range {
        intact: flag("flag", intact)?,
        top: parsed("position", top)?,
        entries: self::entries(entries)?,
        oldest: parsed("position", oldest)?,
    })
}

pub(super) fn entries(answer: Value) -> Result<Vec<Entry>, BackendError> {
    list("entries", answer)?.into_iter().map(entry).collect()
}

/// `{id, {e, envelope, p, nonce of the one before, …}}`.
fn entry(answer: Value) -> Result<Entry, BackendError> {
    let [id, fields] = array("entry", answer)?;
    let pos: Position = parsed("position", id)?;
    let mut fields = list("entry", fields)?.into_iter();
    // each value follows its name
    let (envelope, prev_nonce) = (fields.nth(1), fields.nth(1));
    let (Some(envelope), Some(prev_nonce)) = (envelope, prev_nonce) else { return Err(unexpected("entry")) };
    let prev = match value::<i64>("nonce", prev_nonce)? {
        nonce @ 0.. => Position { seq: pos.seq.saturating_sub(1), nonce: nonce.unsigned_abs() },
        _ => Position::START,
    };
    Ok(Entry { pos, prev, envelope: bytes(envelope)? })
}

pub(super) fn bytes(answer: Value) -> Result<Bytes, BackendError> {
    match answer {
        Value::BulkString(bytes) => Ok(Bytes::from(bytes)),
        _ => Err(unexpected("text")),
    }
}
