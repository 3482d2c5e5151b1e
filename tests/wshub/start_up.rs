//! What the program says when it cannot start, and how it stops.

use crate::client::Client;
use crate::hub::Hub;
use crate::listener::Listener;
use crate::support::redis_server::RedisServer;
use crate::support::Process;

#[tokio::test]
async fn a_missing_key_is_named_and_the_program_ends() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "address: \":8080\"\nclientKey: session_key\n").unwrap();
    let arguments = ["wshub".as_ref(), "--config".as_ref(), file.path().as_os_str()];
    let mut process = Process::start("wshub", env!("CARGO_BIN_EXE_hubwire"), arguments, &[]);
    let status = process.exit().await;
    assert_eq!(status.code(), Some(1));
    assert!(process.output().contains("the key `serverUrl` is missing"), "{}", process.output());
}

#[tokio::test]
async fn a_stop_closes_the_connections_with_1001() {
    let redis = RedisServer::start().await;
    let mut hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    let mut client = Client::connect(&hub, "k");
    listener.welcome("k", "news");
    hub.process.signal("TERM");
    assert_eq!(client.0.close_code(), Some(1001));
    assert!(hub.process.exit().await.success());
}
