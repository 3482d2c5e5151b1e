//! What scripts that say something on a topic leave to the node: to take what nobody else has to hear, and what it is
//! told directly; and to tell other nodes directly, where a script cannot because their channels are on other servers.

use super::super::BackendError;
use super::{reply, Core};
use ::redis::Value;
use hubwire_protocol::Incarnation;
use std::rc::Rc;
use std::time::Duration;

/// What such an answer begins with.
const TOLD: &[u8] = b"told";
/// How long after a call without an answer the node is notified of it: once for all of that time.
const PAUSE: Duration = Duration::from_secs(1);

impl Core {
    /// Does what a script left to the node, and gives back the answer proper. Where there is no answer, what would have
    /// come with it may be lost.
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
            // what is lost here is in the log, or was promised to nobody
            drop(self.publish(&self.keys.node(node), &reply::bytes(message)?));
        }
        Ok(value)
    }

    /// A call of such a script failed: it may have been done all the same, and then what it left to the node is lost.
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
