//! A value inside a frame: one interface for both encodings.

use super::fault::Fault;
use crate::ErrorCode;
use std::borrow::Cow;
use std::fmt;

/// One value of a frame whose syntax was checked. Traversing it allocates nothing.
pub(super) trait Part<'a>: Copy {
    /// The string, if it is one.
    fn text(self) -> Option<Cow<'a, str>>;

    /// The boolean, if it is one.
    fn boolean(self) -> Option<bool>;

    /// Whether it is an object (a map).
    fn is_object(self) -> bool;

    /// Whether it is an array.
    fn is_array(self) -> bool;

    /// An array's elements; an object's keys and values alternately; nothing for other values.
    fn children(self) -> impl Iterator<Item = Self>;

    /// Writes it as JSON. Fails if JSON cannot represent it.
    fn put_json(self, out: &mut dyn fmt::Write) -> Result<(), Fault>;

    /// Its JSON text of at most `bytes_max`: borrowed if the frame is JSON, and then no longer than the frame.
    fn json(self, bytes_max: usize) -> Result<Cow<'a, str>, Fault> {
        exact_text(bytes_max, |out| self.put_json(out)).map(Cow::Owned)
    }

    /// An object's entries.
    fn entries(self) -> impl Iterator<Item = (Self, Self)> {
        let mut children = self.children();
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// The first value under `name`.
    fn get(self, name: &str) -> Option<Self> {
        let mut entries = self.is_object().then(|| self.entries())?;
        entries.find(|(key, _)| key.text().as_deref() == Some(name)).map(|(_, value)| value)
    }
}

/// Writes twice, the first time only to count. JSON can be six times longer than the MessagePack it is converted from:
/// a text longer than a JSON client could have sent is refused before memory is allocated for it, and no buffer grows
/// by doubling.
pub(super) fn exact_text(
    bytes_max: usize,
    put: impl Fn(&mut dyn fmt::Write) -> Result<(), Fault>,
) -> Result<String, Fault> {
    let mut length = Length(0);
    put(&mut length)?;
    if length.0 > bytes_max {
        let message = format!("payload or meta has {} bytes as JSON, at most {bytes_max} are allowed", length.0);
        return Err(Fault::new(ErrorCode::TooBig, message));
    }
    let mut text = String::with_capacity(length.0);
    put(&mut text)?;
    debug_assert_eq!(text.len(), length.0, "both passes write the same");
    Ok(text)
}

struct Length(usize);

impl fmt::Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}
