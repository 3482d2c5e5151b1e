//! The operator's view of a session.

use super::Session;
use crate::words::session::Describe;
use crate::words::status::SessionStatus;
use actix::Actor;

impl Session {
    pub(super) fn describe(&mut self, message: Describe, _: &mut <Self as Actor>::Context) {
        let identity = self.credentials.identity().map(|identity| &**identity);
        let open_for = self.socket.age().as_millis();
        let status = SessionStatus {
            session: self.id,
            user: identity.map(|identity| identity.user.clone()),
            device: identity.and_then(|identity| identity.device.clone()),
            address: self.socket.address().map(|address| address.to_string().into()),
            codec: self.socket.dialect().subprotocol().to_owned(),
            since_ms: self.worker.node.environment().unix_ms().saturating_sub(open_for as u64),
            orgs: identity.map(|identity| identity.orgs.keys().cloned().collect()).unwrap_or_default(),
            view: self.memberships.view().cloned(),
            streams: self.worker.streams_of(self.socket.key()),
            outbox_bytes: self.socket.outbox().queued_bytes(),
            written_bytes: self.socket.outbox().written_bytes(),
        };
        drop(message.answer.send(status)); // the operator's request may have timed out
    }
}
