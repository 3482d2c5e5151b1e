//! A publication as stored in the log: independent of the encoding, without its position.

use super::fields::FieldReader;
use crate::{Narrowed, Selected, SessionId};
use rmp::encode::{write_array_len, write_bin, write_bool, write_nil, write_str, write_uint, ValueWriteError};
use serde::Deserialize;

/// The type of a publication that tells a user that its relation to another user changed.
pub const CONTACT: &str = "@@hub/contact";
/// The type of a publication that tells a user's sessions how far the user has read a conversation.
pub const READ: &str = "@@hub/read";

/// A publication (or an ephemeral action) between nodes. Borrows from the bytes it was decoded from.
///
///  Encoded as one version byte and a MessagePack array (rmp-serde): a compact form, because every publication is
///  stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The address the sender gave, as text (already checked by the node that accepted it).
    pub to: &'a str,
    /// The sending user; absent for the server API.
    pub from: Option<&'a str>,
    /// The session that sent it; that session gets no copy of a direct message.
    pub session: Option<SessionId>,
    /// The client's idempotency key.
    pub id: Option<&'a str>,
    /// When the node accepted it, Unix milliseconds.
    pub ts: u64,
    /// The action's `type`.
    pub kind: &'a str,
    /// The action's `payload` as JSON text.
    pub payload: Option<&'a str>,
    /// The action's `error`.
    pub error: Option<bool>,
    /// The action's `meta` without `hub`, as the text of a JSON object.
    pub meta: Option<&'a str>,
    /// Which of the receivers at the address it is restricted to; absent: all.
    pub narrowed: Option<Narrowed<'a>>,
}

/// Bytes that are not an envelope of a known version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// A version this build does not know.
    #[error("envelope version {version} is unknown, this node reads versions 1 and 2")]
    Version {
        /// The version byte.
        version: u8,
    },
    /// The content does not have the form of its version.
    #[error("envelope is malformed: {reason}")]
    Malformed {
        /// The decoder's error.
        reason: String,
    },
}

/// The version of envelopes for everybody at the address.
const VERSION: u8 = 1;
/// The version of envelopes for some receivers only: a node that knows only the other version refuses to decode it,
/// rather than deliver it to everybody.
const NARROWED: u8 = 2;
/// How many fields the array has.
const FIELDS: u32 = 9;
/// Upper estimate of the bytes before the payload; a starting capacity, not a limit.
const HEAD_BYTES: usize = 128;

/// Additional fields of an envelope with restricted receivers: excluded users, the kind of session selection and its
/// argument.
type NarrowedFields<'a> = (Vec<&'a str>, u8, Option<&'a str>, Option<&'a serde_bytes::Bytes>);

impl<'a> Envelope<'a> {
    /// The bytes to store.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD_BYTES + self.payload.map_or(0, str::len) + self.meta.map_or(0, str::len));
        out.push(if self.narrowed.is_some() { NARROWED } else { VERSION });
        // writing strings and numbers to memory cannot fail; if it did, `decode` would refuse the truncated envelope
        let mut written = self.put_fields(&mut out);
        if let Some(narrowed) = &self.narrowed {
            written = written.and_then(|()| put_narrowed(&mut out, narrowed));
        }
        if let Err(error) = written {
            debug_assert!(false, "{error}");
        }
        out
    }

    /// Writes the array of the fields in the same format as serde, at a third of the cost: this runs for every
    /// publication.
    fn put_fields(&self, out: &mut Vec<u8>) -> Result<(), rmp_serde::encode::Error> {
        fn put<T>(
            out: &mut Vec<u8>,
            value: Option<T>,
            write: fn(&mut Vec<u8>, T) -> Result<(), ValueWriteError>,
        ) -> Result<(), rmp_serde::encode::Error> {
            match value {
                Some(value) => Ok(write(out, value)?),
                None => Ok(write_nil(out).map_err(ValueWriteError::InvalidMarkerWrite)?),
            }
        }
        write_array_len(out, FIELDS)?;
        put(out, Some(self.to), write_str)?;
        put(out, self.from, write_str)?;
        put(out, self.session, |out, session| write_bin(out, &session.to_bytes()))?;
        put(out, self.id, write_str)?;
        put(out, Some(self.ts), |out, ts| write_uint(out, ts).map(drop))?;
        put(out, Some(self.kind), write_str)?;
        put(out, self.payload, write_str)?;
        put(out, self.error, |out, error| write_bool(out, error).map_err(ValueWriteError::InvalidMarkerWrite))?;
        put(out, self.meta, write_str)
    }

    /// Decodes what [`Envelope::encode`] wrote. Copies nothing, and allocates nothing for lengths that the bytes merely
    /// claim.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        let malformed = |reason: &dyn std::fmt::Display| EnvelopeError::Malformed { reason: reason.to_string() };
        let (version, body) = bytes.split_first().ok_or_else(|| malformed(&"no bytes"))?;
        if ![VERSION, NARROWED].contains(version) {
            return Err(EnvelopeError::Version { version: *version });
        }
        let mut fields = FieldReader::new(body);
        let mut envelope = read_fields(&mut fields).ok_or_else(|| malformed(&fields.fault()))?;
        if *version == NARROWED {
            let mut deserializer = rmp_serde::Deserializer::from_read_ref(fields.rest());
            envelope.narrowed = Some(read_narrowed(&mut deserializer).map_err(|error| malformed(&error))?);
            // there must be no bytes after the array
            return match u8::deserialize(&mut deserializer) {
                Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(envelope),
                _ => Err(malformed(&"bytes after the end")),
            };
        }
        match fields.rest() {
            [] => Ok(envelope),
            _ => Err(malformed(&"bytes after the end")),
        }
    }
}

/// All fields of an envelope for everybody, in the order in which they are written.
fn read_fields<'a>(fields: &mut FieldReader<'a>) -> Option<Envelope<'a>> {
    fields.array(FIELDS)?;
    Some(Envelope {
        to: fields.text()?,
        from: fields.optional(FieldReader::text)?,
        session: fields.optional(FieldReader::session)?,
        id: fields.optional(FieldReader::text)?,
        ts: fields.number()?,
        kind: fields.text()?,
        payload: fields.optional(FieldReader::text)?,
        error: fields.optional(FieldReader::boolean)?,
        meta: fields.optional(FieldReader::text)?,
        narrowed: None,
    })
}

fn put_narrowed(out: &mut Vec<u8>, narrowed: &Narrowed<'_>) -> Result<(), rmp_serde::encode::Error> {
    let (kind, class, session) = match narrowed.select {
        Selected::All => (0, None, None),
        Selected::One => (1, None, None),
        Selected::Others => (2, None, None),
        Selected::Class(class) => (3, Some(class), None),
        Selected::Only(session) => (4, None, Some(session.to_bytes())),
        Selected::Not(session) => (5, None, Some(session.to_bytes())),
    };
    let session = session.as_ref().map(|bytes| serde_bytes::Bytes::new(bytes));
    rmp_serde::encode::write(out, &(&narrowed.except, kind, class, session))
}

fn read_narrowed<'a>(
    deserializer: &mut rmp_serde::Deserializer<rmp_serde::decode::ReadRefReader<'a, [u8]>>,
) -> Result<Narrowed<'a>, rmp_serde::decode::Error> {
    let (except, kind, class, session): NarrowedFields<'a> = Deserialize::deserialize(deserializer)?;
    let wrong = |reason: &str| rmp_serde::decode::Error::Uncategorized(reason.to_owned());
    let session = || {
        let bytes = session.ok_or_else(|| wrong("no session is named"))?;
        SessionId::from_bytes(bytes).map_err(|error| wrong(&error.to_string()))
    };
    let select = match kind {
        0 => Selected::All,
        1 => Selected::One,
        2 => Selected::Others,
        3 => Selected::Class(class.ok_or_else(|| wrong("no class is named"))?),
        4 => Selected::Only(session()?),
        5 => Selected::Not(session()?),
        other => return Err(wrong(&format!("{other} is not a way to select"))),
    };
    Ok(Narrowed { except, select })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Incarnation;

    /// The array as serde sees it; `session` as its 16 bytes.
    type Fields<'a> = (
        &'a str,
        Option<&'a str>,
        Option<&'a serde_bytes::Bytes>,
        Option<&'a str>,
        u64,
        &'a str,
        Option<&'a str>,
        Option<bool>,
        Option<&'a str>,
    );

    fn envelope() -> Envelope<'static> {
        Envelope {
            to: "ch:acme/order/1",
            from: Some("u1"),
            session: Some(SessionId::new(Incarnation::from_random(7), 9)),
            id: Some("k7"),
            ts: 1_795_239_502_123,
            kind: "order/lineChanged",
            payload: Some(r#"{"line":3}"#),
            error: None,
            meta: Some(r#"{"trace":"x"}"#),
            narrowed: None,
        }
    }

    #[test]
    fn an_envelope_survives() {
        let bytes = envelope().encode();
        assert_eq!(Envelope::decode(&bytes), Ok(envelope()));
        let least = Envelope {
            from: None,
            session: None,
            id: None,
            payload: None,
            error: Some(true),
            meta: None,
            ..envelope()
        };
        assert_eq!(Envelope::decode(&least.encode()), Ok(least));
    }

    /// The log contains what former versions wrote with serde, and older nodes read what this version writes.
    #[test]
    fn the_fields_are_written_as_serde_writes_them() {
        let long = "x".repeat(70_000);
        for text in ["", "a", &long[..31], &long[..32], &long[..255], &long[..256], &long] {
            for ts in [0, 127, 128, 65_535, 65_536, u64::from(u32::MAX), 1 << 32, u64::MAX] {
                for some in [true, false] {
                    let session = some.then(|| SessionId::new(Incarnation::from_random(7), 9));
                    let maybe = some.then_some(text);
                    let (error, meta) = (some.then_some(ts > 127), maybe);
                    let envelope =
                        Envelope { to: text, from: maybe, session, id: maybe, ts, error, meta, ..envelope() };
                    let bytes = session.map(SessionId::to_bytes);
                    let bytes = bytes.as_ref().map(|bytes| serde_bytes::Bytes::new(bytes));
                    let Envelope { kind, payload, .. } = envelope;
                    let fields: Fields<'_> = (text, maybe, bytes, maybe, ts, kind, payload, error, maybe);
                    assert_eq!(envelope.encode()[1..], rmp_serde::to_vec(&fields).unwrap());
                    assert_eq!(Envelope::decode(&envelope.encode()), Ok(envelope));
                }
            }
        }
    }

    #[test]
    fn whom_it_is_for_survives_and_what_is_for_everybody_is_written_as_ever() {
        let session = SessionId::new(Incarnation::from_random(7), 9);
        for select in [
            Selected::All,
            Selected::One,
            Selected::Others,
            Selected::Class("mobile"),
            Selected::Only(session),
            Selected::Not(session),
        ] {
            let narrowed = Envelope { narrowed: Some(Narrowed { except: vec!["u1", "u2"], select }), ..envelope() };
            let bytes = narrowed.encode();
            assert_eq!((bytes[0], Envelope::decode(&bytes)), (2, Ok(narrowed)));
            for length in 1..bytes.len() {
                assert!(Envelope::decode(&bytes[..length]).is_err(), "{length}");
            }
        }
        assert_eq!(envelope().encode()[0], 1);
    }

    #[test]
    fn other_bytes_are_refused() {
        let good = envelope().encode();
        assert_eq!(Envelope::decode(&[3]), Err(EnvelopeError::Version { version: 3 }));
        assert!(Envelope::decode(&[]).is_err());
        assert!(Envelope::decode(&[good.clone(), vec![0]].concat()).is_err());
        for length in 1..good.len() {
            assert!(Envelope::decode(&good[..length]).is_err(), "{length}");
        }
        // claims 2^32 - 1 elements
        assert!(Envelope::decode(&[1, 0xdd, 0xff, 0xff, 0xff, 0xff]).is_err());
    }
}
