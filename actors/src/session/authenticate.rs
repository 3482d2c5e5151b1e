//! Who the client is: credentials as first message, and new ones later.

use super::{Phase, Session, SessionContext, TakingTicket};
use crate::mail;
use crate::words::session as messages;
use actix::prelude::*;
use hubwire_protocol::control::{Ack, Auth, Refresh, ServerControl};
use hubwire_protocol::{CloseCode, ErrorCode};
use std::time::Duration;

impl Session {
    pub(super) fn await_auth(&mut self, ctx: &mut SessionContext) {
        ctx.run_later(self.worker.node.settings().auth_timeout, |session, _| {
            if matches!(session.phase, Phase::Unauthenticated | Phase::TakingTicket(_)) {
                session.close(CloseCode::AuthTimeout);
            }
        });
    }

    pub(super) fn authenticate(&mut self, auth: Auth, re: Option<&str>, ctx: &mut SessionContext) {
        match (auth.token, auth.ticket) {
            (Some(token), None) => match self.worker.node.authenticator().token(&token) {
                Ok(mut identity) => {
                    identity.device = auth.device.or(identity.device);
                    self.begin(identity.kept(), auth.resume, ctx);
                }
                Err(reason) => self.reject(&reason, re),
            },
            (None, Some(ticket)) => {
                self.phase = Phase::TakingTicket(Box::new(TakingTicket { device: auth.device, resume: auth.resume }));
                self.gate.set_closed(true);
                self.take_ticket(ticket);
            }
            _ => self.reject("auth needs either `token` or `ticket`", re),
        }
    }

    fn take_ticket(&self, ticket: String) {
        let (node, addr) = (self.worker.node.clone(), self.handle.clone());
        actix::spawn(async move {
            let identity = node.redeem(&ticket).await;
            let _ = mail::tell(&addr, messages::TicketTaken { identity }); // a session that is over needs no answer
        });
    }

    pub(super) fn ticket_taken(&mut self, message: messages::TicketTaken, ctx: &mut SessionContext) {
        let Phase::TakingTicket(taking) = std::mem::replace(&mut self.phase, Phase::Unauthenticated) else { return };
        let TakingTicket { device, resume } = *taking;
        self.gate.set_closed(false);
        match message.identity {
            Ok(mut identity) => {
                // a ticket is for the device its issuer named: the client must not move it to another one
                identity.device = identity.device.or(device);
                self.begin(identity.kept(), resume, ctx);
            }
            Err(refusal) if refusal.code == ErrorCode::BrokerUnavailable => self.close(CloseCode::BrokerUnavailable),
            Err(refusal) => self.reject(&refusal.message, None),
        }
    }

    /// Says why, then closes: a browser sees the code, a developer the reason.
    fn reject(&mut self, reason: &str, re: Option<&str>) {
        self.refuse(ErrorCode::BadCredentials, reason, re);
        self.close(CloseCode::Unauthenticated);
    }

    /// A new token for the same user: its expiry and memberships count from now on. Organisations it adds are entered
    /// with the next connection; those it lacks cannot be used any more.
    pub(super) fn refresh(&mut self, refresh: Refresh, re: Option<&str>, ctx: &mut SessionContext) {
        let Some(current) = self.identity.clone() else { return };
        match self.worker.node.authenticator().token(&refresh.token) {
            Ok(identity) if identity.user != current.user => {
                self.refuse(ErrorCode::BadCredentials, "the new token is of another user", re);
            }
            Ok(mut identity) => {
                identity.device = current.device.clone();
                self.identity = Some(identity.kept());
                self.watch_expiry(ctx);
                self.reply(&ServerControl::Ack(Ack::default()), None, re);
            }
            Err(reason) => self.refuse(ErrorCode::BadCredentials, &reason, re),
        }
    }

    /// Closes the session when its credentials end.
    pub(super) fn watch_expiry(&mut self, ctx: &mut SessionContext) {
        // one timer, however often the credentials are renewed
        if let Some(former) = self.expiry.take() {
            ctx.cancel_future(former);
        }
        let Some(expires_at) = self.identity.as_ref().and_then(|identity| identity.expires_at) else { return };
        let now_ms = self.worker.node.environment().unix_ms();
        let left = Duration::from_millis(expires_at.saturating_mul(1000).saturating_sub(now_ms));
        // a timer holds about two years
        let left = left.min(Duration::from_secs(60_000_000));
        self.expiry = Some(ctx.run_later(left, |session, _| session.close(CloseCode::Unauthenticated)));
    }
}
