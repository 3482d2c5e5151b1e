//! WebSocket close codes (RFC 6455, section 7.4). The range tells the client what to do: 4000-4099 reconnect at once
//! with resume, 4100-4199 back off, 4400-4499 do not reconnect until the application acts.

use crate::ErrorCode;

macro_rules! close_codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $text:literal;)+) => {
        /// Why the node closed a socket.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum CloseCode { $($(#[doc = $doc])+ $name,)+ }

        impl CloseCode {
            /// All codes, in the order of the table.
            pub const ALL: &'static [CloseCode] = &[$(CloseCode::$name,)+];

            /// The number on the wire.
            pub fn code(self) -> u16 {
                match self { $(CloseCode::$name => $code,)+ }
            }

            /// The close code with a number.
            pub fn from_code(code: u16) -> Option<CloseCode> {
                match code { $($code => Some(CloseCode::$name),)+ _ => None }
            }

            /// The reason on the wire.
            pub fn reason(self) -> &'static str {
                match self { $(CloseCode::$name => $text,)+ }
            }

            /// Its meaning, for the reference page.
            pub fn doc(self) -> &'static str {
                match self { $(CloseCode::$name => concat!($($doc),+),)+ }
            }
        }
    };
}

/// How an application ends a session in its own words, where the client's protocol has such.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnClose {
    /// A code from 3000 to 4999.
    pub code: u16,
    /// The reason, as long as fits a close frame.
    pub reason: Box<str>,
}

impl OwnClose {
    /// Longest reason in bytes: a close frame has 125, two of which are the code.
    pub const REASON_BYTES_MAX: usize = 123;

    /// `None`: no client could be told that.
    pub fn new(code: u16, reason: &str) -> Option<OwnClose> {
        let fits = (3000..5000).contains(&code) && reason.len() <= OwnClose::REASON_BYTES_MAX;
        fits.then(|| OwnClose { code, reason: reason.into() })
    }

    /// As nodes tell it each other.
    pub fn to_text(&self) -> String {
        format!("{} {}", self.code, self.reason)
    }

    /// What [`OwnClose::to_text`] wrote.
    pub fn from_text(text: &str) -> Option<OwnClose> {
        let (code, reason) = text.split_once(' ')?;
        OwnClose::new(code.parse().ok()?, reason)
    }
}

close_codes! {
    /// The peer closed the connection; its close frame is echoed.
    Normal = 1000, "";
    /// The process is stopping.
    GoingAway = 1001, "going away";
    /// Framing that violates RFC 6455.
    Protocol = 1002, "protocol error";
    /// A text message or close reason that is not UTF-8.
    NotUtf8 = 1007, "not UTF-8";
    /// A message longer than the limit.
    TooBig = 1009, "message too big";
    /// A fault of the node ended this session: reconnect with resume.
    Internal = 1011, "internal error";
    /// The node is draining: reconnect with resume after the time given by `@@hub/bye`.
    Draining = 4000, "draining";
    /// No pong, or no end of a message, arrived in time: reconnect at once with resume.
    PingTimeout = 4001, "timeout";
    /// The node exceeds a limit of its own, or the client sent more pings at once than half a minute allows: back off.
    Overloaded = 4100, "overloaded";
    /// The client read nothing for too long: back off, then resume.
    SlowConsumer = 4101, "slow consumer";
    /// The broker is unavailable: back off.
    BrokerUnavailable = 4102, "broker unavailable";
    /// Too many invalid frames within a minute: neither JSON nor MessagePack, or of the wrong kind.
    BadFrame = 4400, "bad frame";
    /// Missing, invalid or expired credentials; the reason tells which (see below).
    Unauthenticated = 4401, "unauthenticated";
    /// The Origin or the user is not allowed.
    Forbidden = 4403, "forbidden";
    /// No subprotocol in common.
    Subprotocol = 4406, "subprotocol";
    /// No `@@hub/auth` arrived in time.
    AuthTimeout = 4408, "auth timeout";
    /// A newer session of the user took its place.
    Replaced = 4409, "replaced";
    /// The user has as many sessions as allowed, or one of its organisations has on that node.
    SessionLimit = 4413, "session limit";
    /// A message in too many fragments, pings above their rate for longer than half a minute, or actions at twice their
    /// rate or more for a minute without a pause. Otherwise actions above their rate are only refused with
    /// `rate_limited`.
    Abuse = 4429, "abuse";
}

/// Why the node closes with [`CloseCode::Unauthenticated`]: this determines the reason in the close frame and the code
/// of the `@@hub/error` before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dismissal {
    /// The credentials were not accepted.
    BadCredentials,
    /// The credentials have expired.
    Expired,
    /// The credentials were revoked.
    Revoked,
    /// The application closed the user's sessions.
    Disconnected,
}

impl Dismissal {
    /// All reasons.
    pub const ALL: &'static [Dismissal] =
        &[Dismissal::BadCredentials, Dismissal::Expired, Dismissal::Revoked, Dismissal::Disconnected];

    /// The reason of the close frame.
    pub fn reason(self) -> &'static str {
        match self {
            Dismissal::BadCredentials => "bad credentials",
            Dismissal::Expired => "expired",
            Dismissal::Revoked => "revoked",
            Dismissal::Disconnected => "disconnected",
        }
    }

    /// The code of the error that is sent before the close frame.
    pub fn error(self) -> ErrorCode {
        match self {
            Dismissal::BadCredentials => ErrorCode::BadCredentials,
            Dismissal::Expired => ErrorCode::TokenExpired,
            Dismissal::Revoked => ErrorCode::TokenRevoked,
            Dismissal::Disconnected => ErrorCode::Disconnected,
        }
    }

    /// The reason for closing that goes with an error code.
    pub fn of(error: ErrorCode) -> Dismissal {
        let found = Dismissal::ALL.iter().find(|dismissal| dismissal.error() == error);
        found.copied().unwrap_or(Dismissal::BadCredentials)
    }
}
