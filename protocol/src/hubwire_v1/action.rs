//! An action as sent by a client: a strict Flux Standard Action with `meta.hub`.

use super::names::RESERVED_PREFIX;
use crate::{Address, Narrowing};
use std::borrow::Cow;

/// A decoded action. `payload` and `meta` are JSON texts exactly as received (from MessagePack: converted once).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Action<'a> {
    /// `type`: 1 to `Limits::type_bytes_max` bytes without control characters.
    pub kind: Cow<'a, str>,
    /// `payload` as JSON text; `None` when absent.
    pub payload: Option<Cow<'a, str>>,
    /// `error` when present.
    pub error: Option<bool>,
    /// All of `meta` except `hub`, as the text of a JSON object; `None` if there is nothing else.
    pub meta: Option<Cow<'a, str>>,
    /// `meta.hub`.
    pub hub: HubMeta<'a>,
}

/// What a client may set in `meta.hub`. `from`, `pos`, `ts`, `session` and `re` belong to the server: they are accepted
/// and discarded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HubMeta<'a> {
    /// The address the action is sent to.
    pub to: Option<Address>,
    /// Idempotency key and correlation id: 1 to `Limits::id_bytes_max` bytes without control characters.
    pub id: Option<Cow<'a, str>>,
    /// Not stored: delivered to sessions connected now, without a position.
    pub ephemeral: bool,
    /// Restricts the receivers at the address.
    pub narrowing: Narrowing,
}

impl Action<'_> {
    /// Whether the type belongs to the protocol, not to the application.
    pub fn is_control(&self) -> bool {
        self.kind.starts_with(RESERVED_PREFIX)
    }
}
