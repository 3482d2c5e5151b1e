//! Whether this node can serve: the broker accepts writes, and the subscriptions are proven.

use super::*;

impl Health for RedisBackend {
    fn ping(&self) -> Reply<()> {
        let (answered, subscriptions) = (self.core.ping(), Rc::clone(&self.subscriptions));
        Box::pin(async move {
            match answered.await {
                Ok(()) => {}
                // reads, presence, delivery and everything that stores nothing still work
                Err(BackendError::Unwritable { reason }) => subscriptions.wires.note_writes(Some(&reason)),
                Err(error) => return Err(error),
            }
            let trouble = subscriptions.wires.shortage().or_else(|| subscriptions.trouble());
            trouble.map_or(Ok(()), |reason| Err(BackendError::Unavailable { reason }))
        })
    }

    fn advice(&self) -> Reply<Vec<String>> {
        self.core.advice()
    }
}
