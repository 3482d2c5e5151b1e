//! Vector 1: the whole sequence with a listener nobody here wrote a client library for, as Redis sees it.

use crate::client::Client;
use crate::hub::Hub;
use crate::support::monitor::Monitor;
use crate::support::redis_server::RedisServer;
use crate::support::Process;
use std::path::Path;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wshub/listener.py");
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/foreign/venv/bin/python");

/// Starts the listener and waits until it listens.
async fn start_listener(redis: &RedisServer, groups: &str) -> Process {
    assert!(Path::new(PYTHON).exists(), "{PYTHON} is missing: run ./test --install first");
    let port = redis.port().to_string();
    let mut process = Process::start("listener.py", PYTHON, [SCRIPT, &port, groups], &[]);
    assert_eventually!(
        process.output().contains("ready") || process.ended().is_some(),
        "listener.py listens (it needs the Python package redis: run ./test --install)\n{}",
        process.output()
    );
    assert!(process.ended().is_none(), "listener.py ended; is the Python package redis missing? run ./test --install");
    process
}

#[tokio::test]
async fn a_listener_in_python_sees_the_sequence_of_the_contract_and_nothing_else_happens_in_redis() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let listener = start_listener(&redis, "1,2,all,news").await;
    let mut monitor = Monitor::start(&redis);
    let mut client = Client::connect(&hub, "123456");
    assert_eventually!(hub.report("/clients")["123456"]["answered"] == true);
    assert_eq!(hub.report("/clients")["123456"]["groups"], serde_json::json!(["1", "2", "all", "news"]));
    let mut control = redis.connection();
    for (group, receivers) in [("news", 1), ("2", 1)] {
        let taken: u64 =
            redis::cmd("PUBLISH").arg(format!("ws-hub:group-data:{group}")).arg(group).query(&mut control).unwrap();
        assert_eq!(taken, receivers);
        assert_eq!(client.text(), group);
    }
    client.say("hello");
    assert_eventually!(listener.output().contains(r#"{"from": "123456", "data": "hello"}"#));
    client.close();
    assert_eventually!(hub.connections() == 0);

    let published: Vec<String> =
        monitor.commands().into_iter().filter(|command| command.publishes()).map(|command| command.arguments).collect();
    assert_eq!(
        published,
        [
            r#""ws-hub:client-new" "123456""#,
            r#""ws-hub:groups-new:123456" "1,2,all,news""#,
            r#""ws-hub:group-data:news" "news""#,
            r#""ws-hub:group-data:2" "2""#,
            r#""ws-hub:client-data:123456" "hello""#,
        ]
    );
    let keys: u64 = redis::cmd("DBSIZE").query(&mut control).unwrap();
    assert_eq!(keys, 0, "nothing is stored");
}

#[tokio::test]
async fn a_listener_that_answers_at_once_never_misses_a_client() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let _listener = start_listener(&redis, "all").await;
    let mut clients: Vec<Client> = (0..300).map(|count| Client::connect(&hub, &count.to_string())).collect();
    let answered = |hub: &Hub| {
        let clients = hub.report("/clients");
        clients.as_object().unwrap().values().filter(|client| client["answered"] == true).count()
    };
    assert_eventually!(answered(&hub) == clients.len());
    let mut control = redis.connection();
    redis::cmd("PUBLISH").arg("ws-hub:group-data:all").arg("X").exec(&mut control).unwrap();
    for client in &mut clients {
        assert_eq!(client.text(), "X");
    }
}
