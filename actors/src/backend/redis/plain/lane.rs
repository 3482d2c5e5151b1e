//! Publishes in order, many in one round trip, on a connection that reconnects when it breaks.

use super::{Attempt, RedisPlainConfig};
use crate::backend::plain::{Attempts, PlainPublish};
use crate::backend::BackendError;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisResult, Value};
use std::collections::VecDeque;
use std::rc::Rc;
use tokio::sync::{mpsc, oneshot, Notify};

/// Publishes that are sent in one pipeline.
const BATCH_MAX: usize = 256;
/// Bytes of payload after which a pipeline is sent even if more wait.
const BATCH_BYTES: usize = 256 * 1024;

/// A publish, and the receiver of its outcome.
pub(super) struct Job {
    pub publish: PlainPublish,
    pub answer: oneshot::Sender<Result<u64, BackendError>>,
}

pub(super) struct PlainLane {
    config: RedisPlainConfig,
    queue: mpsc::Receiver<Job>,
    suspicion: Rc<Notify>,
    /// Publishes in flight and to be repeated, in order.
    batch: VecDeque<Job>,
}

impl PlainLane {
    pub(super) fn new(config: RedisPlainConfig, queue: mpsc::Receiver<Job>, suspicion: Rc<Notify>) -> Self {
        PlainLane { config, queue, suspicion, batch: VecDeque::new() }
    }

    /// Connects and reconnects until the task is aborted. Publishes that wait meanwhile stay in the queue.
    pub(super) async fn keep(mut self) {
        let mut attempt = Attempt::new();
        loop {
            let served = match self.connect().await {
                Ok(mut connection) => {
                    attempt.succeeded();
                    let served = self.serve(&mut connection).await;
                    if let Err(error) = &served {
                        self.give_up_unrepeatable(&error.to_string());
                    }
                    served
                }
                Err(error) => Err(error),
            };
            if let Err(error) = served {
                attempt.failed("cannot publish", self.config.server.addr(), &error).await;
            }
        }
    }

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let timeout = Some(self.config.response_timeout);
        let settings = AsyncConnectionConfig::new().set_connection_timeout(timeout).set_response_timeout(timeout);
        self.config.client()?.get_multiplexed_async_connection_with_config(&settings).await
    }

    /// Publishes until the connection breaks.
    async fn serve(&mut self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        loop {
            if self.batch.is_empty() {
                tokio::select! {
                    biased;
                    () = self.suspicion.notified() => {
                        redis::cmd("PING").exec_async(connection).await?;
                        continue;
                    }
                    job = self.queue.recv() => match job {
                        Some(job) => self.batch.push_back(job),
                        None => std::future::pending().await, // the bus is gone and aborts this task
                    },
                    () = tokio::time::sleep(self.config.probe_interval) => {
                        redis::cmd("PING").exec_async(connection).await?;
                        continue;
                    }
                }
            }
            self.fill();
            self.publish(connection).await?;
        }
    }

    /// Adds the publishes that are already waiting.
    fn fill(&mut self) {
        let mut bytes: usize = self.batch.iter().map(|job| job.publish.payload.len()).sum();
        while self.batch.len() < BATCH_MAX && bytes < BATCH_BYTES {
            let Ok(job) = self.queue.try_recv() else { return };
            bytes += job.publish.payload.len();
            self.batch.push_back(job);
        }
    }

    async fn publish(&mut self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        let mut pipeline = redis::Pipeline::with_capacity(self.batch.len());
        pipeline.ignore_errors(); // one that is refused must not hide the outcome of the others
        for Job { publish, .. } in &self.batch {
            pipeline.cmd("PUBLISH").arg(&publish.channel[..]).arg(&publish.payload[..]);
        }
        let outcomes: Vec<Value> = pipeline.query_async(connection).await?;
        for (job, outcome) in self.batch.drain(..).zip(outcomes) {
            let outcome = redis::from_redis_value::<u64>(outcome)
                .map_err(|error| BackendError::Refused { reason: error.to_string() });
            // the caller may have dropped its future
            let _ = job.answer.send(outcome);
        }
        Ok(())
    }

    /// Answers the publishes of the batch that may not be repeated: their outcome is unknown.
    fn give_up_unrepeatable(&mut self, reason: &str) {
        for job in std::mem::take(&mut self.batch) {
            match job.publish.attempts {
                Attempts::UntilTaken => self.batch.push_back(job),
                Attempts::One => {
                    // as above
                    let _ = job.answer.send(Err(BackendError::Unavailable { reason: reason.to_owned() }));
                }
            }
        }
    }
}
