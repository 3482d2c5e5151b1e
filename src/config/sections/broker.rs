//! Options of the broker.

use crate::config::broker_url::BrokerUrl;
use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::secret::Secret;
use crate::config::section::section;
use crate::config::value::choice;

section! {
    /// The broker: it connects the nodes and stores the streams.
    "broker" Broker {
        /// The Redis that all nodes share. With `url_file` the node reads name and password again for each connection,
        /// so they can change without a restart; a new address requires one. Empty: this node keeps everything in its
        /// own memory.
        url: BrokerUrl = "", BROKER_URL;
        /// A PEM file with the authorities that may have signed the certificate of Redis (`rediss://`). Empty: the
        /// authorities of the system. The node reads this file and the two below again for each new connection.
        tls_authorities: String = "", PATH_OR_NOTHING;
        /// The certificate that the node presents to Redis. Empty: none.
        tls_certificate: String = "", PATH_OR_NOTHING;
        /// Its private key, not encrypted.
        tls_key: String = "", PATH_OR_NOTHING;
        /// The user name for the sentinels of a `redis+sentinel://` URL. The name and password in the URL are for the
        /// servers.
        sentinel_user: String = "", ANY_TEXT;
        /// The password for the sentinels. Empty: none.
        sentinel_password: Secret = "", SECRET;
        /// The prefix of all keys and channels in Redis. Clusters that share a Redis need different prefixes.
        key_prefix: String = "hubwire:", KEY_PREFIX;
        /// A command that Redis does not answer within this time has failed.
        response_timeout_ms: u64 = "2000", ms(50, 60_000);
        /// Commands that may wait for Redis at once. Beyond it the node refuses actions with `overloaded`.
        queue_max: usize = "8192", count(16, 1_000_000);
        /// Bytes of publications in those commands. Beyond it the node refuses sends with `overloaded`. This bounds the
        /// memory of the node while Redis is slow or unavailable.
        queue_bytes: usize = "67108864", bytes(1 << 20, 1 << 34);
        /// Maximum memory of the streams of the broker in memory, or of one Redis server. 0: 1 GiB for the broker in
        /// memory, `maxmemory` for Redis.
        memory_bytes_max: u64 = "0", bytes(0, PETABYTE);
        /// When a Redis server is this full (in percent of that bound), the node stores nothing more in it: it refuses
        /// sends with `overloaded`, while leases, presence and delivery continue. A Redis without `maxmemory` has no
        /// watermark.
        memory_watermark_percent: u64 = "90", count(10, 100);
        /// Where a publication must be stored before the node acknowledges it. `memory`: in the memory of the broker.
        /// `redis`: in a Redis that keeps an append-only file. `replica`: also on `wait_replicas` replicas.
        durability: Durability = "memory", Kind::Choice(Durability::WORDS);
        /// Replicas that must have a publication before it is acknowledged; with `durability = "replica"`.
        wait_replicas: u32 = "1", count(1, 16);
        /// Secrets for a seal (an HMAC) on tickets and on messages from node to node, so that another program with
        /// access to Redis can neither impersonate a node nor forge tickets. Logs, topic notifications and the
        /// directory have no seal: a program that may write to Redis can still forge publications. The node seals with
        /// the first secret and accepts all of them. Every node needs the same ones; it refuses tickets of a node
        /// without them. Empty: no seal.
        cluster_secrets: Vec<Secret> = "", SECRETS;
        /// How long the node waits for replicas. It must be less than `response_timeout_ms`.
        wait_timeout_ms: u64 = "1000", ms(10, 60_000);
    }
}

choice! {
    /// What a publication has reached when it is acknowledged.
    Durability {
        /// The memory of the broker.
        Memory = "memory",
        /// A Redis that keeps an append-only file.
        Redis = "redis",
        /// Redis and some of its replicas.
        Replica = "replica",
    }
}
