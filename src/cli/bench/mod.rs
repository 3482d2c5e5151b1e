//! `hubwire bench`: puts a load on nodes, checks every delivery, and prints what was measured.

mod load;
mod scenario;
mod target;

use super::error::CliError;
use super::terminal::Terminal;
use crate::bench::{BenchError, Report, Stop, Target};
use clap::Args;
use scenario::Scenario;
use std::future::Future;
pub use target::TargetArguments;
use tokio::task::LocalSet;

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub struct Bench {
    #[command(subcommand)]
    scenario: Scenario,
}

impl Bench {
    /// Runs a scenario and prints its report, even if it ended early.
    pub async fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let target = self.scenario.target().build(!terminal.is_json())?;
        let report = LocalSet::new().run_until(self.scenario.run(target)).await?;
        terminal.result(&report.document(), report.text())?;
        Ok(report.verdict()?)
    }
}

/// Runs until the end, or until it is interrupted.
async fn interruptible<F>(run: impl FnOnce(Target, Stop) -> F, target: Target) -> Result<Report, BenchError>
where
    F: Future<Output = Result<Report, BenchError>>,
{
    let stop = Stop::default();
    let interrupted = stop.clone();
    tokio::task::spawn_local(async move {
        // without a handler, an interrupt ends the process anyway
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.interrupt();
        }
    });
    run(target, stop).await
}
