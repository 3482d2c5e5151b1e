//! The audit trail of a node: refusals, revocations, blocks, kicks, the use of API keys, and how sessions ended.
//!
//! Each event is one structured log line below `hubwire::audit`, and is kept in memory for `GET /v1/audit`. Ends of
//! sessions are not logged here: the log of the session itself has them, at debug. The node keeps the latest events of
//! each kind in a ring of its own, so that a flood of refused handshakes evicts only older refused handshakes. No event
//! holds a token, a ticket, a key or a payload.

use crate::environment::Environment;
use hubwire_protocol::{Address, SessionId, UserId};
use serde::Serialize;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;

/// Events of one kind that a node keeps; beyond it the oldest is dropped.
pub const KEPT_MAX: usize = 1000;
/// The same for ends of sessions, which are ordinary and frequent.
const ENDS_KEPT_MAX: usize = 10_000;
/// The log target of the lines, so that they can be separated from others.
pub const TARGET: &str = "hubwire::audit";
/// Strangers can cause some events at any rate: the node logs at most one of these per interval, and keeps and counts
/// all.
const LOG_EVERY: Duration = Duration::from_secs(1);
/// Longest text of an event in bytes; a longer one is cut.
const TEXT_MAX: usize = 256;

/// Declares the kinds of events, each with its word in the log and in answers.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident = $word:literal,)+) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[repr(u8)]
        pub enum AuditKind {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $kind,)+
        }

        impl AuditKind {
            /// All kinds.
            pub const ALL: [AuditKind; [$($word),+].len()] = [$(AuditKind::$kind),+];

            /// The word in the log and in answers.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(AuditKind::$kind => $word,)+
                }
            }
        }
    };
}

kinds! {
    /// A handshake or a first message did not become a session.
    HandshakeRefused = "handshake_refused",
    /// An action of a session was refused because its user may not do that.
    ActionRefused = "action_refused",
    /// A session was closed because its token is revoked.
    SessionRevoked = "session_revoked",
    /// A session was closed because its user or its address was blocked.
    SessionBlocked = "session_blocked",
    /// A session was closed because it stayed far above its rate.
    SessionAbusive = "session_abusive",
    /// A session of a user ended, for whatever reason.
    SessionEnded = "session_ended",
    /// A session was removed from a channel.
    Kicked = "kicked",
    /// A key of the server API was used to change something, or to see payloads.
    ApiCall = "api_call",
    /// A call of the server API had no key, or one without the right.
    ApiCallRefused = "api_call_refused",
    /// Somebody signed in to the operator's page.
    SignIn = "sign_in",
    /// A sign-in failed for want of a valid key.
    SignInRefused = "sign_in_refused",
}

impl AuditKind {
    /// Parses the word.
    pub fn named(word: &str) -> Option<AuditKind> {
        AuditKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether a client without any right can cause it, as often as the network permits.
    fn is_of_strangers(self) -> bool {
        use AuditKind::*;
        matches!(self, HandshakeRefused | ActionRefused | ApiCallRefused | SignInRefused)
    }

    /// Whether it is an authorized act rather than a refusal.
    fn is_ordinary(self) -> bool {
        matches!(self, AuditKind::ApiCall | AuditKind::SignIn | AuditKind::Kicked)
    }

    /// Whether it is logged in another place.
    fn is_told_elsewhere(self) -> bool {
        self == AuditKind::SessionEnded
    }

    fn kept_max(self) -> usize {
        if self == AuditKind::SessionEnded {
            ENDS_KEPT_MAX
        } else {
            KEPT_MAX
        }
    }
}

/// One event. Fields that do not apply are absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditEvent {
    /// Number of the event, counted from the start of the node.
    pub number: u64,
    /// Time, Unix milliseconds.
    pub at_ms: u64,
    /// The kind.
    pub event: AuditKind,
    /// User of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// The address of the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Box<str>>,
    /// The address an action went to, or the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Address>,
    /// The name of the API key; `none` if there was none, or an unknown one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Box<str>>,
    /// Method and path of a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<Box<str>>,
    /// The status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The close code of a session that ended; 1005: it had none, 1006: the connection was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// The reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
}

impl AuditEvent {
    /// An event without details. The trail adds number and time.
    pub fn of(event: AuditKind) -> Self {
        AuditEvent {
            number: 0,
            at_ms: 0,
            event,
            user: None,
            session: None,
            address: None,
            to: None,
            key: None,
            call: None,
            status: None,
            code: None,
            reason: None,
        }
    }

    /// Adds a reason, cut to the maximum length.
    pub fn because(mut self, reason: &str) -> Self {
        self.reason = Some(clipped(reason));
        self
    }

    /// Adds the call of the server API.
    pub fn of_call(mut self, key: &str, method: &str, path: &str) -> Self {
        self.key = Some(clipped(key));
        self.call = Some(clipped(&format!("{method} {path}")));
        self
    }
}

/// One line: the event and its present fields, as `name=value`.
impl fmt::Display for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.event.as_str())?;
        let AuditEvent { user, session, address, to, key, call, status, code, reason, .. } = self;
        user.iter().try_for_each(|it| write!(f, " user={it}"))?;
        session.iter().try_for_each(|it| write!(f, " session={it}"))?;
        address.iter().try_for_each(|it| write!(f, " address={it}"))?;
        to.iter().try_for_each(|it| write!(f, " to={it}"))?;
        key.iter().try_for_each(|it| write!(f, " key={it}"))?;
        call.iter().try_for_each(|it| write!(f, " call={it:?}"))?;
        status.iter().try_for_each(|it| write!(f, " status={it}"))?;
        code.iter().try_for_each(|it| write!(f, " code={it}"))?;
        reason.iter().try_for_each(|it| write!(f, " reason={it:?}"))
    }
}

/// The trail of one node, shared by its threads.
pub struct Audit {
    environment: Environment,
    kept: Mutex<Records>,
}

#[derive(Default)]
struct Records {
    last: u64,
    rings: [VecDeque<AuditEvent>; AuditKind::ALL.len()],
    lines: [Lines; AuditKind::ALL.len()],
}

/// How often a line of one kind was logged.
#[derive(Default)]
struct Lines {
    written: Option<Instant>,
    held_back: u64,
}

impl Audit {
    /// An empty trail.
    pub fn new(environment: Environment) -> Self {
        Audit { environment, kept: Mutex::default() }
    }

    /// Keeps an event, and logs it.
    pub fn note(&self, mut event: AuditEvent) {
        let kind = event.event;
        event.at_ms = self.environment.unix_ms();
        let mut kept = self.kept();
        kept.last += 1;
        event.number = kept.last;
        let lines = &mut kept.lines[kind as usize];
        let pass = if kind.is_told_elsewhere() { None } else { lines.pass(kind.is_of_strangers()) };
        let line = pass.map(|held_back| (event.to_string(), held_back));
        let ring = &mut kept.rings[kind as usize];
        if ring.len() >= kind.kept_max() {
            ring.pop_front();
        }
        ring.push_back(event);
        drop(kept);
        let Some((line, held_back)) = line else { return };
        let level = if kind.is_ordinary() { log::Level::Info } else { log::Level::Warn };
        match held_back {
            0 => log::log!(target: TARGET, level, "{line}"),
            more => log::log!(target: TARGET, level, "{line} not_shown={more}"),
        }
    }

    /// The latest events before a number, newest first; of one kind or all, of one user or all.
    pub fn before(&self, number: u64, kind: Option<AuditKind>, user: Option<&UserId>, limit: usize) -> Vec<AuditEvent> {
        let kept = self.kept();
        let rings = kept.rings.iter().zip(AuditKind::ALL);
        let wanted = rings.filter(|(_, of)| kind.is_none_or(|kind| kind == *of));
        let is_meant = |it: &&AuditEvent| it.number < number && user.is_none_or(|user| it.user.as_ref() == Some(user));
        let latest = wanted.flat_map(|(ring, _)| ring.iter().rev().filter(&is_meant).take(limit));
        let mut events: Vec<&AuditEvent> = latest.collect();
        events.sort_unstable_by_key(|event| std::cmp::Reverse(event.number));
        events.into_iter().take(limit).cloned().collect()
    }

    fn kept(&self) -> MutexGuard<'_, Records> {
        // each change is whole, even if a thread panicked while it held the lock
        self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Lines {
    /// Whether a line may be logged now; if so, how many were suppressed since the last one.
    fn pass(&mut self, is_bounded: bool) -> Option<u64> {
        let now = Instant::now();
        if is_bounded && self.written.is_some_and(|written| now < written + LOG_EVERY) {
            self.held_back += 1;
            return None;
        }
        self.written = Some(now);
        Some(std::mem::take(&mut self.held_back))
    }
}

fn clipped(text: &str) -> Box<str> {
    let mut end = text.len().min(TEXT_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].into()
}

#[cfg(test)]
mod tests;
