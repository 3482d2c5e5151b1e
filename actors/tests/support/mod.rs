//! What the tests of the backends share.
#![allow(dead_code, unreachable_pub)] // every test file uses a part of it

pub mod certificates;
pub mod conformance;
pub mod fixture;
pub mod redis_broker;
pub mod redis_server;
pub mod switch;

use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// How long anything may take before a test fails: far more than it does on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a test as an actix arbiter would: one thread, local tasks.
pub fn run<F: Future<Output = ()>>(test: F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

/// Tries again until there is something, and fails the test when there is nothing for too long.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut attempt: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = attempt().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
