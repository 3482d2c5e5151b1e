//! From the queue of spans to the collector, in batches.

use super::otlp::{self, Resource};
use crate::application::{Answer, Client, Failed};
use bytes::Bytes;
use hubwire_actors::trace::Span;
use hyper::{HeaderMap, StatusCode, Uri};
use prometheus::IntCounter;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How often a batch is sent before it is dropped.
const ATTEMPTS: u32 = 3;
/// The pause before the second attempt; the next one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);
/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The exporter; see the module.
pub(super) struct Exporter {
    pub client: Client,
    pub url: Uri,
    pub resource: Resource,
    /// Time limit for the collector's answer.
    pub timeout: Duration,
    /// Most spans of a batch.
    pub batch_max: usize,
    /// How long a batch waits for further spans.
    pub interval: Duration,
    pub sent: IntCounter,
    pub failed: IntCounter,
}

/// Why the collector has not accepted a batch.
enum Refused {
    /// It may accept it later.
    Now(String),
    /// It never will.
    ForGood(String),
}

impl Exporter {
    /// Sends until the queue is empty after `end`.
    pub async fn run(self, mut spans: mpsc::Receiver<Span>, mut end: oneshot::Receiver<()>) {
        let (mut batch, mut ends, mut fails) = (Vec::new(), false, false);
        loop {
            tokio::select! {
                count = spans.recv_many(&mut batch, self.batch_max) => if count == 0 { return },
                _ = &mut end, if !ends => {
                    ends = true;
                    spans.close();
                    continue;
                }
            }
            if !ends {
                tokio::select! {
                    () = self.fill(&mut batch, &mut spans) => {}
                    () = tokio::time::sleep(self.interval) => {}
                    _ = &mut end => {
                        ends = true;
                        spans.close();
                    }
                }
            }
            let count = batch.len() as u64;
            let outcome = self.send(otlp::request(&self.resource, &batch).into()).await;
            batch.clear();
            self.count(count, &outcome);
            say_once(&mut fails, &self.url, outcome.err());
        }
    }

    async fn fill(&self, batch: &mut Vec<Span>, spans: &mut mpsc::Receiver<Span>) {
        while batch.len() < self.batch_max {
            let room = self.batch_max - batch.len();
            if spans.recv_many(batch, room).await == 0 {
                return;
            }
        }
    }

    /// Returns how many spans the collector has rejected.
    async fn send(&self, body: Bytes) -> Result<u64, String> {
        let mut pause = PAUSE;
        for attempt in 1.. {
            match self.attempt(body.clone()).await {
                Ok(rejected) => return Ok(rejected),
                Err(Refused::Now(_)) if attempt < ATTEMPTS => tokio::time::sleep(pause).await,
                Err(Refused::Now(reason) | Refused::ForGood(reason)) => return Err(reason),
            }
            pause *= 2;
        }
        Ok(0) // not reached: the last attempt returns
    }

    async fn attempt(&self, body: Bytes) -> Result<u64, Refused> {
        let call = self.client.post(self.url.clone(), HeaderMap::new(), body, ANSWER_BYTES_MAX);
        let Answer { status, body, .. } = match tokio::time::timeout(self.timeout, call).await {
            Err(_) => return Err(Refused::Now("it did not answer in time".into())),
            Ok(Err(Failed::Unreachable(reason))) => return Err(Refused::Now(reason)),
            // it answered, if at length
            Ok(Err(Failed::TooLong)) => return Ok(0),
            Ok(Ok(answer)) => answer,
        };
        let reason = || format!("it answered {status}");
        match status {
            status if status.is_success() => Ok(otlp::rejected(&body)),
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Err(Refused::Now(reason())),
            _ => Err(Refused::ForGood(reason())),
        }
    }

    fn count(&self, count: u64, outcome: &Result<u64, String>) {
        let failed = outcome.as_ref().map_or(count, |rejected| count.min(*rejected));
        self.failed.inc_by(failed);
        self.sent.inc_by(count - failed);
    }
}

/// Logs when the collector starts to refuse and when it accepts spans again, not for every batch.
fn say_once(fails: &mut bool, url: &Uri, error: Option<String>) {
    match (std::mem::replace(fails, error.is_some()), error) {
        (false, Some(error)) => {
            log::warn!("spans are lost: the collector does not take them url={url} error={error}");
        }
        (true, None) => log::info!("the collector takes spans again url={url}"),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
