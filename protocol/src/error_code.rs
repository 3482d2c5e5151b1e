//! The codes of `@@hub/error`: one table for the node, the documentation and the client libraries.

use serde::{Serialize, Serializer};

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, retry $retry:literal;)+) => {
        /// Why an action was refused. The text form is stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[doc = $doc])+ $name,)+ }

        impl ErrorCode {
            /// All codes, in the order of the table.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name,)+];

            /// The code on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$name => $text,)+ }
            }

            /// Whether the same action, unchanged, may succeed later.
            pub fn retry(self) -> bool {
                match self { $(ErrorCode::$name => $retry,)+ }
            }

            /// Its meaning, for the reference page.
            pub fn doc(self) -> &'static str {
                match self { $(ErrorCode::$name => concat!($($doc),+),)+ }
            }
        }
    };
}

error_codes! {
    /// The text is not JSON, or the bytes are not MessagePack.
    BadSyntax = "bad_syntax", retry false;
    /// The frame is not an action: a key besides `type`, `payload`, `error`, `meta`, a duplicate key, or a wrong value.
    BadAction = "bad_action", retry false;
    /// A text frame on a MessagePack connection, or a binary frame on a JSON connection.
    WrongFrameKind = "wrong_frame_kind", retry false;
    /// Nested deeper than the node allows.
    TooDeep = "too_deep", retry false;
    /// More actions in one array frame than the node allows.
    TooMany = "too_many", retry false;
    /// A publication, type or id longer than the node allows.
    TooBig = "too_big", retry false;
    /// A `@@hub/` type that the protocol does not define.
    UnknownType = "unknown_type", retry false;
    /// A `@@hub/` type that only the server may send.
    ForbiddenType = "forbidden_type", retry false;
    /// The payload of a `@@hub/` action has the wrong form.
    BadPayload = "bad_payload", retry false;
    /// The payload does not match the schema configured for this type at this address; `path` locates the fault.
    /// Nothing was stored.
    SchemaMismatch = "schema_mismatch", retry false;
    /// `meta.hub.to` is missing, and the action requires it.
    MissingAddress = "missing_address", retry false;
    /// `meta.hub.to` is not an address, or not of a kind that this action accepts.
    BadAddress = "bad_address", retry false;
    /// The session is not authenticated yet.
    Unauthenticated = "unauthenticated", retry false;
    /// The credentials were not accepted.
    BadCredentials = "bad_credentials", retry false;
    /// The token has expired; get a new one.
    TokenExpired = "token_expired", retry false;
    /// The credentials were revoked.
    TokenRevoked = "token_revoked", retry false;
    /// The application closed the user's sessions.
    Disconnected = "disconnected", retry false;
    /// The session is not allowed to do this at this address.
    Forbidden = "forbidden", retry false;
    /// The session is not in that channel.
    NotJoined = "not_joined", retry false;
    /// The session is in as many channels as the node allows.
    TooManyChannels = "too_many_channels", retry false;
    /// The id was already used for different content within the idempotency window. Nothing was stored.
    IdConflict = "id_conflict", retry false;
    /// The receiver's stream is full of undelivered messages, and the sender or its organisation has used up its share.
    StreamFull = "stream_full", retry false;
    /// Nothing has that name.
    NotFound = "not_found", retry false;
    /// There was no answer in time.
    Timeout = "timeout", retry true;
    /// More actions per second than the node allows; see `retry_after_ms`.
    RateLimited = "rate_limited", retry true;
    /// The node is busy: a bounded queue is full. Nothing was done.
    Overloaded = "overloaded", retry true;
    /// The broker is unavailable. An action with an `id` can be repeated safely.
    BrokerUnavailable = "broker_unavailable", retry true;
    /// The node is draining; connect to another one.
    Draining = "draining", retry true;
    /// A fault of the node; its log has the details.
    Internal = "internal", retry true;
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
