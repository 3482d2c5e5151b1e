//! Authentication: credentials in the first message, and new ones later.

use super::{Phase, Session, SessionContext, TakingTicket};
use crate::audit::{AuditEvent, AuditKind};
use crate::identity::Identity;
use crate::mail;
use crate::words::outcome::Refusal;
use crate::words::session as messages;
use actix::prelude::*;
use hubwire_protocol::request::Auth;
use hubwire_protocol::{CloseCode, ErrorCode};

impl Session {
    pub(super) fn await_auth(&mut self, ctx: &mut SessionContext) {
        ctx.run_later(self.worker.node.settings().auth_timeout, |session, _| {
            if matches!(session.phase, Phase::Unauthenticated | Phase::TakingTicket(_) | Phase::Held) {
                session.close(CloseCode::AuthTimeout);
            }
        });
    }

    pub(super) fn authenticate(&mut self, auth: Auth, re: Option<&str>, ctx: &mut SessionContext) {
        if auth.ping {
            self.worker.ping_visibly(self.socket.key());
        }
        if let Some(class) = auth.device_class {
            self.worker.classify(self.socket.key(), class);
        }
        let (device, resume, re) = (auth.device, auth.resume, re.map(Box::from));
        match (auth.token, auth.ticket) {
            (Some(token), None) => match self.worker.node.authenticator().token(&token, self.socket.dialect()) {
                Ok(identity) => {
                    self.begin(identity.through(device).kept(), resume, re, ctx);
                }
                Err(refusal) => {
                    if refusal.code == ErrorCode::TokenExpired {
                        let user = self.worker.node.authenticator().former_user(&token);
                        let event = AuditEvent { user, ..AuditEvent::of(AuditKind::HandshakeRefused) };
                        self.audit(event.because(&refusal.message));
                    }
                    self.dismiss(&refusal, re.as_deref());
                }
            },
            (None, Some(ticket)) => {
                self.phase = Phase::TakingTicket(Box::new(TakingTicket { device, resume, re }));
                self.socket.set_paused(true);
                self.take_ticket(ticket);
            }
            _ => {
                let message = "auth needs either `token` or `ticket`";
                self.dismiss(&Refusal::new(ErrorCode::BadCredentials, message), re.as_deref());
            }
        }
    }

    pub(super) fn take_ticket(&self, ticket: String) {
        let (node, addr) = (self.worker.node.clone(), self.handle.clone());
        actix::spawn(async move {
            // a message does not show from which page it comes
            let identity = node.redeem(&ticket).await.and_then(|ticketed| ticketed.for_page(|_| false));
            let _ = mail::tell(&addr, messages::TicketTaken { identity }); // a session that has ended needs no answer
        });
    }

    pub(super) fn authenticate_by_ticket(&mut self, identity: Result<Identity, Refusal>, ctx: &mut SessionContext) {
        let Phase::TakingTicket(taking) = std::mem::replace(&mut self.phase, Phase::Unauthenticated) else { return };
        let TakingTicket { device, resume, re } = *taking;
        self.socket.set_paused(false);
        match identity {
            Ok(identity) => self.begin(identity.through(device).kept(), resume, re, ctx),
            Err(refusal) if refusal.code == ErrorCode::BadCredentials => self.dismiss(&refusal, re.as_deref()),
            Err(refusal) => {
                self.refuse(refusal.code, &refusal.message, re.as_deref());
                self.close(CloseCode::BrokerUnavailable);
            }
        }
    }
}
