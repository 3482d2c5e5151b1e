//! An action as a client sent it: a strict Flux Standard Action with `meta.hub`.

use super::names::RESERVED_PREFIX;
use crate::{Address, Narrowing};
use std::borrow::Cow;

/// One decoded action. `payload` and `meta` are JSON texts exactly as they came (from MessagePack: transcoded once).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Action<'a> {
    /// `type`: 1 to `Limits::type_bytes_max` bytes without control characters.
    pub kind: Cow<'a, str>,
    /// `payload` as JSON text; `None` when absent.
    pub payload: Option<Cow<'a, str>>,
    /// `error` when present.
    pub error: Option<bool>,
    /// All of `meta` but `hub`, as the text of a JSON object; `None` when nothing else stood there.
    pub meta: Option<Cow<'a, str>>,
    /// `meta.hub`.
    pub hub: HubMeta<'a>,
}

/// What a client may say in `meta.hub`. `from`, `pos`, `ts`, `session` and `re` belong to the server:
/// accepted, discarded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HubMeta<'a> {
    /// Where the action goes.
    pub to: Option<Address>,
    /// Idempotency key and correlation id: 1 to `Limits::id_bytes_max` bytes without control characters.
    pub id: Option<Cow<'a, str>>,
    /// Skip the log: delivered to whoever is there now, has no position.
    pub ephemeral: bool,
    /// Receivers, where they are not everybody at the address.
    pub narrowing: Narrowing,
}

impl Action<'_> {
    /// Whether the type belongs to the protocol and not to the application.
    pub fn is_control(&self) -> bool {
        self.kind.starts_with(RESERVED_PREFIX)
    }
}
