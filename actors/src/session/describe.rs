//! The operator's view of a session.

use super::Session;
use crate::words::session::Describe;
use crate::words::status::SessionStatus;
use actix::Actor;

impl Session {
    pub(super) fn describe(&mut self, message: Describe, _: &mut <Self as Actor>::Context) {
        let identity = self.identity.as_deref();
        let open_for = self.began.elapsed().as_millis();
        let status = SessionStatus {
            session: self.id,
            user: identity.map(|identity| identity.user.clone()),
            device: identity.and_then(|identity| identity.device.clone()),
            address: self.address.map(|address| address.to_string().into()),
            codec: self.dialect.subprotocol().to_owned(),
            since_ms: self.worker.node.environment().unix_ms().saturating_sub(open_for as u64),
            orgs: identity.map(|identity| identity.orgs.keys().cloned().collect()).unwrap_or_default(),
            view: self.view.as_deref().cloned(),
            streams: self.worker.streams_of(self.key),
            outbox_bytes: self.gate.outbox.queued_bytes(),
            written_bytes: self.gate.outbox.written_bytes(),
        };
        drop(message.answer.send(status)); // who asked may have given up
    }
}
