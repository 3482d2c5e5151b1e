//! The bounded queue from a backend to the bridge. It never loses a message without a mark.

use super::pubsub::BackendEvent;
use bytes::Bytes;
use tokio::sync::mpsc;

/// The sending side of a node's event queue.
///
/// The last free place of the queue is reserved for [`BackendEvent::Lossy`]. So whenever the queue is full, its newest
/// event is `Lossy`, and it covers every message that is dropped then: the bridge handles `Lossy` after the drop and
/// reads the logs. This needs no flag, timer or task. A queue with one place carries only `Lossy`.
///
/// All clones of one queue must send from one thread (a node's core thread): two threads could both see two free places
/// and take them.
#[derive(Debug, Clone)]
pub struct Events(mpsc::Sender<BackendEvent>);

/// The fate of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueOutcome {
    /// It is in the queue.
    Queued,
    /// It was dropped, and `Lossy` is in the queue instead.
    Lost,
    /// The node is gone.
    Closed,
}

impl Events {
    /// Wraps the sender of a node's queue.
    pub fn new(sender: mpsc::Sender<BackendEvent>) -> Self {
        Events(sender)
    }

    /// Queues a message, or `Lossy` in its place if only one place is left.
    pub fn message(&self, payload: Bytes) -> QueueOutcome {
        self.pass(BackendEvent::Message { payload })
    }

    /// Queues a message that this node sent and no other node has to receive, like any other message.
    pub fn kept(&self, payload: Bytes) -> QueueOutcome {
        self.pass(BackendEvent::Kept { payload })
    }

    /// Reports that a call of this node got no answer.
    pub fn unanswered(&self) {
        // if there is no place, `Lossy` is queued, which triggers a larger check
        if self.0.capacity() > 1 {
            let _ = self.0.try_send(BackendEvent::Unanswered);
        }
    }

    /// Queues an event that stands for a message, or `Lossy` in its place if only one place is left.
    pub fn pass(&self, event: BackendEvent) -> QueueOutcome {
        match self.0.capacity() {
            0 if self.0.is_closed() => QueueOutcome::Closed,
            0 => QueueOutcome::Lost,
            1 => self.last_place(),
            _ => match self.0.try_send(event) {
                Ok(()) => QueueOutcome::Queued,
                Err(_) => QueueOutcome::Closed,
            },
        }
    }

    /// Reports that messages may have been lost.
    pub fn lossy(&self) {
        // if there is no place, the newest event of the full queue is `Lossy`
        let _ = self.0.try_send(BackendEvent::Lossy);
    }

    /// Reports that messages of other nodes may not arrive at present.
    pub fn deaf(&self) {
        // if there is no place, `Lossy` is queued, which has the logs read as well
        if self.0.capacity() > 1 {
            let _ = self.0.try_send(BackendEvent::Deaf);
        }
    }

    /// Whether the node has ended.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    fn last_place(&self) -> QueueOutcome {
        match self.0.try_send(BackendEvent::Lossy) {
            Ok(()) => QueueOutcome::Lost,
            Err(_) => QueueOutcome::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &'static str) -> BackendEvent {
        BackendEvent::Message { payload: Bytes::from_static(text.as_bytes()) }
    }

    #[test]
    fn what_does_not_fit_is_announced_after_what_fits() {
        let (sender, mut queue) = mpsc::channel(3);
        let events = Events::new(sender);
        let outcomes: Vec<QueueOutcome> = ["a", "b", "c", "d"].map(|text| events.message(Bytes::from(text))).into();
        assert_eq!(outcomes, [QueueOutcome::Queued, QueueOutcome::Queued, QueueOutcome::Lost, QueueOutcome::Lost]);
        assert_eq!(queue.try_recv(), Ok(message("a")));
        assert_eq!(events.message(Bytes::from_static(b"e")), QueueOutcome::Lost);
        assert_eq!(queue.try_recv(), Ok(message("b")));
        assert_eq!(queue.try_recv(), Ok(BackendEvent::Lossy));
        assert_eq!(queue.try_recv(), Ok(BackendEvent::Lossy));
        assert_eq!(events.message(Bytes::from_static(b"f")), QueueOutcome::Queued);
        assert_eq!(queue.try_recv(), Ok(message("f")));
        assert!(queue.try_recv().is_err());
    }

    #[test]
    fn a_node_that_is_gone_takes_nothing() {
        let (sender, queue) = mpsc::channel(3);
        let events = Events::new(sender);
        drop(queue);
        assert!(events.is_closed());
        assert_eq!(events.message(Bytes::new()), QueueOutcome::Closed);
    }
}
