//! The codes of `@@hub/error`: one table for the node, the documents and the client libraries.

use serde::{Serialize, Serializer};

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, retry $retry:literal;)+) => {
        /// Why an action was not done. The text form is stable.
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

            /// What it means, for the reference page.
            pub fn doc(self) -> &'static str {
                match self { $(ErrorCode::$name => concat!($($doc),+),)+ }
            }
        }
    };
}

error_codes! {
    /// The text is not JSON, or the bytes are not MessagePack.
    BadSyntax = "bad_syntax", retry false;
    /// The frame is no action: a key outside `type`, `payload`, `error`, `meta`, a doubled key, a wrong value.
    BadAction = "bad_action", retry false;
    /// A text frame on a MessagePack connection, or a binary frame on a JSON connection.
    WrongFrameKind = "wrong_frame_kind", retry false;
    /// Nested deeper than the node allows.
    TooDeep = "too_deep", retry false;
    /// More actions in one array frame than the node allows.
    TooMany = "too_many", retry false;
    /// A publication, type or id longer than the node allows.
    TooBig = "too_big", retry false;
    /// A `@@hub/` type the protocol does not know.
    UnknownType = "unknown_type", retry false;
    /// A `@@hub/` type only the server may send.
    ForbiddenType = "forbidden_type", retry false;
    /// The payload of a `@@hub/` action has a wrong shape.
    BadPayload = "bad_payload", retry false;
    /// The payload does not fit the schema that the node has for actions of this type there; `path` says where. Nothing
    /// was stored.
    SchemaMismatch = "schema_mismatch", retry false;
    /// `meta.hub.to` is missing where the action needs one.
    MissingAddress = "missing_address", retry false;
    /// `meta.hub.to` is not an address, or not one this action can have.
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
    /// The session may not do this at this address.
    Forbidden = "forbidden", retry false;
    /// The session is not in that channel.
    NotJoined = "not_joined", retry false;
    /// The session is in as many channels as the node allows.
    TooManyChannels = "too_many_channels", retry false;
    /// The id was used for another content within the window: nothing was stored.
    IdConflict = "id_conflict", retry false;
    /// The receiver's stream is full of what waits there, and the sender or its organisation has its share of it.
    StreamFull = "stream_full", retry false;
    /// There is nothing of that name.
    NotFound = "not_found", retry false;
    /// No answer came in time.
    Timeout = "timeout", retry true;
    /// More actions per second than the node allows; see `retry_after_ms`.
    RateLimited = "rate_limited", retry true;
    /// The node is busy: a bounded queue is full. Nothing was done.
    Overloaded = "overloaded", retry true;
    /// The broker cannot be reached. With an `id` the action may be repeated safely.
    BrokerUnavailable = "broker_unavailable", retry true;
    /// The node drains; connect to another one.
    Draining = "draining", retry true;
    /// A fault of the node; it is in its log.
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
