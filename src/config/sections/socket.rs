//! Options of one WebSocket connection.

use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::section::section;

section! {
    /// One WebSocket connection.
    "socket" Socket {
        /// Longest message a client may send, all fragments together. A longer one closes the socket with 1009.
        max_message_bytes: usize = "65536", bytes(1024, 64 << 20);
        /// Compress messages of at least `compression_min_bytes` for clients that offer it (permessage-deflate, RFC
        /// 7692). Each message by itself, once for all its receivers of a worker. It saves network and costs processor
        /// time; docs/performance.md has figures.
        compression: bool = "false", Kind::Switch;
        /// Shorter messages are not compressed.
        compression_min_bytes: usize = "256", bytes(64, 1 << 20);
        /// From 1, the fastest, to 9, the smallest.
        compression_level: u32 = "2", count(1, 9);
        /// Serve `/stream`, the same sessions over HTTP: server-sent events down, `POST` up. For clients behind
        /// something that blocks WebSockets; counted and bounded as sockets.
        stream: bool = "true", Kind::Switch;
        /// Bytes that wait for one slow client before it stops taking live publications and reads
        /// on from the log later.
        outbox_bytes: usize = "65536", bytes(4096, 1 << 30);
        /// A ping goes out this often; each session at its own offset of up to 10 %.
        ping_interval_ms: u64 = "25000", ms(1000, HOUR_MS);
        /// A session that stays silent for this long after a ping is closed with 4001.
        pong_timeout_ms: u64 = "10000", ms(100, HOUR_MS);
        /// A socket that sent no credentials within this time is closed with 4408.
        auth_timeout_ms: u64 = "5000", ms(100, HOUR_MS);
        /// A message must be whole this long after its first byte, all fragments together; else the socket is closed
        /// with 4001. Give slow clients time for `max_message_bytes`.
        message_timeout_ms: u64 = "30000", ms(100, HOUR_MS);
        /// A session whose outbox makes no progress for this long is closed with 4101.
        stall_timeout_ms: u64 = "30000", ms(1000, HOUR_MS);
        /// A connection that has not sent its whole HTTP request within this time is dropped.
        handshake_timeout_ms: u64 = "5000", ms(100, HOUR_MS);
        /// How long the answer to a close frame is awaited before the connection is cut.
        close_timeout_ms: u64 = "1000", ms(0, 60_000);
        /// Sockets of the node; more are refused. 0: no limit.
        max_connections: usize = "0", count(0, MANY);
        /// Sockets from one IP address (of IPv6: from one /64 network); more are refused. 0: no limit. Behind a proxy
        /// all sockets come from the proxy's address unless it is one of `listen.trusted_proxies`.
        max_connections_per_ip: usize = "0", count(0, MANY);
        /// Time the kernel tries to deliver bytes to a client that does not confirm them. 0: the kernel's default.
        tcp_user_timeout_ms: u32 = "30000", ms(0, HOUR_MS);
        /// Fragments a message may have.
        fragments_max: u32 = "1024", count(1, 1_000_000);
        /// Pings, pongs and the like a client may send per second, judged over half a minute: as many as come in that
        /// time may come at once. More at once close the socket with 4100 (come again later),
        /// more on average with 4429.
        control_frames_per_second: u32 = "20", count(1, 1_000_000);
    }
}
