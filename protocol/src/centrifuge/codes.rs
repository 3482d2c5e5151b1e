//! The protocol's tables of codes, and the mapping of our codes to them.

use crate::{CloseCode, Dismissal, ErrorCode};

/// Why a command failed. If `temporary`, the client tries again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// The number on the wire.
    pub code: u32,
    /// For people.
    pub message: &'static str,
    /// Whether the client should try again.
    pub temporary: bool,
}

macro_rules! errors {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $message:literal, $temporary:literal;)+) => {
        $($(#[doc = $doc])+ pub const $name: Error = Error { code: $code, message: $message, temporary: $temporary };)+

        /// All errors.
        pub const ERRORS: &[Error] = &[$($name),+];
    };
}

errors! {
    /// A fault of the node, or the broker is unavailable.
    INTERNAL = 100, "internal server error", true;
    /// No valid credentials.
    UNAUTHORIZED = 101, "unauthorized", false;
    /// No channel of that name.
    UNKNOWN_CHANNEL = 102, "unknown channel", false;
    /// The user is not allowed to do this.
    PERMISSION_DENIED = 103, "permission denied", false;
    /// No such command.
    METHOD_NOT_FOUND = 104, "method not found", false;
    /// The connection is already subscribed to that channel.
    ALREADY_SUBSCRIBED = 105, "already subscribed", false;
    /// A limit is reached.
    LIMIT_EXCEEDED = 106, "limit exceeded", false;
    /// The command itself is invalid.
    BAD_REQUEST = 107, "bad request", false;
    /// Not available on this server or in this channel.
    NOT_AVAILABLE = 108, "not available", false;
    /// The token has expired; the client gets a new one.
    TOKEN_EXPIRED = 109, "token expired", false;
    /// The rate limit is exceeded.
    TOO_MANY_REQUESTS = 111, "too many requests", true;
    /// The log no longer contains the position.
    UNRECOVERABLE_POSITION = 112, "unrecoverable position", false;
}

impl Error {
    /// The error that one of our codes maps to.
    pub fn of(code: ErrorCode) -> Error {
        match code {
            ErrorCode::Unauthenticated | ErrorCode::BadCredentials => UNAUTHORIZED,
            ErrorCode::TokenRevoked | ErrorCode::Disconnected => UNAUTHORIZED,
            ErrorCode::TokenExpired => TOKEN_EXPIRED,
            ErrorCode::BadAddress => UNKNOWN_CHANNEL,
            ErrorCode::Forbidden | ErrorCode::ForbiddenType | ErrorCode::NotJoined => PERMISSION_DENIED,
            ErrorCode::TooManyChannels | ErrorCode::TooMany | ErrorCode::StreamFull => LIMIT_EXCEEDED,
            ErrorCode::BadSyntax | ErrorCode::BadAction | ErrorCode::BadPayload | ErrorCode::MissingAddress => {
                BAD_REQUEST
            }
            ErrorCode::SchemaMismatch => BAD_REQUEST,
            ErrorCode::WrongFrameKind | ErrorCode::TooDeep | ErrorCode::TooBig | ErrorCode::IdConflict => BAD_REQUEST,
            ErrorCode::UnknownType | ErrorCode::NotFound => NOT_AVAILABLE,
            ErrorCode::RateLimited => TOO_MANY_REQUESTS,
            ErrorCode::Timeout | ErrorCode::Overloaded | ErrorCode::BrokerUnavailable => INTERNAL,
            ErrorCode::Draining | ErrorCode::Internal => INTERNAL,
        }
    }
}

/// Our code for an error of a subscription.
pub(super) fn refusal(code: u32) -> ErrorCode {
    const CODES: [(Error, ErrorCode); 6] = [
        (UNKNOWN_CHANNEL, ErrorCode::BadAddress),
        (PERMISSION_DENIED, ErrorCode::Forbidden),
        (LIMIT_EXCEEDED, ErrorCode::TooManyChannels),
        (NOT_AVAILABLE, ErrorCode::NotFound),
        (TOKEN_EXPIRED, ErrorCode::TokenExpired),
        (UNRECOVERABLE_POSITION, ErrorCode::IdConflict),
    ];
    let known = CODES.iter().find(|(error, _)| error.code == code);
    known.map_or(ErrorCode::BrokerUnavailable, |(_, ours)| *ours)
}

/// Why a connection is closed. The client reconnects by itself after codes below 3500 only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disconnect {
    /// The code of the close frame.
    pub code: u16,
    /// The reason in the close frame.
    pub reason: &'static str,
}

macro_rules! disconnects {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $reason:literal;)+) => {
        $($(#[doc = $doc])+ pub const $name: Disconnect = Disconnect { code: $code, reason: $reason };)+

        /// All disconnects.
        pub const DISCONNECTS: &[Disconnect] = &[$($name),+];
    };
}

disconnects! {
    /// The node drains or stops.
    SHUTDOWN = 3001, "shutdown";
    /// A fault of the node, or the broker is unavailable.
    SERVER_ERROR = 3004, "internal server error";
    /// The credentials have expired; the client gets new ones.
    EXPIRED = 3005, "connection expired";
    /// A subscription's token has expired; the client subscribes again.
    SUBSCRIPTION_EXPIRED_CLOSE = 3006, "subscription expired";
    /// The client reads too slowly.
    SLOW = 3008, "slow";
    /// What the client has of a channel that the server subscribed it to does not follow on from what the log holds.
    INSUFFICIENT_STATE_CLOSE = 3010, "insufficient state";
    /// The client did not answer a ping.
    NO_PONG = 3012, "no pong";
    /// The token is invalid, or for another channel.
    INVALID_TOKEN = 3500, "invalid token";
    /// The data is not valid in this protocol.
    BAD_REQUEST_CLOSE = 3501, "bad request";
    /// No `connect` in time.
    STALE = 3502, "stale";
    /// The application closed the connection.
    FORCE_DISCONNECT = 3503, "force disconnect";
    /// The user has as many connections as allowed.
    CONNECTION_LIMIT = 3504, "connection limit";
    /// The page's origin or the user is not allowed.
    PERMISSION_DENIED_CLOSE = 3507, "permission denied";
    /// Not available on this server.
    NOT_AVAILABLE_CLOSE = 3508, "not available";
    /// The client keeps exceeding the rate limits.
    TOO_MANY_ERRORS = 3509, "too many errors";
}

impl Disconnect {
    /// The disconnect code that one of ours maps to; `reason` tells why the credentials are no longer valid.
    pub fn code_of(code: CloseCode, reason: &str) -> u16 {
        let disconnect = match code {
            CloseCode::Normal | CloseCode::Protocol | CloseCode::NotUtf8 | CloseCode::TooBig => return code.code(),
            CloseCode::GoingAway | CloseCode::Draining => SHUTDOWN,
            CloseCode::Internal | CloseCode::Overloaded | CloseCode::BrokerUnavailable => SERVER_ERROR,
            CloseCode::PingTimeout => NO_PONG,
            CloseCode::SlowConsumer => SLOW,
            CloseCode::BadFrame | CloseCode::Subprotocol => BAD_REQUEST_CLOSE,
            CloseCode::Unauthenticated => match reason {
                _ if reason == Dismissal::Expired.reason() => EXPIRED,
                _ if reason == Dismissal::BadCredentials.reason() => INVALID_TOKEN,
                _ => FORCE_DISCONNECT,
            },
            CloseCode::Forbidden => PERMISSION_DENIED_CLOSE,
            CloseCode::AuthTimeout => STALE,
            CloseCode::Replaced | CloseCode::SessionLimit => CONNECTION_LIMIT,
            CloseCode::Abuse => TOO_MANY_ERRORS,
        };
        disconnect.code
    }
}

/// Code of an unsubscribe push: the server ended the subscription; the client does not subscribe again by itself.
pub const UNSUBSCRIBED_BY_SERVER: u32 = 2000;
/// Code of an unsubscribe push: publications after the client's position are missing; it subscribes again.
pub const INSUFFICIENT_STATE: u32 = 2500;
/// Code of an unsubscribe push: the subscription's token has expired; the client subscribes again with a new one.
pub const SUBSCRIPTION_EXPIRED: u32 = 2501;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_comes_back_exactly_where_ours_would() {
        for code in CloseCode::ALL {
            let theirs = Disconnect::code_of(*code, code.reason());
            if !(4000..5000).contains(&code.code()) {
                continue; // the standard ones, and faults
            }
            let ours_comes_back = code.code() < 4400;
            assert_eq!(theirs < 3500, ours_comes_back, "{code:?}: {theirs}");
        }
        assert_eq!(
            Disconnect::code_of(CloseCode::Unauthenticated, "expired"),
            3005,
            "it gets a new token and comes back"
        );
        assert_eq!(Disconnect::code_of(CloseCode::Unauthenticated, "revoked"), 3503);
    }

    #[test]
    fn what_may_be_tried_again_is_temporary() {
        for code in ErrorCode::ALL {
            assert_eq!(Error::of(*code).temporary, code.retry(), "{code}");
        }
    }
}
