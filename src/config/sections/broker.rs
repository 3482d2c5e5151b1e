//! Options of what stands between the nodes.

use crate::config::broker_url::BrokerUrl;
use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::secret::Secret;
use crate::config::section::section;
use crate::config::value::choice;

section! {
    /// What connects the nodes and keeps the streams.
    "broker" Broker {
        /// The Redis all nodes share. From a file (`url_file`), name and password are read again for each connection,
        /// so that they can be changed without a restart; the addresses are not. Empty:
        /// everything stays in the memory of this one node.
        url: BrokerUrl = "", BROKER_URL;
        /// Authorities that the certificate of a Redis with TLS (`rediss://`) is checked against, a file in PEM. Empty:
        /// those of the system. This file and the two below are read again at each new connection.
        tls_authorities: String = "", PATH_OR_NOTHING;
        /// The certificate this node shows to Redis. Empty: none.
        tls_certificate: String = "", PATH_OR_NOTHING;
        /// Its private key, not encrypted.
        tls_key: String = "", PATH_OR_NOTHING;
        /// The name at the sentinels of a `redis+sentinel://` URL, whose name and password are those of the servers.
        sentinel_user: String = "", ANY_TEXT;
        /// The password at the sentinels. Empty: they want none.
        sentinel_password: Secret = "", SECRET;
        /// What all keys and channels in Redis begin with. Clusters that share a Redis need different ones.
        key_prefix: String = "hubwire:", KEY_PREFIX;
        /// A command that is not answered within this time has failed.
        response_timeout_ms: u64 = "2000", ms(50, 60_000);
        /// Commands that wait for Redis at once; actions beyond are refused with `overloaded`.
        queue_max: usize = "8192", count(16, 1_000_000);
        /// Bytes of the publications among them; beyond, sends are refused with `overloaded`. While Redis is away or
        /// slow, the memory of the node holds so many.
        queue_bytes: usize = "67108864", bytes(1 << 20, 1 << 34);
        /// Memory the streams of the broker in memory may take, or a Redis server may take. 0: 1 GiB for the broker in
        /// memory, `maxmemory` for Redis.
        memory_bytes_max: u64 = "0", bytes(0, PETABYTE);
        /// From this part of it on (in percent) a Redis server is given nothing more to store: sends are refused with
        /// `overloaded`, and leases, presence and delivery go on. Redis without `maxmemory` has no such mark.
        memory_watermark_percent: u64 = "90", count(10, 100);
        /// What a publication has reached when it is acknowledged. `memory`: the memory of the broker. `redis`: a Redis
        /// that keeps an append-only file. `replica`: also `wait_replicas` replicas.
        durability: Durability = "memory", Kind::Choice(Durability::WORDS);
        /// Replicas that must have a publication before it is acknowledged; with `durability = "replica"`.
        wait_replicas: u32 = "1", count(1, 16);
        /// Seal what nodes tell each other on their own channels in Redis, and tickets, so that another program with
        /// access to it cannot speak for a node or make tickets. Logs, notifications of topics and the directory are
        /// not sealed: whoever may write to Redis can still forge publications. The first one seals, all are accepted;
        /// the same on every node, and tickets of a node without it are refused. Empty: no seal.
        cluster_secrets: Vec<Secret> = "", SECRETS;
        /// How long replicas are awaited; must be less than `response_timeout_ms`.
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
