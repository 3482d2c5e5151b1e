//! Settings of the socket layer.

use super::deflate::Compression;
use super::frame_reader::ReaderLimits;
use crate::listener::Door;
use std::time::Duration;

/// Settings of each socket; one copy per worker is shared by its sockets.
#[derive(Debug, Clone)]
pub struct SocketSettings {
    /// Limits of the reader.
    pub limits: ReaderLimits,
    /// Compression for clients that offer it; absent: offers are ignored.
    pub compression: Option<Compression>,
    /// Most ping, pong and close frames per second from one peer, judged over half a minute; 0 = no bound. More are
    /// refused with 4429, or with 4100 when they came at once.
    pub control_frames_per_second: u32,
    /// Most time from the first byte of a message to its last; a slower peer is ended with 4001.
    pub message_timeout: Duration,
    /// Most bytes that wait to be written, each frame counted with its bookkeeping.
    pub outbox_bytes_max: usize,
    /// Most time from a close frame to the end of the connection.
    pub close_timeout: Duration,
    /// Most time the connection outlives a finished close handshake, while the peer has not ended its side.
    pub linger: Duration,
    /// Unacknowledged data for this long ends the connection (`TCP_USER_TIMEOUT`); zero: never.
    pub unacknowledged_timeout: Duration,
}

impl Default for SocketSettings {
    fn default() -> Self {
        SocketSettings {
            limits: ReaderLimits { message_bytes_max: 64 * 1024, fragments_max: 1024 },
            compression: None,
            control_frames_per_second: 100,
            message_timeout: Duration::from_secs(30),
            outbox_bytes_max: 64 * 1024,
            close_timeout: Duration::from_secs(1),
            linger: Duration::from_millis(50),
            unacknowledged_timeout: Duration::from_secs(30),
        }
    }
}

/// Settings of the server.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// The steps of a connection before HTTP.
    pub door: Door,
    /// Threads that serve connections; 1: the calling thread.
    pub workers: usize,
    /// HTTP connections per worker; upgraded sockets do not count.
    pub http_connections_per_worker_max: usize,
    /// Open sockets of the node; further ones are refused with 503.
    pub sockets_max: usize,
    /// Sockets open at once from one address (IPv6: one /64 network), 0 = no bound; more are refused with 429. Behind
    /// a load balancer it is the load balancer's address unless the door trusts it.
    pub sockets_per_address_max: usize,
    /// A connection without a complete request head after this time is ended.
    pub request_timeout: Duration,
    /// An idle HTTP connection is ended after this.
    pub keep_alive: Duration,
    /// An undecided upgrade is refused with 503 after this time.
    pub admit_timeout: Duration,
    /// Most bytes of header names and values of an upgrade request; more are refused with 431.
    pub header_bytes_max: usize,
    /// Length of the kernel's queue for `accept`.
    pub backlog: u32,
    /// Settings of each socket.
    pub socket: SocketSettings,
}

impl Default for ServerSettings {
    fn default() -> Self {
        ServerSettings {
            door: Door::default(),
            workers: 2,
            http_connections_per_worker_max: 1_000_000,
            sockets_max: 1_000_000,
            sockets_per_address_max: 0,
            request_timeout: Duration::from_secs(5),
            keep_alive: Duration::from_secs(75),
            admit_timeout: Duration::from_secs(5),
            header_bytes_max: 16 * 1024,
            backlog: 4096,
            socket: SocketSettings::default(),
        }
    }
}
