//! A plain pub/sub bus: named channels, payloads of raw bytes, nothing stored. It is for foreign services, which know
//! nothing of logs, positions and envelopes.
//!
//! A bus lives on the node's core thread and is not `Send`, like a [`Backend`](super::Backend).

use super::{QueueOutcome, Reply};
use bytes::Bytes;
use tokio::sync::mpsc;

/// A bus as one node sees it.
pub trait PlainBus {
    /// Publishes. Resolves with the number of subscriptions that received it. Calls take effect in call order, also
    /// across reconnects.
    fn publish(&self, publish: PlainPublish) -> Reply<u64>;

    /// Starts to listen. [`PlainEvent::Complete`] follows when all subscriptions are confirmed. Ends when the receiver
    /// of the events is dropped.
    fn listen(&self, subscriptions: Vec<Subscription>, events: PlainEvents);
}

/// A message to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainPublish {
    /// The channel.
    pub channel: Bytes,
    /// The bytes.
    pub payload: Bytes,
    /// What to do when the outcome is unknown.
    pub attempts: Attempts,
}

/// What to do about a publish whose outcome a broken connection left unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempts {
    /// Give up: at most once.
    One,
    /// Repeat, before anything that was published after it: at least once.
    UntilTaken,
}

/// What a listener subscribes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscription {
    /// One channel.
    Channel(Bytes),
    /// Every channel with this prefix.
    Prefix(Bytes),
}

impl Subscription {
    /// Whether the subscription covers a channel.
    pub fn matches(&self, channel: &[u8]) -> bool {
        match self {
            Subscription::Channel(exact) => exact == channel,
            Subscription::Prefix(prefix) => channel.starts_with(prefix),
        }
    }
}

/// What a listener receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlainEvent {
    /// A message on a channel.
    Message {
        /// The channel.
        channel: Bytes,
        /// The bytes.
        payload: Bytes,
    },
    /// Delivery is complete from here on; earlier messages may have been missed. Sent when listening starts, after each
    /// reconnect, and after the queue was full.
    Complete,
}

/// The sending side of a listener's bounded queue.
///
/// The last free place is reserved for [`PlainEvent::Complete`], which covers every message that finds no place:
/// nothing is lost unnoticed. All clones of one queue must send from one thread.
#[derive(Debug, Clone)]
pub struct PlainEvents(mpsc::Sender<PlainEvent>);

impl PlainEvents {
    /// Wraps a queue of at least two places.
    pub fn new(sender: mpsc::Sender<PlainEvent>) -> Self {
        PlainEvents(sender)
    }

    /// Queues a message.
    pub fn message(&self, channel: Bytes, payload: Bytes) -> QueueOutcome {
        match self.0.capacity() {
            _ if self.0.is_closed() => QueueOutcome::Closed,
            0 | 1 => {
                self.complete();
                QueueOutcome::Lost
            }
            _ => match self.0.try_send(PlainEvent::Message { channel, payload }) {
                Ok(()) => QueueOutcome::Queued,
                Err(_) => QueueOutcome::Closed,
            },
        }
    }

    /// Reports that delivery is complete from here on.
    pub fn complete(&self) {
        // if there is no place, the newest event of the full queue is `Complete`
        let _ = self.0.try_send(PlainEvent::Complete);
    }

    /// Whether the listener has ended.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Waits until the listener has ended.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_covered_by_complete() {
        let (sender, mut queue) = mpsc::channel(2);
        let events = PlainEvents::new(sender);
        let message = |text: &'static str| events.message(Bytes::from("c"), Bytes::from(text));
        assert_eq!(
            [message("a"), message("b"), message("c")],
            [QueueOutcome::Queued, QueueOutcome::Lost, QueueOutcome::Lost]
        );
        let first = PlainEvent::Message { channel: Bytes::from("c"), payload: Bytes::from("a") };
        assert_eq!(queue.try_recv(), Ok(first));
        assert_eq!(queue.try_recv(), Ok(PlainEvent::Complete));
        assert!(queue.try_recv().is_err());
        drop(queue);
        assert_eq!(message("d"), QueueOutcome::Closed);
    }
}
