//! Calls between the node and the application's servers: calls to one session, late answers, server events.

use super::{overloaded, stopping, Node};
use crate::application::Application;
use crate::backend::StoredEvent;
use crate::mail;
use crate::words::bridge::Errand;
use crate::words::outcome::Refusal;
use crate::words::port::Port;
use crate::words::presence::{CallSession, PresencePort, ReplySession};
use crate::words::rpc::{Brought, CallBody, LateReply};
use hubwire_protocol::SessionId;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

impl Node {
    /// Answers rpcs and hooks; absent where no application is configured.
    pub(crate) fn application(&self) -> Option<&Arc<dyn Application>> {
        self.0.application.get()
    }

    /// Calls one session, on any node, and waits for its reply.
    pub async fn call(&self, session: SessionId, body: CallBody, timeout: Duration) -> Result<Brought, Refusal> {
        self.ask_presence(|answer| CallSession { session, body, timeout, answer }).await
    }

    /// Answers an rpc of a session, on any node. `false`: its node is not alive, and so the session is not either.
    pub async fn reply(&self, session: SessionId, reply: LateReply) -> Result<bool, Refusal> {
        self.ask_presence(|answer| ReplySession { session, reply, answer }).await
    }

    /// The oldest dead letters of server events, and their number.
    pub async fn dead_events(&self, limit: usize) -> Result<(Vec<StoredEvent>, usize), Refusal> {
        self.errand(|answer| Errand::DeadEvents { limit, answer }).await
    }

    /// Queues the oldest of them for delivery again. Returns how many.
    pub async fn replay_events(&self, limit: usize) -> Result<usize, Refusal> {
        self.errand(|answer| Errand::ReplayEvents { limit, answer }).await
    }

    async fn ask_presence<M, T>(
        &self,
        message: impl FnOnce(oneshot::Sender<Result<T, Refusal>>) -> M,
    ) -> Result<T, Refusal>
    where
        dyn PresencePort: Port<M>,
    {
        let (answer, outcome) = oneshot::channel();
        mail::tell(self.presence(), message(answer)).map_err(|_| overloaded())?;
        outcome.await.map_err(|_| stopping())?
    }
}
