//! A client that only watches the channels of the contract is not a listener: late clients are announced all the same.

use crate::client::Client;
use crate::hub::Hub;
use crate::listener::{heard, Listener};
use crate::support::redis_server::RedisServer;

#[tokio::test]
async fn a_watcher_does_not_keep_a_late_listener_from_being_asked() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut watcher = Listener::start(&redis);
    let _client = Client::connect(&hub, "123456");
    assert_eq!(watcher.next(), heard("ws-hub:client-new", "123456"));
    let mut late = Listener::start(&redis);
    assert_eq!(late.next(), heard("ws-hub:client-new", "123456"));
    late.publish("ws-hub:groups-new:123456", "news");
    assert_eventually!(hub.report("/clients")["123456"]["answered"] == true);
}
