//! A JSON text of an application, embedded in a reply.

use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A JSON text.
#[derive(Debug, Clone, PartialEq)]
pub struct Data<'a>(pub Cow<'a, str>);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // line feeds separate documents here; within JSON they occur only between tokens
        let text = match self.0.contains('\n') {
            true => Cow::Owned(self.0.replace('\n', " ")),
            false => Cow::Borrowed(&*self.0),
        };
        serde_json::from_str::<&RawValue>(&text).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}
