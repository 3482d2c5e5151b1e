//! The warnings of a node about a Redis that does not match its configuration.

mod support;

use hubwire_actors::backend::redis::RedisConfig;
use support::fixture::node;
use support::redis_broker::Redis;
use support::redis_server::RedisServer;
use support::run;

/// The warnings about a server with these settings.
fn advice(server: &RedisServer, synced: bool, replicas_acked: usize) -> Vec<String> {
    let mut advice = Vec::new();
    let config = RedisConfig { synced, replicas_acked, ..RedisConfig::new(&server.url()).unwrap() };
    run(async { advice = node(&Redis(config)).await.advice().await.unwrap() });
    advice
}

/// A server with correct memory settings.
fn start(settings: &[&str]) -> RedisServer {
    RedisServer::start(&[&["--maxmemory", "1gb", "--stream-node-max-bytes", "512"], settings].concat())
}

/// Exactly one sentence, with the name of the server and these words.
fn says(advice: &[String], server: &RedisServer, words: &[&str]) {
    let [sentence] = advice else { panic!("one sentence: {advice:?}") };
    assert!(sentence.contains(&format!("127.0.0.1:{}", server.port)), "{sentence}");
    words.iter().for_each(|word| assert!(sentence.contains(word), "{word:?} in {sentence}"));
}

#[test]
fn a_redis_that_syncs_every_append_meets_everything_but_replicas() {
    let server = start(&["--appendonly", "yes", "--appendfsync", "always"]);
    assert_eq!(advice(&server, false, 0), Vec::<String>::new());
    assert_eq!(advice(&server, true, 0), Vec::<String>::new());
    says(&advice(&server, true, 2), &server, &["2 replicas are to confirm", "0 are connected"]);
}

#[test]
fn a_redis_without_a_file_loses_what_it_acknowledged() {
    let server = start(&["--appendonly", "no"]);
    says(&advice(&server, true, 0), &server, &["appendonly is no", "appendfsync always"]);
    says(&advice(&server, false, 0), &server, &["neither AOF nor RDB"]);
}

#[test]
fn a_redis_that_syncs_now_and_then_loses_what_it_acknowledged_last() {
    let server = start(&["--appendonly", "yes", "--appendfsync", "everysec"]);
    says(&advice(&server, true, 0), &server, &["appendfsync is everysec", "appendfsync always"]);
    assert_eq!(advice(&server, false, 0), Vec::<String>::new());
}

#[test]
fn a_redis_that_evicts_deletes_at_will() {
    let settings = ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "allkeys-lru"];
    let server = start(&settings);
    says(&advice(&server, true, 0), &server, &["maxmemory-policy is allkeys-lru", "noeviction"]);
}

#[test]
fn a_redis_without_a_bound_of_memory_is_named_unless_the_node_knows_one() {
    let server = RedisServer::start(&["--stream-node-max-bytes", "512", "--appendonly", "yes"]);
    says(&advice(&server, false, 0), &server, &["maxmemory is 0", "broker.memory_bytes_max"]);
    let server = RedisServer::start(&["--maxmemory", "1gb", "--appendonly", "yes"]);
    says(&advice(&server, false, 0), &server, &["stream-node-max-bytes is 4096", "512"]);
}
