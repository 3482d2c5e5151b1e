//! Waiting without sleeping for a guess: ask again until it holds, or fail at the deadline.

use std::time::Duration;

/// How long anything may take on a slow, busy machine before a test fails. A Redis Sentinel that noticed that it did
/// not run for two seconds does nothing for thirty ("TILT mode").
pub const DEADLINE: Duration = Duration::from_secs(90);
/// How long to wait between two questions.
pub const POLL: Duration = Duration::from_millis(20);

/// Asks until the condition is true; at the deadline it panics with the condition's text, or with the message given.
/// The condition may `.await`.
#[macro_export]
macro_rules! assert_eventually {
    ($condition:expr) => {
        assert_eventually!($condition, "{}", stringify!($condition))
    };
    ($condition:expr, $($message:tt)+) => {{
        let deadline = tokio::time::Instant::now() + $crate::support::eventually::DEADLINE;
        while !$condition {
            assert!(tokio::time::Instant::now() < deadline, "not within the deadline: {}", format_args!($($message)+));
            tokio::time::sleep($crate::support::eventually::POLL).await;
        }
    }};
}
