//! Work that scripts which publish on a topic leave to the node: to handle messages that no other node has to receive
//! and its own direct notifications; and to notify other nodes directly, if a script cannot because their channels are
//! on other servers.

use super::super::BackendError;
use super::{reply, RedisCore};
use ::redis::Value;
use hubwire_protocol::Incarnation;
use std::rc::Rc;
use std::time::Duration;

/// The start of such an answer.
const TOLD: &[u8] = b"told";
/// After a call without an answer the node is notified with this delay, once for all calls in it.
const PAUSE: Duration = Duration::from_secs(1);

impl RedisCore {
    /// Does the work that a script left to the node, and returns the actual answer. Without an answer, messages that
    /// would have come with it may be lost.
    pub(super) fn heed<E: Into<BackendError>>(
        self: &Rc<Self>,
        answer: Result<Value, E>,
    ) -> Result<Value, BackendError> {
        match answer {
            Ok(answer) => self.take_told(answer),
            Err(error) => {
                let error = error.into();
                self.doubt(&error);
                Err(error)
            }
        }
    }

    fn take_told(&self, answer: Value) -> Result<Value, BackendError> {
        let Value::Array(parts) = answer else { return Ok(answer) };
        if !matches!(parts.first(), Some(Value::BulkString(word)) if word == TOLD) {
            return Ok(Value::Array(parts));
        }
        let [_, value, kept, own, unsent] = reply::array("answer of a script", Value::Array(parts))?;
        for message in reply::list("messages", kept)? {
            self.events.kept(reply::bytes(message)?);
        }
        for message in reply::list("messages", own)? {
            self.events.message(reply::bytes(message)?);
        }
        let mut unsent = reply::list("messages", unsent)?.into_iter();
        while let (Some(node), Some(message)) = (unsent.next(), unsent.next()) {
            let node: Incarnation = reply::parsed("incarnation", node)?;
            // anything lost here is in the log, or was never acknowledged
            drop(self.publish(&self.keys.node(node), &reply::bytes(message)?));
        }
        Ok(value)
    }

    /// A call of such a script failed: it may have been executed nevertheless, and the work that it left to the node is
    /// then lost.
    pub(super) fn doubt(self: &Rc<Self>, error: &BackendError) {
        if matches!(error, BackendError::Unavailable { .. }) && !self.unanswered.replace(true) {
            let core = Rc::clone(self);
            tokio::task::spawn_local(async move {
                tokio::time::sleep(PAUSE).await;
                core.unanswered.set(false);
                core.events.unanswered();
            });
        }
    }
}
