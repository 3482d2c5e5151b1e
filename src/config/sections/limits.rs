//! Options of what one session may ask of the node.

use crate::config::rules::*;
use crate::config::section::section;

section! {
    /// What one session may do, and what a user and an organisation may use up. An action beyond is refused with an
    /// error that says when to try again; the session stays.
    "limits" Limits {
        /// Actions per second on average. 0: no limit.
        actions_per_second: u32 = "200", count(0, 1_000_000);
        /// Actions at once; at least `actions_per_second` counts.
        actions_burst: u32 = "1000", count(0, 1_000_000);
        /// A session that goes on sending twice `actions_per_second` or more for so long, without as much as 5 s in
        /// which nothing of it is refused, is closed with 4429. What arrives at once after a stall of the network is
        /// refused and no abuse. 0: never.
        abuse_after_s: u64 = "60", seconds(0, 86_400);
        /// Deliveries per second on one node that what a user sends may cause on average: a message to a channel with
        /// 1,000 members there causes 1,000. One that reaches at most 64 sessions is free. 0: no limit.
        deliveries_per_second: u32 = "50000", count(0, MANY);
        /// Such deliveries at once; at least `deliveries_per_second` counts.
        deliveries_burst: u64 = "100000", count(0, MANY);
        /// Bytes a user may store on all nodes together within `bytes_window_s`; a stream that begins counts for 4,096.
        /// 0: no limit.
        user_bytes_max: u64 = "67108864", bytes(0, PETABYTE);
        /// Bytes that may be stored in the name of an organisation: by its members in its streams, and in direct
        /// messages of users whose first organisation it is. 0: no limit.
        org_bytes_max: u64 = "4294967296", bytes(0, PETABYTE);
        /// Sessions of an organisation on one node; one more is closed with 4413. 0: no limit.
        org_sessions_max: usize = "0", count(0, MANY);
        /// How often a user may act, on all nodes together and whatever its sessions, by class of action:
        /// `CLASS=PER_SECOND/BURST`. Classes are `publish` (to channels, teams and organisations), `direct`, `join`,
        /// `presence`, `history`, `profile` and `rpc`; one without an entry, or with 0, has no limit. An action beyond
        /// is refused with `rate_limited`. A large answer counts as several actions: each 16 KiB of publications or of
        /// an rpc's result, each 100 users of a list.
        user_rates: Vec<String> =
            "publish=400/4000,direct=400/4000,join=200/5000,presence=200/2000,history=200/2000,profile=1/64,\
             rpc=100/1000", RATES;
        /// How often all users of an organisation may act together. Direct messages count for the sender's first
        /// organisation.
        org_rates: Vec<String> =
            "publish=5000/50000,direct=5000/50000,join=10000/100000,presence=5000/50000,history=5000/50000,\
             rpc=5000/50000", RATES;
        /// How often all users at one client address (of IPv6: of one /64 network) may act together, on all nodes.
        /// Behind a proxy all clients are at the proxy's address unless it is one of `listen.trusted_proxies`. Loopback
        /// addresses have no limit.
        address_rates: Vec<String> =
            "publish=5000/50000,direct=5000/50000,join=10000/100000,presence=5000/50000,history=5000/50000,\
             rpc=5000/50000", RATES;
        /// What was stored counts less and less over this time.
        bytes_window_s: u64 = "3600", seconds(1, DECADE_S);
        /// Channels it may be in.
        channels_max: usize = "100", count(1, 100_000);
        /// Actions that wait for the broker at once.
        in_flight_max: usize = "256", count(1, 100_000);
        /// Nesting of arrays and objects in a frame.
        depth_max: usize = "32", count(4, 128);
        /// Actions in one frame.
        actions_per_frame_max: usize = "64", count(1, 10_000);
        /// Length of an action's `type`.
        type_bytes_max: usize = "128", bytes(8, 4096);
        /// Length of an action's `id`.
        id_bytes_max: usize = "64", bytes(8, 1024);
        /// Frames that are no actions within a minute before the socket is closed with 4400. A frame of which an action
        /// is refused is none of these: it counts as an action does.
        bad_frames_max: u32 = "20", count(1, 1_000_000);
    }
}
