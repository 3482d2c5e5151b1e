//! The setups of fault runs, and the guarantees of each.

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// What the table calls it.
    pub name: &'static str,
    /// Whether Redis has a replica, and a sentinel that promotes it.
    pub sentinel: bool,
    /// Whether nodes wait for the replica before they acknowledge: `durability = "replica"`.
    pub replicated: bool,
    /// Whether devices stall, lose answers and cut their sockets.
    pub mischief: bool,
    /// Whether the application hears of publications by a webhook.
    pub webhook: bool,
}

impl Setup {
    /// One Redis that keeps an append-only file.
    pub const SINGLE: Setup =
        Setup { name: "redis", sentinel: false, replicated: false, mischief: true, webhook: false };
    /// A replica that follows as fast as it can.
    pub const SENTINEL: Setup = Setup { name: "sentinel", sentinel: true, ..Setup::SINGLE };
    /// A replica that has everything before it is acknowledged.
    pub const REPLICA: Setup = Setup { name: "replica", replicated: true, ..Setup::SENTINEL };

    /// With an application that receives server events.
    pub const WEBHOOK: Setup = Setup { name: "webhook", webhook: true, ..Setup::SINGLE };

    /// By turns: the Redis alone, and one of those with a replica.
    pub fn of(seed: u64) -> Setup {
        [Setup::REPLICA, Setup::SINGLE, Setup::SENTINEL, Setup::SINGLE][(seed % 4) as usize]
    }

    /// The same with devices that behave.
    pub fn calm(self) -> Setup {
        Setup { mischief: false, ..self }
    }

    /// Settings of the nodes. Streams keep everything, so that what devices got can be held against all of it.
    pub fn settings(self) -> Vec<(&'static str, &'static str)> {
        let durability = if self.replicated { "replica" } else { "redis" };
        let mut settings = vec![("HUBWIRE_BROKER_DURABILITY", durability)];
        let counts = ["HUBWIRE_STREAMS_USER_COUNT", "HUBWIRE_STREAMS_ORG_COUNT", "HUBWIRE_STREAMS_CHANNEL_COUNT"];
        settings.extend(counts.map(|count| (count, "1000000")));
        settings
    }
}
