//! The processor time and memory of the nodes on this machine, from `/proc` (proc(5)).

use super::error::BenchError;
use std::fs;
use std::io;
use std::time::Duration;

/// The processes of the nodes under test; none when they are on other machines.
#[derive(Debug, Clone, Default)]
pub struct Processes(Vec<u32>);

/// Their usage up to a moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Processor time.
    pub cpu: Duration,
    /// Private memory.
    pub private_bytes: u64,
}

impl Processes {
    /// Takes the process ids, and checks that their usage can be read.
    pub fn new(pids: Vec<u32>) -> Result<Self, BenchError> {
        let processes = Processes(pids);
        processes.usage()?;
        Ok(processes)
    }

    /// Their total usage until now; `None` when there are no processes.
    pub fn usage(&self) -> Result<Option<Usage>, BenchError> {
        let mut sum = Usage::default();
        for &pid in &self.0 {
            let failed = |error| BenchError::Process { pid, error };
            sum.cpu += cpu(pid).map_err(failed)?;
            sum.private_bytes += private_bytes(pid).map_err(failed)?;
        }
        Ok((!self.0.is_empty()).then_some(sum))
    }
}

/// Time on a processor, all threads together, in nanoseconds as the scheduler counts it: the clock ticks of
/// `/proc/<pid>/stat` are too coarse for a short run.
fn cpu(pid: u32) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // a thread that has ended has no file any more
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        nanoseconds += text.split_whitespace().next().and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanoseconds))
}

fn private_bytes(pid: u32) -> io::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let private = text.lines().filter(|line| line.starts_with("Private_"));
    Ok(private.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum::<u64>() * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something_and_one_that_is_not_there_is_an_error() {
        let usage = Processes::new(vec![std::process::id()]).unwrap().usage().unwrap().unwrap();
        assert!(usage.cpu > Duration::ZERO && usage.private_bytes > 10_000, "{usage:?}");
        assert!(Processes::default().usage().unwrap().is_none());
        assert!(Processes::new(vec![u32::MAX]).unwrap_err().to_string().contains("--pid"));
    }
}
