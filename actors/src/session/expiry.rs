//! The end of credentials on an open session, and the warning before it.

use super::{Phase, Session, SessionContext};
use crate::identity::Identity;
use crate::words::outcome::Refusal;
use actix::prelude::*;
use hubwire_protocol::event::{Event, Expiring};
use hubwire_protocol::ErrorCode;
use std::time::Duration;

/// The longest timer: about two years.
const TIMER_MAX: Duration = Duration::from_secs(60_000_000);

/// What the timer of the credentials is set for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Warning,
    End,
}

/// What is due first, and when, given the remaining life of the credentials and of the address tokens. Credentials that
/// are valid for no longer than the warning time get no warning: the client has just received their remaining life.
fn first_due(credentials: Option<Duration>, tokens: Option<Duration>, warning: Duration) -> Option<(Duration, Due)> {
    let warned = credentials.filter(|left| !warning.is_zero() && *left > warning);
    let warned = warned.map(|left| (left - warning, Due::Warning));
    let ends = credentials.into_iter().chain(tokens).min().map(|left| (left, Due::End));
    // at the same time the warning comes first: after the end of an address token there would be no time left for it
    warned.into_iter().chain(ends).min_by_key(|(wait, _)| *wait)
}

impl Session {
    /// Warns the client before its credentials expire, and closes the session when they do. Leaves a channel when the
    /// token for one address that admitted the session to it expires.
    pub(super) fn watch_expiry(&mut self, ctx: &mut SessionContext) {
        self.await_expiry(self.worker.node.settings().expiry_warning, ctx);
    }

    fn await_expiry(&mut self, warning: Duration, ctx: &mut SessionContext) {
        // one timer, however often the credentials are renewed
        if let Some(former) = self.credentials.set_expiry(None) {
            ctx.cancel_future(former);
        }
        let Some(identity) = self.credentials.identity() else { return };
        let left = |at_s: u64| Duration::from_millis(self.until(at_s));
        let (credentials, tokens) = (identity.expires_at.map(left), identity.address_grants.next_end().map(left));
        let Some((wait, due)) = first_due(credentials, tokens, warning) else { return };
        let wait = wait.min(TIMER_MAX);
        let timer = match due {
            Due::Warning => ctx.run_later(wait, Session::warn_of_expiry),
            Due::End => ctx.run_later(wait, Session::expired),
        };
        self.credentials.set_expiry(Some(timer));
    }

    fn warn_of_expiry(&mut self, ctx: &mut SessionContext) {
        let expires_in_ms = self.credentials.identity().and_then(|identity| self.expires_in(identity));
        // nothing precedes the welcome, which contains the expiry, too
        if let Some(expires_in_ms) = expires_in_ms.filter(|_| matches!(self.phase, Phase::Open)) {
            self.reply(&Event::Expiring(Expiring { expires_in_ms }), None, None);
        }
        self.await_expiry(Duration::ZERO, ctx);
    }

    fn expired(&mut self, ctx: &mut SessionContext) {
        self.credentials.set_expiry(None);
        let is_over = self.credentials.identity().and_then(|identity| self.expires_in(identity)) == Some(0);
        match is_over {
            true => {
                let message = "the credentials have expired; connect with new ones, or refresh in time";
                self.dismiss(&Refusal::new(ErrorCode::TokenExpired, message), None);
            }
            false => self.end_address_tokens(ctx),
        }
    }

    /// The remaining life of the credentials, in milliseconds; `None`: no expiry.
    pub(super) fn expires_in(&self, identity: &Identity) -> Option<u64> {
        Some(self.until(identity.expires_at?))
    }

    /// Milliseconds until a time in Unix seconds.
    fn until(&self, at_s: u64) -> u64 {
        at_s.saturating_mul(1000).saturating_sub(self.worker.node.environment().unix_ms())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(credentials: Option<u64>, tokens: Option<u64>, warning: u64) -> Option<(u64, Due)> {
        let s = Duration::from_secs;
        first_due(credentials.map(s), tokens.map(s), s(warning)).map(|(wait, due)| (wait.as_secs(), due))
    }

    #[test]
    fn the_warning_is_due_before_the_end_if_there_is_time_for_it() {
        assert_eq!(first(Some(300), None, 60), Some((240, Due::Warning)));
        assert_eq!(first(Some(61), None, 60), Some((1, Due::Warning)));
        assert_eq!(first(Some(60), None, 60), Some((60, Due::End)));
        assert_eq!(first(Some(0), None, 60), Some((0, Due::End)));
        assert_eq!(first(Some(300), None, 0), Some((300, Due::End)), "no warning is configured, or it was given");
        assert_eq!(first(None, None, 60), None);
    }

    #[test]
    fn an_address_token_ends_without_a_warning_and_keeps_none_from_the_credentials() {
        assert_eq!(first(None, Some(100), 60), Some((100, Due::End)));
        assert_eq!(first(Some(300), Some(100), 60), Some((100, Due::End)));
        assert_eq!(first(Some(300), Some(240), 60), Some((240, Due::Warning)));
        assert_eq!(first(Some(300), Some(250), 60), Some((240, Due::Warning)));
        assert_eq!(first(Some(300), Some(250), 0), Some((250, Due::End)), "after the warning");
    }
}
