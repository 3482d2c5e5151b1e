//! A plain pub/sub bus: named channels, payloads of raw bytes, nothing stored. What foreign services speak that know
//! nothing of logs, positions and envelopes.
//!
//! A bus lives on the node's core thread and is not `Send`, like a [`Backend`](super::Backend).

use super::{Delivery, Reply};
use bytes::Bytes;
use tokio::sync::mpsc;

/// A bus as one node sees it.
pub trait PlainBus {
    /// Publishes. Resolves with how many subscriptions took it. Calls take effect in call order, also across
    /// reconnects.
    fn publish(&self, publish: PlainPublish) -> Reply<u64>;

    /// Begins to listen. [`PlainEvent::Complete`] says when all subscriptions are confirmed. Ends when the receiver of
    /// the events is dropped.
    fn listen(&self, subscriptions: Vec<Subscription>, events: PlainEvents);
}

/// A message to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainPublish {
    /// Where.
    pub channel: Bytes,
    /// What.
    pub payload: Bytes,
    /// How often.
    pub attempts: Attempts,
}

/// What is done about a publish whose outcome a broken connection left unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempts {
    /// Given up: at most once.
    One,
    /// Repeated, before anything that was published after it: at least once.
    UntilTaken,
}

/// What to listen to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscription {
    /// One channel.
    Channel(Bytes),
    /// Every channel that begins so.
    Prefix(Bytes),
}

impl Subscription {
    /// Whether a channel is meant.
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
    /// From here on delivery is complete; whatever was published before may have been missed. Said when listening
    /// begins, after each reconnect, and where the queue was full.
    Complete,
}

/// The sending side of a listener's bounded queue.
///
/// The last free place is kept for [`PlainEvent::Complete`]: a message that finds no place is covered by it, so nothing
/// is lost without a word. All clones of one queue must send from one thread.
#[derive(Debug, Clone)]
pub struct PlainEvents(mpsc::Sender<PlainEvent>);

impl PlainEvents {
    /// Wraps a queue of at least two places.
    pub fn new(sender: mpsc::Sender<PlainEvent>) -> Self {
        PlainEvents(sender)
    }

    /// Queues a message.
    pub fn message(&self, channel: Bytes, payload: Bytes) -> Delivery {
        match self.0.capacity() {
            _ if self.0.is_closed() => Delivery::Closed,
            0 | 1 => {
                self.complete();
                Delivery::Lost
            }
            _ => match self.0.try_send(PlainEvent::Message { channel, payload }) {
                Ok(()) => Delivery::Queued,
                Err(_) => Delivery::Closed,
            },
        }
    }

    /// Says that delivery is complete from here on.
    pub fn complete(&self) {
        // no place: the newest event of the full queue says it already
        let _ = self.0.try_send(PlainEvent::Complete);
    }

    /// Whether nobody listens any more.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Waits until nobody listens any more.
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
        assert_eq!([message("a"), message("b"), message("c")], [Delivery::Queued, Delivery::Lost, Delivery::Lost]);
        let first = PlainEvent::Message { channel: Bytes::from("c"), payload: Bytes::from("a") };
        assert_eq!(queue.try_recv(), Ok(first));
        assert_eq!(queue.try_recv(), Ok(PlainEvent::Complete));
        assert!(queue.try_recv().is_err());
        drop(queue);
        assert_eq!(message("d"), Delivery::Closed);
    }
}
