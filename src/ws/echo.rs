//! `/echo`: every message comes back as it was sent. For foreign test suites and load tools; not for production.

use super::answering::Answering;
use super::endpoint::{Endpoint, Socket, UpgradeRequest, Verdict};
use futures_util::future::{ready, FutureExt, LocalBoxFuture};
use hubwire_actors::outbox::Incoming;
use hubwire_protocol::frame::{frame, Opcode};

/// Echoes messages. Selects the first offered subprotocol.
#[derive(Debug, Default, Clone, Copy)]
pub struct Echo;

impl Endpoint for Echo {
    fn admit(&self, request: &UpgradeRequest<'_>) -> LocalBoxFuture<'static, Verdict> {
        let subprotocol = request.offered().first().cloned();
        ready(Verdict::Open { subprotocol, start: Box::new(start) }).boxed_local()
    }
}

fn start(socket: Socket) {
    actix_rt::spawn(Answering::new(socket, |message| match message {
        Incoming::Text(text) => Some(frame(Opcode::Text, &text)),
        Incoming::Binary(bytes) => Some(frame(Opcode::Binary, &bytes)),
        Incoming::Ended(_) => None,
    }));
}
