//! The wire format of protobuf.

/// Bytes that are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a protobuf message")]
pub struct NoMessage;

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// An integer or a boolean.
    Varint(u64),
    /// A string, bytes or a message.
    Bytes(&'a [u8]),
    /// A value of eight or four bytes; no message here has such a field.
    Fixed,
}

impl<'a> Value<'a> {
    pub fn number(self) -> Result<u64, NoMessage> {
        match self {
            Value::Varint(number) => Ok(number),
            _ => Err(NoMessage),
        }
    }

    pub fn bytes(self) -> Result<&'a [u8], NoMessage> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(NoMessage),
        }
    }

    pub fn text(self) -> Result<&'a str, NoMessage> {
        std::str::from_utf8(self.bytes()?).map_err(|_| NoMessage)
    }
}

/// The fields of a message, in order; ends after the first that cannot be read.
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    fn read(&mut self) -> Result<(u32, Value<'a>), NoMessage> {
        let key = varint(&mut self.0)?;
        let number = u32::try_from(key >> 3).map_err(|_| NoMessage)?;
        let value = match key & 7 {
            0 => Value::Varint(varint(&mut self.0)?),
            1 => take(&mut self.0, 8).map(|_| Value::Fixed)?,
            2 => Value::Bytes(prefixed(&mut self.0)?),
            5 => take(&mut self.0, 4).map(|_| Value::Fixed)?,
            _ => return Err(NoMessage),
        };
        match number {
            0 => Err(NoMessage),
            number => Ok((number, value)),
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Value<'a>), NoMessage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

fn take<'a>(input: &mut &'a [u8], count: usize) -> Result<&'a [u8], NoMessage> {
    let (taken, rest) = input.split_at_checked(count).ok_or(NoMessage)?;
    *input = rest;
    Ok(taken)
}

/// A variable-length integer: seven bits per byte, the lowest first.
fn varint(input: &mut &[u8]) -> Result<u64, NoMessage> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = take(input, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(NoMessage)
}

/// Length-prefixed bytes.
pub fn prefixed<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], NoMessage> {
    let length = usize::try_from(varint(input)?).map_err(|_| NoMessage)?;
    take(input, length)
}

pub fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Writes length-prefixed bytes.
pub fn put_prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Writes the fields of a message; fields with default values are left out.
#[derive(Default)]
pub struct Message(pub Vec<u8>);

impl Message {
    pub fn number(&mut self, field: u32, number: u64) {
        if number != 0 {
            put_varint(&mut self.0, u64::from(field) << 3);
            put_varint(&mut self.0, number);
        }
    }

    pub fn flag(&mut self, field: u32, flag: bool) {
        self.number(field, u64::from(flag));
    }

    pub fn bytes(&mut self, field: u32, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.whole(field, bytes);
        }
    }

    /// A nested message, even if it is empty.
    pub fn message(&mut self, field: u32, put: impl FnOnce(&mut Message)) {
        let mut inner = Message::default();
        put(&mut inner);
        self.whole(field, &inner.0);
    }

    /// An entry of a map.
    pub fn entry(&mut self, field: u32, key: &str, put: impl FnOnce(&mut Message)) {
        self.message(field, |entry| {
            entry.bytes(1, key.as_bytes());
            entry.message(2, put);
        });
    }

    /// Bytes, even if there are none.
    pub fn whole(&mut self, field: u32, bytes: &[u8]) {
        put_varint(&mut self.0, u64::from(field) << 3 | 2);
        put_prefixed(&mut self.0, bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut message = Message::default();
        message.number(1, 300);
        message.number(2, 0);
        message.bytes(3, b"text");
        message.message(4, |inner| inner.flag(15, true));
        message.number(500, u64::MAX);
        let read: Vec<_> = Fields(&message.0).map(Result::unwrap).collect();
        let expected = [
            (1, Value::Varint(300)),
            (3, Value::Bytes(b"text")),
            (4, Value::Bytes(&[15 << 3, 1])),
            (500, Value::Varint(u64::MAX)),
        ];
        assert_eq!(read, expected);
        assert_eq!(message.0[..3], [8, 0xac, 2], "as the documents of protobuf write 300");
    }

    #[test]
    fn what_is_cut_or_of_no_kind_is_no_message() {
        for bytes in [&[8][..], &[8, 0x80], &[0x0a, 5, 1], &[0x0b], &[0x0f], &[0, 1], &[0x09, 1, 2], &[0xff; 11]] {
            assert!(Fields(bytes).any(|field| field.is_err()), "{bytes:?}");
        }
        assert_eq!(Fields(&[0x09, 1, 2, 3, 4, 5, 6, 7, 8]).collect::<Vec<_>>(), [Ok((1, Value::Fixed))]);
    }
}
