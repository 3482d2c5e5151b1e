//! Options of the limits for sessions, users and organisations.

use crate::config::rules::*;
use crate::config::section::section;

section! {
    /// How much a session may do, and how much a user or an organisation may use. The node refuses an action beyond a
    /// limit with an error that states when to try again; the session stays open.
    "limits" Limits {
        /// Actions per second on average. 0: no limit.
        actions_per_second: u32 = "200", count(0, 1_000_000);
        /// Actions at once. A value below `actions_per_second` counts as that.
        actions_burst: u32 = "1000", count(0, 1_000_000);
        /// The node closes a session with 4429 if it sends at least twice `actions_per_second` for this long without a
        /// period of 5 s in which nothing had to be refused. A burst after a network stall is refused, but does not
        /// count as abuse. 0: never.
        abuse_after_s: u64 = "60", seconds(0, 86_400);
        /// Deliveries per second that the messages of one user may cause on a node, on average: a message to a channel
        /// with 1,000 members there causes 1,000. A message to at most 64 sessions does not count. 0: no limit.
        deliveries_per_second: u32 = "50000", count(0, MANY);
        /// Such deliveries at once. A value below `deliveries_per_second` counts as that.
        deliveries_burst: u64 = "100000", count(0, MANY);
        /// Bytes that a user may store within `bytes_window_s`, over all nodes. A new stream counts as 4,096 bytes. 0:
        /// no limit.
        user_bytes_max: u64 = "67108864", bytes(0, PETABYTE);
        /// Bytes that the members of an organisation may store within that time: in its streams, and in direct messages
        /// of users whose first organisation it is. 0: no limit.
        org_bytes_max: u64 = "4294967296", bytes(0, PETABYTE);
        /// Sessions of an organisation on one node. The node closes further ones with 4413. 0: no limit.
        org_sessions_max: usize = "0", count(0, MANY);
        /// How often a user may act, over all its sessions and all nodes, by class of action: `CLASS=PER_SECOND/BURST`.
        /// Classes are `publish` (to channels, teams and organisations), `direct`, `join`, `presence`, `history`,
        /// `profile` and `rpc`; a class without an entry, or with 0, has no limit. The node refuses an action above the
        /// rate with `rate_limited`. A large answer counts as several actions: each 16 KiB of publications or of an
        /// rpc's result, each 100 users of a list.
        user_rates: Vec<String> =
            "publish=400/4000,direct=400/4000,join=200/5000,presence=200/2000,history=200/2000,profile=1/64,\
             rpc=100/1000", RATES;
        /// How often all users of an organisation together may act. Direct messages count for the sender's first
        /// organisation.
        org_rates: Vec<String> =
            "publish=5000/50000,direct=5000/50000,join=10000/100000,presence=5000/50000,history=5000/50000,\
             profile=100/5000,rpc=5000/50000", RATES;
        /// How often all users at one client address (IPv6: in one /64 network) together may act, on all nodes. Behind
        /// a proxy all clients are at the proxy's address unless it is one of `listen.trusted_proxies`. Loopback
        /// addresses have no limit.
        address_rates: Vec<String> =
            "publish=5000/50000,direct=5000/50000,join=10000/100000,presence=5000/50000,history=5000/50000,\
             profile=100/5000,rpc=5000/50000", RATES;
        /// The period of the two bounds in bytes. The weight of stored bytes decreases over this time.
        bytes_window_s: u64 = "3600", seconds(1, DECADE_S);
        /// Channels that a session may be in.
        channels_max: usize = "100", count(1, 100_000);
        /// Actions of a session that may wait for the broker at once.
        in_flight_max: usize = "256", count(1, 100_000);
        /// How deep arrays and objects may be nested in a frame.
        depth_max: usize = "32", count(4, 128);
        /// Maximum number of actions in one frame.
        actions_per_frame_max: usize = "64", count(1, 10_000);
        /// Maximum size of an action's `type`.
        type_bytes_max: usize = "128", bytes(8, 4096);
        /// Maximum size of an action's `id`.
        id_bytes_max: usize = "64", bytes(8, 1024);
        /// How many frames within a minute may be unreadable as actions. At the next one the node closes the socket
        /// with 4400. A readable frame does not count, even if the node refuses its actions.
        bad_frames_max: u32 = "20", count(1, 1_000_000);
        /// Wrong API keys, tokens and tickets that one client address (of IPv6: one /64 network) may try within a
        /// minute on a node. The node answers further ones with `rate_limited` and the time to wait, and lists them in
        /// the audit trail as one event. Valid credentials are accepted from there all the same. 0: no limit.
        wrong_credentials_per_minute: u32 = "60", count(0, 1_000_000);
    }
}
