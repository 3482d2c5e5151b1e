//! A monotonic clock, which includes the time the machine was asleep if the system offers such a clock.

use std::time::Duration;

/// The time since an arbitrary moment in the past.
pub fn now() -> Duration {
    imp::now()
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod imp {
    use rustix::time::{clock_gettime, ClockId};
    use std::time::Duration;

    pub fn now() -> Duration {
        let time = clock_gettime(ClockId::Boottime);
        // counted from the start of the machine
        let (seconds, nanoseconds) = (time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs());
        Duration::from_secs(seconds) + Duration::from_nanos(nanoseconds)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod imp {
    use std::sync::OnceLock;
    use std::time::Duration;
    use tokio::time::Instant;

    pub fn now() -> Duration {
        static BEGUN: OnceLock<Instant> = OnceLock::new();
        BEGUN.get_or_init(Instant::now).elapsed()
    }
}
