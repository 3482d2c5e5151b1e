//! Puts the parts of a node together and runs it.

use crate::config::Loaded;

/// How a node is run, beside its configuration.
#[derive(Debug, Clone, Default)]
pub struct ServeOptions {
    /// Development mode.
    pub dev: bool,
    /// Path of a WebSocket echo.
    pub echo_path: Option<String>,
}

/// Why a node could not run.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The actors are not part of this build.
    #[error("this build cannot run a node")]
    NotBuilt,
}

/// Runs a node until it has drained.
pub fn run(_: Loaded, _: ServeOptions) -> Result<(), NodeError> {
    Err(NodeError::NotBuilt)
}
