//! How the connected servers are: their clock, their memory, their replicas. Asked now and then.

use super::stats::BackendStats;
use super::wires::{Shard, Wires};
use crate::complaint::Complaint;
use redis::aio::MultiplexedConnection;
use redis::{RedisResult, Value};
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::Instant;

/// Memory is asked for with every so many looks.
const MEMORY_EVERY: u64 = 5;
/// From this share of `maxmemory` on it is a matter for the operator.
const MEMORY_PERCENT_MAX: u64 = 80;
/// By how much the clocks may differ. Positions of new logs and times of publications come from the one or the other.
const SKEW_MS_MAX: i64 = 1000;
/// How long replicas may take to say that they are there.
const REPLICAS_PATIENCE: Duration = Duration::from_millis(200);

/// What was seen of the servers, and what was said of it.
#[derive(Default)]
struct Vitals {
    clock: Complaint,
    memory: Complaint,
    replicas: Complaint,
}

impl Wires {
    /// Looks after the connected servers until the task is aborted.
    pub(super) async fn look_after(self: Rc<Self>) {
        let vitals = Vitals::default();
        let mut looks = tokio::time::interval(self.config.probe_interval);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for look in 0u64.. {
            looks.tick().await;
            let mut percent = 0;
            for shard in self.shards() {
                // a connection that fails is noticed by whoever needs it
                let _ = self.look_at_clock(&shard, &vitals).await;
                if self.config.replicas_acked > 0 {
                    let _ = self.look_at_replicas(&shard, &vitals).await;
                }
                if look % MEMORY_EVERY == 0 {
                    percent = percent.max(memory_percent(&mut shard.query.clone()).await);
                }
            }
            if look % MEMORY_EVERY == 0 {
                self.note_memory(percent, &vitals);
            }
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

    /// Whether as many replicas are there as have to confirm.
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

    fn note_memory(&self, percent: u64, vitals: &Vitals) {
        self.stats.memory_percent.store(percent, Relaxed);
        if percent <= MEMORY_PERCENT_MAX {
            vitals.memory.end();
        } else if vitals.memory.due().is_some() {
            log::warn!(
                "the memory of the broker is nearly full; when it is, nothing is stored any more: raise maxmemory or \
                 lower the retention of streams used_percent={percent}"
            );
        }
    }

    /// Notes whether the broker takes writes.
    pub(super) fn note_writes(&self, refused: Option<&str>) {
        match refused {
            None if self.stats.refuses_writes() => {
                self.stats.writes_refused.store(0, Relaxed);
                self.refusals.end();
                log::info!("the broker takes writes again");
            }
            None => {}
            Some(reason) => {
                self.stats.writes_refused.store(1, Relaxed);
                if let Some(times) = self.refusals.due() {
                    log::error!(
                        "the broker takes no writes, so nothing is stored; free its memory (maxmemory), or see why it \
                         cannot save: {reason} times={times}"
                    );
                }
            }
        }
    }
}

/// Used memory in percent of its bound; 0 without a bound, or where the ACL forbids the question.
async fn memory_percent(connection: &mut MultiplexedConnection) -> u64 {
    let info: RedisResult<Value> = redis::cmd("INFO").arg("memory").query_async(connection).await;
    let info: String = info.ok().and_then(|info| redis::from_redis_value(info).ok()).unwrap_or_default();
    let field = |name: &str| -> Option<u64> {
        info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.trim().parse().ok()
    };
    match (field("used_memory"), field("maxmemory")) {
        (Some(used), Some(max @ 1..)) => used.saturating_mul(100) / max,
        _ => 0,
    }
}

impl BackendStats {
    /// Whether the broker refuses what is to be stored.
    pub fn refuses_writes(&self) -> bool {
        self.writes_refused.load(Relaxed) == 1
    }
}
