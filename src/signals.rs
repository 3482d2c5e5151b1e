//! What the system asks of a node by signals.

use tokio::signal::unix::{signal, SignalKind};

/// Takes the signal that would end the process without a drain: a terminal that closes sends it, and so do those who
/// expect a configuration to be read again.
pub(crate) fn ignore_hangup() {
    actix_rt::spawn(async {
        let Ok(mut hangup) = signal(SignalKind::hangup()) else {
            return log::error!("cannot listen for SIGHUP: it ends the node without a drain");
        };
        while hangup.recv().await.is_some() {
            log::warn!("SIGHUP is ignored: the configuration is read at start only; SIGTERM drains and ends the node");
        }
    });
}

/// Returns at the signal that ends a node.
pub(crate) async fn wait_for_signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        log::error!("cannot listen for signals: the node drains by POST /v1/drain only");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
