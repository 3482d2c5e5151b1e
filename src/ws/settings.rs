//! Settings of the socket layer.

use super::deflate::Compression;
use super::frame_reader::ReaderLimits;
use crate::listener::Door;
use std::time::Duration;

/// Settings of each socket; one copy per worker is shared by its sockets.
#[derive(Debug, Clone)]
pub struct SocketSettings {
    /// What is read.
    pub limits: ReaderLimits,
    /// Compression for clients that offer it; absent: nobody is answered that offer.
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
    /// Data the peer's kernel does not acknowledge for so long ends the connection (`TCP_USER_TIMEOUT`); zero = never.
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
    /// What a connection passes before HTTP.
    pub door: Door,
    /// Threads that serve connections; 1: the thread that asks for the server does.
    pub workers: usize,
    /// Connections one worker serves HTTP on at once; sockets that were upgraded do not count here.
    pub http_connections_per_worker_max: usize,
    /// Sockets open at once on the node; more are refused with 503.
    pub sockets_max: usize,
    /// Sockets open at once from one address (IPv6: one /64 network), 0 = no bound; more are refused with 429. Behind
    /// a load balancer it is the load balancer's address unless the door trusts it.
    pub sockets_per_address_max: usize,
    /// A connection that sent no whole request head for so long is ended.
    pub request_timeout: Duration,
    /// An idle HTTP connection is ended after this.
    pub keep_alive: Duration,
    /// An upgrade that is not decided after so long is refused with 503.
    pub admit_timeout: Duration,
    /// Most bytes of header names and values of an upgrade request; more are refused with 431.
    pub header_bytes_max: usize,
    /// Connections the kernel keeps waiting for `accept`.
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
