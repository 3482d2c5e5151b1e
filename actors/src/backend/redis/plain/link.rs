//! The connection of one listener. A probe detects a dead one, because a subscriber that only listens would never
//! notice. A new connection subscribes to everything, waits for the confirmations and then reports that delivery is
//! complete.

use super::{Attempt, RedisPlainConfig};
use crate::backend::plain::{PlainEvents, Subscription};
use crate::backend::QueueOutcome;
use bytes::Bytes;
use futures_util::future::{FutureExt, LocalBoxFuture};
use futures_util::StreamExt;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{ErrorKind, RedisResult, Value};
use std::rc::Rc;
use tokio::sync::Notify;
use tokio::time::{timeout, MissedTickBehavior};

pub(super) struct PlainLink {
    config: RedisPlainConfig,
    subscriptions: Vec<Subscription>,
    events: PlainEvents,
    suspicion: Rc<Notify>,
}

impl PlainLink {
    pub(super) fn new(
        config: RedisPlainConfig,
        subscriptions: Vec<Subscription>,
        events: PlainEvents,
        suspicion: Rc<Notify>,
    ) -> Self {
        PlainLink { config, subscriptions, events, suspicion }
    }

    /// Connects and reconnects until the listener has ended.
    pub(super) async fn keep(self) {
        let events = self.events.clone();
        tokio::select! {
            () = events.closed() => {}
            () = self.connect_again_and_again() => {}
        }
    }

    async fn connect_again_and_again(&self) {
        let server = self.config.server.addr();
        let mut attempt = Attempt::new();
        loop {
            let reason = match timeout(self.config.response_timeout, self.subscribe()).await {
                Ok(Ok((sink, stream))) => {
                    attempt.succeeded();
                    self.events.complete();
                    let error = self.listen(sink, stream).await;
                    self.suspicion.notify_one();
                    error.to_string()
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("no answer within {} ms", self.config.response_timeout.as_millis()),
            };
            attempt.failed("cannot listen", server, &reason).await;
        }
    }

    async fn subscribe(&self) -> RedisResult<(PubSubSink, PubSubStream)> {
        let (mut sink, stream) = self.config.client()?.get_async_pubsub().await?.split();
        for subscription in &self.subscriptions {
            match subscription {
                Subscription::Channel(channel) => sink.subscribe(&channel[..]).await?,
                Subscription::Prefix(prefix) => sink.psubscribe(pattern(prefix)).await?,
            }
        }
        Ok((sink, stream))
    }

    /// Forwards messages until the connection ends; returns the reason. The stream is drained without pause, so that
    /// nothing piles up before the bounded queue.
    async fn listen(&self, sink: PubSubSink, mut stream: PubSubStream) -> redis::RedisError {
        let mut probe = tokio::time::interval(self.config.probe_interval);
        probe.set_missed_tick_behavior(MissedTickBehavior::Delay); // a late probe must not be followed by a hasty one
        let (mut is_quiet, mut is_behind) = (false, false);
        let mut pong: Option<LocalBoxFuture<'static, RedisResult<Value>>> = None;
        loop {
            tokio::select! {
                message = stream.next() => {
                    let Some(message) = message else { return (ErrorKind::Io, "connection closed").into() };
                    is_quiet = false;
                    let Ok(channel) = message.get_channel::<Vec<u8>>() else { continue };
                    let payload = Bytes::copy_from_slice(message.get_payload_bytes());
                    let is_lost = self.events.message(Bytes::from(channel), payload) == QueueOutcome::Lost;
                    if is_lost && !is_behind {
                        log::warn!("messages arrive faster than they are processed, dropping some");
                    }
                    is_behind = is_lost;
                }
                _ = probe.tick() => {
                    if std::mem::replace(&mut is_quiet, true) {
                        if pong.is_some() {
                            return (ErrorKind::Io, "no answer to PING").into();
                        }
                        let mut sink = sink.clone();
                        pong = Some(async move { sink.ping().await }.boxed_local());
                    }
                }
                answer = async { pong.as_mut()?.await.into() }, if pong.is_some() => {
                    let answer: Option<RedisResult<Value>> = answer;
                    pong = None;
                    is_quiet = false;
                    if let Some(Err(error)) = answer {
                        return error;
                    }
                }
            }
        }
    }
}

/// A pattern that matches every channel with a prefix: special characters of Redis are escaped.
fn pattern(prefix: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(prefix.len() + 1);
    for byte in prefix {
        if b"*?[]^\\".contains(byte) {
            pattern.push(b'\\');
        }
        pattern.push(*byte);
    }
    pattern.push(b'*');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_with_signs_matches_only_itself() {
        assert_eq!(pattern(b"ws-hub:group-data:"), b"ws-hub:group-data:*");
        assert_eq!(pattern(br"a*b[c]?\:"), br"a\*b\[c\]\?\\:*");
    }
}
