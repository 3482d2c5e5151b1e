//! The condition of the connected servers: clock, memory, replicas. Checked periodically.

use super::stats::BackendStats;
use super::wires::{Shard, Wires};
use crate::complaint::Complaint;
use redis::aio::MultiplexedConnection;
use redis::RedisResult;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::Instant;

/// Above this share of `maxmemory` the node warns the operator.
const MEMORY_PERCENT_MAX: u64 = 80;
/// Tolerated difference of the clocks. Positions of new logs and times of publications come from one or the other.
const SKEW_MS_MAX: i64 = 1000;
/// How long replicas may take to confirm that they are connected.
const REPLICAS_PATIENCE: Duration = Duration::from_millis(200);

/// The latest observations, and which of them were logged.
#[derive(Default)]
struct Vitals {
    clock: Complaint,
    memory: Complaint,
    replicas: Complaint,
}

impl Wires {
    /// Checks the connected servers until the task is aborted.
    pub(super) async fn look_after(self: Rc<Self>) {
        let vitals = Vitals::default();
        let mut looks = tokio::time::interval(self.config.probe_interval);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            for shard in self.shards() {
                // a caller that needs the connection notices when it fails
                let _ = self.look_at_clock(&shard, &vitals).await;
                if self.config.replicas_acked > 0 {
                    let _ = self.look_at_replicas(&shard, &vitals).await;
                }
            }
            self.note_memory(&vitals);
        }
    }

    async fn look_at_clock(&self, shard: &Shard, vitals: &Vitals) -> RedisResult<()> {
        let (asked, asked_ms) = (Instant::now(), self.environment.unix_ms() as i64);
        let (seconds, micros): (i64, i64) = redis::cmd("TIME").query_async(&mut shard.query.clone()).await?;
        let halfway_ms = asked_ms + asked.elapsed().as_millis() as i64 / 2;
        let ahead_ms = seconds * 1000 + micros / 1000 - halfway_ms;
        self.stats.clock_ahead_ms.store(ahead_ms, Relaxed);
        if ahead_ms.abs() <= SKEW_MS_MAX {
            vitals.clock.end();
        } else if vitals.clock.due().is_some() {
            log::warn!(
                "the clock of the broker differs from this machine's by more than a second, so times and the expiry of \
                 tokens are off; synchronise both (NTP) server={} broker_ahead_ms={ahead_ms}",
                shard.name
            );
        }
        Ok(())
    }

    /// Returns how many replicas confirm.
    pub(super) async fn look_for_replicas(&self, query: &mut MultiplexedConnection) -> RedisResult<usize> {
        let patience = REPLICAS_PATIENCE.min(self.config.wait_timeout).as_millis() as u64;
        redis::cmd("WAIT").arg(self.config.replicas_acked).arg(patience).query_async(query).await
    }

    async fn look_at_replicas(&self, shard: &Shard, vitals: &Vitals) -> RedisResult<()> {
        let (there, wanted) = (self.look_for_replicas(&mut shard.query.clone()).await?, self.config.replicas_acked);
        shard.replicas.set(there);
        if there >= wanted {
            vitals.replicas.end();
        } else if vitals.replicas.due().is_some() {
            log::error!(
                "too few replicas confirm, so nothing can be stored; bring them back or lower broker.wait_replicas \
                 server={} replicas={there} wanted={wanted}",
                shard.name
            );
        }
        Ok(())
    }

    /// Logs the memory that the watermark observed last.
    fn note_memory(&self, vitals: &Vitals) {
        let (used, max) = (self.stats.memory_used.load(Relaxed), self.stats.memory_max.load(Relaxed));
        let percent = used.saturating_mul(100).checked_div(max).unwrap_or(0);
        if percent <= MEMORY_PERCENT_MAX {
            vitals.memory.end();
        } else if vitals.memory.due().is_some() {
            log::warn!(
                "the memory of the broker is nearly full; when it is, nothing is stored any more: raise maxmemory or \
                 lower the retention of streams used_percent={percent}"
            );
        }
    }

    /// Records whether the broker accepts writes.
    pub(super) fn note_writes(&self, refused: Option<&str>) {
        match refused {
            None if self.stats.refuses_writes() => {
                self.stats.writes_refused.store(0, Relaxed);
                self.refusals.end();
                log::info!("the broker accepts writes again");
            }
            None => {}
            Some(reason) => {
                self.stats.writes_refused.store(1, Relaxed);
                if let Some(times) = self.refusals.due() {
                    log::error!(
                        "the broker accepts no writes, so nothing is stored; free its memory (maxmemory), or see why \
                         it cannot save: {reason} times={times}"
                    );
                }
            }
        }
    }
}

impl BackendStats {
    /// Whether the broker refuses to store anything.
    pub fn refuses_writes(&self) -> bool {
        self.writes_refused.load(Relaxed) == 1
    }
}
