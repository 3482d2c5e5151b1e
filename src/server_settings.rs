//! Settings of the socket layer, from the configuration, the machine and the certificates.

use crate::config::Config;
use crate::descriptors;
use crate::listener::{Door, TrustedProxies};
use crate::listener_tls::ListenerTls;
use crate::ws::{Compression, CompressionMetrics, ReaderLimits, ServerSettings, SocketSettings};
use arc_swap::ArcSwap;
use prometheus::Registry;
use std::sync::Arc;
use std::time::Duration;

/// Sockets of a node without a configured limit: more than a machine can hold.
const SOCKETS_UNBOUNDED: usize = 10_000_000;
/// Connections of one worker that are not sockets yet, if the limit of open files is unknown.
const HTTP_UNBOUNDED: usize = 1_000_000;

/// Compression of sockets, if enabled.
pub(crate) fn compression(config: &Config, registry: &Registry) -> Result<Option<Compression>, prometheus::Error> {
    let socket = &config.socket;
    if !socket.compression {
        return Ok(None);
    }
    let metrics = CompressionMetrics::new(registry)?;
    Ok(Some(Compression { min_bytes: socket.compression_min_bytes, level: socket.compression_level as u8, metrics }))
}

/// The settings of the public listener.
pub(crate) fn server_settings(
    config: &Config,
    tls: &ListenerTls,
    proxies: &Arc<ArcSwap<TrustedProxies>>,
) -> ServerSettings {
    let socket = &config.socket;
    let cores = std::thread::available_parallelism().map_or(2, |cores| cores.get());
    // the actors of the core thread need a processor, too
    let workers = if config.node.workers == 0 { (cores - 1).max(1) } else { config.node.workers };
    let wanted = if socket.max_connections == 0 { SOCKETS_UNBOUNDED } else { socket.max_connections };
    let shares = descriptors::limit().map(|limit| descriptors::shares(limit, workers));
    if let Some(shares) = shares.filter(|shares| shares.sockets < socket.max_connections) {
        log::warn!(
            "the limit of open files leaves room for {} of socket.max_connections={wanted}; raise it (ulimit -n)",
            shares.sockets
        );
    }
    let handshake_timeout = Duration::from_millis(socket.handshake_timeout_ms);
    ServerSettings {
        door: Door { tls: tls.public.clone(), proxies: proxies.clone(), timeout: handshake_timeout },
        workers,
        sockets_max: shares.map_or(wanted, |shares| shares.sockets.min(wanted)),
        http_connections_per_worker_max: shares.map_or(HTTP_UNBOUNDED, |shares| (shares.http / workers).max(1)),
        sockets_per_address_max: socket.max_connections_per_ip,
        request_timeout: handshake_timeout,
        keep_alive: Duration::from_millis(config.listen.keep_alive_ms),
        admit_timeout: handshake_timeout,
        socket: SocketSettings {
            limits: ReaderLimits { message_bytes_max: socket.max_message_bytes, fragments_max: socket.fragments_max },
            control_frames_per_second: socket.control_frames_per_second,
            message_timeout: Duration::from_millis(socket.message_timeout_ms),
            outbox_bytes_max: socket.outbox_bytes,
            close_timeout: Duration::from_millis(socket.close_timeout_ms),
            unacknowledged_timeout: Duration::from_millis(socket.tcp_user_timeout_ms.into()),
            ..SocketSettings::default()
        },
        ..ServerSettings::default()
    }
}
