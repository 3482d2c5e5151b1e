//! One URL of the application, called for one purpose.
//!
//! | bound | beyond it |
//! |---|---|
//! | `timeout`, from the call to the last byte of the answer | [`CallError::Timeout`] |
//! | `concurrency_max` calls in flight, as many again waiting | [`CallError::Overloaded`] at once |
//! | `failures_max` failures in a row | [`CallError::Paused`] at once, until the pause is over |
//! | `answer_bytes_max` bytes of the answer | [`CallError::Unreachable`] |

use super::breaker::Breaker;
use super::client::{Answer, Client, Failed};
use super::signature::{Signer, HEADER};
use bytes::Bytes;
use hubwire_actors::environment::Environment;
use hyper::{HeaderMap, StatusCode, Uri};
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Settings that all targets share.
#[derive(Clone)]
pub struct TargetSettings {
    /// Calls in flight, per target.
    pub concurrency_max: usize,
    /// Failures in a row after which a target gets no calls for a while.
    pub failures_max: u32,
    /// The duration of that pause.
    pub pause: Duration,
    /// Longest body of an answer.
    pub answer_bytes_max: usize,
    /// Signs the requests.
    pub signer: Signer,
    /// The clock of signatures.
    pub environment: Environment,
    /// Counts the outcomes of calls.
    pub metrics: CallMetrics,
}

/// Outcomes of calls, by purpose.
#[derive(Clone)]
pub struct CallMetrics {
    calls: IntCounterVec,
    seconds: HistogramVec,
}

impl CallMetrics {
    /// Registers them.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let calls = Opts::new(
            "hubwire_application_calls_total",
            "Requests to the application, by purpose and outcome: ok (2xx), refused (4xx), failed (5xx or no answer), \
             timeout, overloaded (not made: too many under way), paused (not made: the last ones failed).",
        );
        let seconds = HistogramOpts::new(
            "hubwire_application_call_seconds",
            "How long requests to the application took, by purpose.",
        );
        let metrics = CallMetrics {
            calls: IntCounterVec::new(calls, &["purpose", "outcome"])?,
            seconds: HistogramVec::new(seconds, &["purpose"])?,
        };
        registry.register(Box::new(metrics.calls.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        Ok(metrics)
    }
}

/// A target; see the module.
pub struct Target {
    client: Client,
    settings: TargetSettings,
    purpose: &'static str,
    uri: Uri,
    timeout: Duration,
    under_way: Semaphore,
    /// Calls in flight and waiting.
    calls: AtomicUsize,
    breaker: Breaker,
}

/// An answer, with any status.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// Why there is no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It did not come in time. The application may have carried the call out.
    #[error("the application did not answer in time")]
    Timeout,
    /// No connection, it broke, or the answer is too long.
    #[error("the application cannot be reached: {0}")]
    Unreachable(String),
    /// As many calls as allowed are in flight.
    #[error("too many requests to the application are under way")]
    Overloaded,
    /// The last calls failed, so this one was not made.
    #[error("the application failed several times in a row and is left alone for {} ms", .0.as_millis())]
    Paused(Duration),
    /// An answer with status 5xx.
    #[error("the application answered {0}")]
    Failed(StatusCode),
}

impl Target {
    /// A target at `uri`.
    pub fn new(client: Client, settings: TargetSettings, purpose: &'static str, uri: Uri, timeout: Duration) -> Self {
        let under_way = Semaphore::new(settings.concurrency_max);
        let breaker = Breaker::new(settings.failures_max, settings.pause);
        Target { client, settings, purpose, uri, timeout, under_way, calls: AtomicUsize::new(0), breaker }
    }

    /// Makes a call; it continues when the future is dropped. May be awaited on any thread.
    pub async fn call(self: &Arc<Self>, headers: HeaderMap, body: Bytes) -> Result<Reply, CallError> {
        let outcome = match Turn::take(self) {
            Some(turn) => {
                let call = self.client.spawn(async move { turn.run(headers, body).await });
                // if the thread has ended, so has the node
                call.await.unwrap_or_else(|error| Err(CallError::Unreachable(error.to_string())))
            }
            None => Err(CallError::Overloaded),
        };
        let label = match &outcome {
            Ok(reply) if reply.status.is_success() => "ok",
            Ok(_) => "refused",
            Err(CallError::Timeout) => "timeout",
            Err(CallError::Overloaded) => "overloaded",
            Err(CallError::Paused(_)) => "paused",
            Err(CallError::Unreachable(_) | CallError::Failed(_)) => "failed",
        };
        self.settings.metrics.calls.with_label_values(&[self.purpose, label]).inc();
        outcome
    }

    async fn send(&self, mut headers: HeaderMap, body: Bytes) -> Result<Reply, CallError> {
        let now_s = self.settings.environment.unix_ms() / 1000;
        if let Some(value) = self.settings.signer.sign(now_s, &body).and_then(|value| value.parse().ok()) {
            headers.insert(HEADER, value);
        }
        let timer = self.settings.metrics.seconds.with_label_values(&[self.purpose]).start_timer();
        let answer = self.client.post(self.uri.clone(), headers, body, self.settings.answer_bytes_max).await;
        timer.observe_duration();
        match answer {
            Ok(Answer { status, .. }) if status.is_server_error() => Err(CallError::Failed(status)),
            Ok(Answer { status, headers, body }) => Ok(Reply { status, headers, body }),
            Err(Failed::Unreachable(reason)) => Err(CallError::Unreachable(reason)),
            Err(Failed::TooLong) => {
                let max = self.settings.answer_bytes_max;
                Err(CallError::Unreachable(format!("its answer has more than {max} bytes")))
            }
        }
    }

    /// Logs once that the breaker has opened, not with every refused call.
    fn is_over(&self, outcome: &Result<Reply, CallError>) {
        if let (true, Err(error)) = (self.breaker.leave(Instant::now(), outcome.is_ok()), outcome) {
            let (purpose, uri, pause_ms) = (self.purpose, &self.uri, self.settings.pause.as_millis());
            log::warn!(
                "the application failed several times in a row purpose={purpose} url={uri} pause_ms={pause_ms} \
                 error={error}"
            );
        }
    }
}

/// Counts one call among those in flight and waiting.
struct Turn(Arc<Target>);

impl Turn {
    fn take(target: &Arc<Target>) -> Option<Turn> {
        let turn = Turn(target.clone());
        let before = target.calls.fetch_add(1, SeqCst);
        (before < 2 * target.settings.concurrency_max).then_some(turn)
    }

    async fn run(self, headers: HeaderMap, body: Bytes) -> Result<Reply, CallError> {
        let target = &self.0;
        let made = async {
            // the semaphore is never closed
            let _permit = target.under_way.acquire().await;
            target.breaker.enter(Instant::now()).map_err(CallError::Paused)?;
            let mut entered = Entered { target, is_over: false };
            let outcome = target.send(headers, body).await;
            entered.over(&outcome);
            outcome
        };
        tokio::time::timeout(target.timeout, made).await.unwrap_or(Err(CallError::Timeout))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, SeqCst);
    }
}

/// A call that the breaker permitted: it is told of the end, even after the timeout.
struct Entered<'a> {
    target: &'a Target,
    is_over: bool,
}

impl Entered<'_> {
    fn over(&mut self, outcome: &Result<Reply, CallError>) {
        self.is_over = true;
        self.target.is_over(outcome);
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.over(&Err(CallError::Timeout));
        }
    }
}
