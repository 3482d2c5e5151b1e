//! Delivers the events of one log to the application.

use super::printed::batch;
use super::{BatchOutcome, CourierSettings, EventMetrics, EventSink};
use crate::backend::{Backend, StoredEvent, TakenEvents};
use crate::complaint::Complaint;
use crate::environment::Environment;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// The pause before a request that the broker did not answer is repeated.
const BROKER_PAUSE: Duration = Duration::from_secs(1);

/// The courier of one log; see the module.
pub(super) struct Courier {
    pub partition: u8,
    pub backend: Rc<dyn Backend>,
    pub sink: Arc<dyn EventSink>,
    pub settings: Rc<CourierSettings>,
    pub environment: Environment,
    pub metrics: EventMetrics,
}

/// Another node holds the log, or its holder is unknown.
struct Lost;

impl Courier {
    pub async fn run(self) {
        let not_taken = Complaint::default();
        loop {
            match self.take(self.settings.batch_max).await {
                Ok(Some(TakenEvents { events, .. })) if !events.is_empty() => {
                    // without the hold the only thing to do is to ask for it again
                    let _ = self.bring(events, &not_taken).await;
                }
                Ok(Some(_)) => sleep(self.settings.poll).await,
                Ok(None) => sleep(self.settings.hold / 4).await,
                Err(Lost) => sleep(BROKER_PAUSE).await,
            }
        }
    }

    async fn take(&self, limit: usize) -> Result<Option<TakenEvents>, Lost> {
        let CourierSettings { hold, batch_bytes, .. } = *self.settings;
        let taken = self.backend.take_events(self.partition, hold, limit, batch_bytes).await;
        let taken = taken.map_err(|error| {
            log::debug!("cannot take server events log={} error={error}", self.partition);
            Lost
        })?;
        let waiting = self.metrics.waiting.with_label_values(&[&self.partition.to_string()]);
        match &taken {
            Some(taken) => {
                waiting.set(taken.waiting as i64);
                self.metrics.lost.set(taken.lost as i64);
            }
            None => waiting.set(0),
        }
        Ok(taken)
    }

    /// Delivers a batch, with retries. If the batch is refused, its events are delivered one by one, so that only
    /// refused events go to the dead letters.
    async fn bring(&self, mut events: Vec<StoredEvent>, not_taken: &Complaint) -> Result<(), Lost> {
        let mut pause = self.settings.retry_min;
        let mut one_by_one = false;
        while !events.is_empty() {
            let count = if one_by_one { 1 } else { events.len() };
            let body = batch(self.partition, &events[..count]);
            match self.holding(self.sink.deliver(body.into())).await? {
                BatchOutcome::Taken => {
                    self.settle(&events[count - 1]).await?;
                    self.metrics.delivered.with_label_values(&["taken"]).inc_by(count as u64);
                    events.drain(..count);
                    (pause, one_by_one) = (self.settings.retry_min, one_by_one && !events.is_empty());
                    not_taken.end();
                }
                BatchOutcome::Refused(reason) if count == 1 => {
                    log::warn!(
                        "the application refuses a server event, see the dead letters log={} error={reason}",
                        self.partition
                    );
                    self.bury(&events[0]).await?;
                    events.remove(0);
                }
                BatchOutcome::Refused(_) => one_by_one = true,
                BatchOutcome::Failed(reason) => {
                    if let Some(times) = not_taken.due() {
                        let (log, waiting) = (self.partition, events.len());
                        log::warn!(
                            "server events are not accepted log={log} batch={waiting} times={times} error={reason}"
                        );
                    }
                    if self.is_too_old(&events[0]) {
                        self.bury(&events[0]).await?;
                        events.remove(0);
                        continue;
                    }
                    self.holding(sleep(self.jittered(pause))).await?;
                    pause = (2 * pause).min(self.settings.retry_max);
                    // a user may have been erased meanwhile
                    events = self.take(self.settings.batch_max).await?.ok_or(Lost)?.events;
                }
            }
        }
        Ok(())
    }

    /// Waits for a future while extending the hold on the log.
    async fn holding<T>(&self, work: impl Future<Output = T>) -> Result<T, Lost> {
        tokio::pin!(work);
        loop {
            match tokio::time::timeout(self.settings.hold / 3, &mut work).await {
                Ok(done) => return Ok(done),
                Err(_) => drop(self.take(0).await?.ok_or(Lost)?),
            }
        }
    }

    async fn settle(&self, last: &StoredEvent) -> Result<(), Lost> {
        self.still_mine(self.backend.settle_events(self.partition, last.place.clone()).await)
    }

    async fn bury(&self, event: &StoredEvent) -> Result<(), Lost> {
        self.metrics.delivered.with_label_values(&["buried"]).inc();
        self.still_mine(self.backend.bury_events(self.partition, event.place.clone()).await)
    }

    fn still_mine(&self, settled: Result<bool, crate::backend::BackendError>) -> Result<(), Lost> {
        match settled {
            Ok(true) => Ok(()),
            Ok(false) => Err(Lost),
            Err(error) => {
                log::debug!("cannot remove server events log={} error={error}", self.partition);
                Err(Lost)
            }
        }
    }

    fn is_too_old(&self, event: &StoredEvent) -> bool {
        let written_ms = event.place.split('-').next().and_then(|ms| ms.parse::<u64>().ok()).unwrap_or(0);
        let age_ms = self.environment.unix_ms().saturating_sub(written_ms);
        u128::from(age_ms) > self.settings.keep.as_millis()
    }

    /// Shorter by up to a quarter, at random, so that the couriers do not all come at the same time.
    fn jittered(&self, pause: Duration) -> Duration {
        let part = (self.environment.nonce() % 256) as u32;
        pause - pause / 4 * part / 256
    }
}
