//! Watches the memory of the servers, so that appends stop before the broker refuses everything, leases included.

use super::wires::{Shard, Wires};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::Instant;

/// Interval between two checks of the servers.
const LOOK: Duration = Duration::from_secs(1);
/// Interval between two log lines about a broker that stays full.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(10);

/// The observed memory, and whether a server is above the watermark.
#[derive(Default)]
pub(super) struct Watermark {
    above: AtomicBool,
}

/// The memory of a server, in bytes. A limit of 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    pub used: u64,
    pub max: u64,
}

impl Watermark {
    /// Whether to refuse appends.
    pub(super) fn is_above(&self) -> bool {
        self.above.load(Relaxed)
    }

    /// Checks the servers periodically, until the task is aborted. A server whose ACL hides its memory never counts as
    /// full.
    pub(super) async fn keep(self: Rc<Self>, wires: Rc<Wires>) {
        let (bytes_max, percent) = (wires.config.memory_bytes_max, wires.config.memory_watermark_percent);
        let mut complained: Option<Instant> = None;
        loop {
            let (mut above, mut fullest) = (None, Memory { used: 0, max: 0 });
            for shard in wires.shards() {
                let Some(memory) = ask(&shard, bytes_max).await else { continue };
                if memory.used >= fullest.used {
                    fullest = memory;
                }
                if memory.is_above(percent) {
                    above = Some((shard.name.clone(), memory));
                }
            }
            wires.stats.note_memory(fullest.used, fullest.max);
            match &above {
                Some((server, memory)) if complained.is_none_or(|at| at.elapsed() >= COMPLAINT_INTERVAL) => {
                    complained = Some(Instant::now());
                    log::warn!(
                        "the broker's memory is above broker.memory_watermark_percent={percent}, so nothing is stored \
                         server={server} used={} of={}",
                        memory.used,
                        memory.max
                    );
                }
                Some(_) => {}
                None if complained.take().is_some() => log::info!("the broker has memory again, storing resumes"),
                None => {}
            }
            self.above.store(above.is_some(), Relaxed);
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Memory {
    pub fn is_above(self, percent: u64) -> bool {
        self.max > 0 && u128::from(self.used) * 100 >= u128::from(self.max) * u128::from(percent)
    }

    pub fn read(info: &str, bytes_max: u64) -> Option<Memory> {
        let field = |name: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.trim().parse::<u64>().ok()
        };
        let max = if bytes_max > 0 { bytes_max } else { field("maxmemory").unwrap_or(0) };
        Some(Memory { used: field("used_memory")?, max })
    }
}

async fn ask(shard: &Shard, bytes_max: u64) -> Option<Memory> {
    let info: String = redis::cmd("INFO").arg("memory").query_async(&mut shard.query.clone()).await.ok()?;
    Memory::read(&info, bytes_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_a_part_of_what_the_server_or_the_configuration_allows() {
        let info = "# Memory\r\nused_memory:900\r\nused_memory_rss:5000\r\nmaxmemory:1000\r\n";
        let memory = Memory::read(info, 0).unwrap();
        assert_eq!(memory, Memory { used: 900, max: 1000 });
        assert!(memory.is_above(90) && !memory.is_above(91));
        assert!(!Memory::read(info, 2000).unwrap().is_above(90));
        assert!(!Memory::read("used_memory:900\r\nmaxmemory:0\r\n", 0).unwrap().is_above(1), "no bound");
        assert_eq!(Memory::read("", 0), None);
    }
}
