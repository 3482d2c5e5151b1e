//! Options of one WebSocket connection.

use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::section::section;

section! {
    /// One WebSocket connection.
    "socket" Socket {
        /// Maximum size of a message from a client, all fragments together. A longer one closes the socket with 1009.
        max_message_bytes: usize = "65536", bytes(1024, 64 << 20);
        /// Compress messages of at least `compression_min_bytes` for clients that offer it (permessage-deflate, RFC
        /// 7692). The node compresses each message by itself, once for all its receivers on a worker. This saves
        /// network and costs processor time; docs/performance.md has figures.
        compression: bool = "false", Kind::Switch;
        /// Shorter messages are not compressed.
        compression_min_bytes: usize = "256", bytes(64, 1 << 20);
        /// From 1, the fastest, to 9, the smallest.
        compression_level: u32 = "2", count(1, 9);
        /// Serve `/stream`: the same sessions over HTTP, with server-sent events down and `POST` up, for clients in
        /// networks that block WebSockets. They count as sockets and have the same bounds.
        stream: bool = "true", Kind::Switch;
        /// Bytes that may wait for one slow client. Beyond that the session gets no live publications; it reads on from
        /// the log when there is room.
        outbox_bytes: usize = "65536", bytes(4096, 1 << 30);
        /// How often the node pings a client. Each session has its own interval, up to 10 % shorter or longer.
        ping_interval_ms: u64 = "25000", ms(1000, HOUR_MS);
        /// The node closes a session that stays silent for this long after a ping, with 4001.
        pong_timeout_ms: u64 = "10000", ms(100, HOUR_MS);
        /// The node closes a socket that has not sent credentials within this time, with 4408.
        auth_timeout_ms: u64 = "5000", ms(100, HOUR_MS);
        /// How long a message may take from its first byte to its last, all fragments together; then the node closes
        /// the socket with 4001. Give slow clients time for `max_message_bytes`.
        message_timeout_ms: u64 = "30000", ms(100, HOUR_MS);
        /// The node closes a session whose outbox makes no progress for this long, with 4101.
        stall_timeout_ms: u64 = "30000", ms(1000, HOUR_MS);
        /// The node drops a connection that has not sent its whole HTTP request within this time.
        handshake_timeout_ms: u64 = "5000", ms(100, HOUR_MS);
        /// How long the node waits for the answer to a close frame before it cuts the connection.
        close_timeout_ms: u64 = "1000", ms(0, 60_000);
        /// Maximum number of sockets of the node; it refuses more. 0: no limit.
        max_connections: usize = "0", count(0, MANY);
        /// Maximum number of sockets from one IP address (IPv6: from one /64 network); the node refuses more. 0: no
        /// limit. Behind a proxy all sockets come from the proxy's address unless it is one of
        /// `listen.trusted_proxies`.
        max_connections_per_ip: usize = "0", count(0, MANY);
        /// How long the kernel tries to deliver bytes that a client does not acknowledge. 0: the kernel's default.
        tcp_user_timeout_ms: u32 = "30000", ms(0, HOUR_MS);
        /// Maximum number of fragments of a message.
        fragments_max: u32 = "1024", count(1, 1_000_000);
        /// Pings, pongs and other control frames that a client may send per second, averaged over half a minute; it may
        /// send the number for half a minute at once. A larger burst closes the socket with 4100 (reconnect later), a
        /// higher average with 4429.
        control_frames_per_second: u32 = "20", count(1, 1_000_000);
    }
}
