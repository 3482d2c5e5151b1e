//! Paginated lists of a node, and the parsing of answers.

use crate::engine::Inner;
use crate::error::HubError;
use crate::wire::Received;
use hubwire_protocol::Address;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{json, Map, Value};
use std::marker::PhantomData;
use std::sync::Arc;

/// An entry of a list.
pub(crate) trait Entry: DeserializeOwned {
    /// The key of the list in the payload.
    const LIST: &'static str;
    /// The key by which the entries are ordered: the next page starts after the last one.
    const KEY: &'static str;
}

/// See the module documentation.
pub(crate) struct Pages<T> {
    inner: Arc<Inner>,
    kind: &'static str,
    to: Option<Address>,
    query: Map<String, Value>,
    is_over: bool,
    entries: PhantomData<fn() -> T>,
}

impl<T: Entry> Pages<T> {
    pub(crate) fn new(inner: Arc<Inner>, kind: &'static str, to: Option<Address>) -> Self {
        Pages { inner, kind, to, query: Map::new(), is_over: false, entries: PhantomData }
    }

    /// Adds a filter to the query.
    pub(crate) fn with(mut self, key: &str, value: impl Serialize) -> Self {
        self.query.insert(key.to_owned(), json!(value));
        self
    }

    /// The next page; `None` after the last one. Entries that this version does not understand are left out.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<T>>, HubError> {
        while !self.is_over {
            let query = Value::Object(self.query.clone());
            let mut page: Value = read(&self.inner.ask(self.kind, self.to.as_ref(), Some(query)).await?);
            let Value::Array(entries) = page[T::LIST].take() else { break };
            match entries.last().map(|last| last[T::KEY].clone()) {
                Some(last) if page["more"] == true => drop(self.query.insert("after".to_owned(), last)),
                _ => self.is_over = true,
            }
            let known: Vec<T> = entries.into_iter().filter_map(|entry| self.understood(entry)).collect();
            if !known.is_empty() {
                return Ok(Some(known));
            }
        }
        self.is_over = true;
        Ok(None)
    }

    fn understood(&self, entry: Value) -> Option<T> {
        serde_json::from_value(entry)
            .inspect_err(|error| log::warn!("{} with an entry of another shape: {error}", self.kind))
            .ok()
    }
}

/// The payload of an answer; absent fields have their defaults.
pub(crate) fn read<T: Default + for<'a> Deserialize<'a>>(text: &str) -> T {
    Received::parse(text).ok().and_then(|received| received.payload).unwrap_or_default()
}
