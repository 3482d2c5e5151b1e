//! Both kinds of cookies that identify the user of a page.

use super::cookie::SessionCookies;
use super::gorilla::GorillaCookies;
use crate::config::sections::Auth;
use hubwire_actors::identity::Identity;
use hubwire_actors::words::outcome::Refusal;

/// The accepted cookies; none without keys.
pub struct Cookies {
    /// The node's own cookie.
    pub own: Option<SessionCookies>,
    gorilla: Option<GorillaCookies>,
}

impl Cookies {
    /// As configured.
    pub fn new(auth: &Auth) -> Self {
        Cookies { own: SessionCookies::new(auth), gorilla: GorillaCookies::new(auth) }
    }

    /// The identity in the `Cookie` lines of a page's request; `None` without an accepted cookie. The caller has
    /// checked that the request has an allowed `Origin`.
    pub fn identify<'a>(
        &self,
        lines: impl IntoIterator<Item = &'a str> + Clone,
        now_s: u64,
    ) -> Option<Result<Identity, Refusal>> {
        let own = self.own.as_ref().and_then(|own| own.open(lines.clone(), now_s));
        own.or_else(|| self.gorilla.as_ref()?.open(lines, now_s))
    }
}
