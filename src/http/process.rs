//! Memory, files and processor time of this process, under the usual Prometheus names.
//!
//! They are read from `/proc` at each scrape. On systems other than Linux nothing is reported.

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, IntGauge};
use std::fs;

/// Ticks per second in `/proc/<pid>/stat`: `USER_HZ`, a constant of the kernel's interface on every architecture for
/// which Rust builds servers.
const TICKS_PER_SECOND: f64 = 100.0;

/// A collector for the registry of `/metrics`.
pub struct ProcessMetrics {
    resident: IntGauge,
    open_files: IntGauge,
    processor: Counter,
}

impl ProcessMetrics {
    /// A collector that has read nothing yet.
    ///
    /// # Errors
    /// When a name is not a valid metric name: a mistake in this file.
    pub fn new() -> Result<Self, prometheus::Error> {
        Ok(ProcessMetrics {
            resident: IntGauge::new("process_resident_memory_bytes", "Resident memory size in bytes.")?,
            open_files: IntGauge::new("process_open_fds", "Number of open file descriptors.")?,
            processor: Counter::new("process_cpu_seconds_total", "User and system CPU time spent in seconds.")?,
        })
    }
}

impl Collector for ProcessMetrics {
    fn desc(&self) -> Vec<&Desc> {
        [self.resident.desc(), self.open_files.desc(), self.processor.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut families = Vec::new();
        if let Some(bytes) = fs::read_to_string("/proc/self/status").ok().as_deref().and_then(resident_bytes) {
            self.resident.set(bytes);
            families.extend(self.resident.collect());
        }
        if let Ok(entries) = fs::read_dir("/proc/self/fd") {
            // the directory itself is open while its entries are counted
            self.open_files.set(i64::try_from(entries.count().saturating_sub(1)).unwrap_or(i64::MAX));
            families.extend(self.open_files.collect());
        }
        if let Some(seconds) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(processor_seconds) {
            // two simultaneous scrapes may overtake each other; a counter must not decrease
            self.processor.inc_by((seconds - self.processor.get()).max(0.0));
            families.extend(self.processor.collect());
        }
        families
    }
}

/// `VmRSS` of `/proc/<pid>/status` (proc(5)), which is in kibibytes.
fn resident_bytes(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<i64>().ok()?.checked_mul(1024)
}

/// `utime` + `stime` of `/proc/<pid>/stat` (proc(5)): fields 14 and 15. The second field, the name in parentheses, may
/// contain spaces, so counting starts after its end.
fn processor_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut ticks = rest.split_ascii_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Some((ticks.next()?.ok()? + ticks.next()?.ok()?) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_is_read_by_its_manual() {
        assert_eq!(resident_bytes("Name:\thubwire\nVmRSS:\t   5120 kB\nThreads:\t3\n"), Some(5120 * 1024));
        let stat = "7 (a) b) c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 3 0 100 0 0";
        assert_eq!(processor_seconds(stat), Some(3.0));
        assert_eq!(resident_bytes(""), None);
        assert_eq!(processor_seconds("7 (x) S 1"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_memory_and_open_files() {
        let metrics = ProcessMetrics::new().unwrap();
        assert_eq!(metrics.collect().len(), 3);
        assert!(metrics.resident.get() > 0);
        assert!(metrics.open_files.get() > 2);
    }
}
