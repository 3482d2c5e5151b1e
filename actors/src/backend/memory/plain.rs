//! The plain bus of a single node: everything in memory, every call done when it returns.

use crate::backend::plain::{PlainBus, PlainEvents, PlainPublish, Subscription};
use crate::backend::{QueueOutcome, Reply};
use futures_util::future::{ready, FutureExt};
use std::cell::RefCell;
use std::rc::Rc;

/// A bus in memory, shared by the nodes of one thread.
#[derive(Clone, Default)]
pub struct MemoryPlainBus(Rc<RefCell<Vec<Listener>>>);

struct Listener {
    subscriptions: Vec<Subscription>,
    events: PlainEvents,
}

impl Listener {
    /// Delivers once per matching subscription, as Redis does. Returns the number of deliveries.
    fn take(&self, publish: &PlainPublish) -> u64 {
        let matching = self.subscriptions.iter().filter(|subscription| subscription.matches(&publish.channel));
        let taken = matching
            .filter(|_| self.events.message(publish.channel.clone(), publish.payload.clone()) != QueueOutcome::Closed);
        taken.count() as u64
    }
}

impl PlainBus for MemoryPlainBus {
    fn publish(&self, publish: PlainPublish) -> Reply<u64> {
        let mut listeners = self.0.borrow_mut();
        listeners.retain(|listener| !listener.events.is_closed());
        ready(Ok(listeners.iter().map(|listener| listener.take(&publish)).sum())).boxed_local()
    }

    fn listen(&self, subscriptions: Vec<Subscription>, events: PlainEvents) {
        events.complete();
        self.0.borrow_mut().push(Listener { subscriptions, events });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::plain::{Attempts, PlainEvent};
    use bytes::Bytes;
    use tokio::sync::mpsc;

    fn publish(bus: &MemoryPlainBus, channel: &'static str) -> u64 {
        let publish =
            PlainPublish { channel: Bytes::from(channel), payload: Bytes::from("x"), attempts: Attempts::One };
        bus.publish(publish).now_or_never().unwrap().unwrap()
    }

    #[test]
    fn a_message_reaches_each_subscription_that_matches_and_publish_says_how_many() {
        let bus = MemoryPlainBus::default();
        assert_eq!(publish(&bus, "p:a"), 0);
        let (sender, mut queue) = mpsc::channel(8);
        let subscriptions = vec![Subscription::Channel(Bytes::from("p:a")), Subscription::Prefix(Bytes::from("p:"))];
        bus.listen(subscriptions, PlainEvents::new(sender));
        assert_eq!(queue.try_recv(), Ok(PlainEvent::Complete));
        assert_eq!([publish(&bus, "p:a"), publish(&bus, "p:b"), publish(&bus, "q")], [2, 1, 0]);
        let channels = std::iter::from_fn(|| match queue.try_recv() {
            Ok(PlainEvent::Message { channel, .. }) => Some(channel),
            _ => None,
        });
        assert_eq!(channels.collect::<Vec<_>>(), ["p:a", "p:a", "p:b"]);
        drop(queue);
        assert_eq!(publish(&bus, "p:a"), 0);
    }
}
