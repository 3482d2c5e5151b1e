//! Vectors 4 and 14: keys, and what a request may look like.

use crate::client::Client;
use crate::hub::{request, Hub, Options};
use crate::listener::{heard, Listener};
use crate::support::redis_server::RedisServer;

#[tokio::test]
async fn keys_are_kept_as_they_are() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    for (path, key) in [
        ("/ws?session_key=user1", "user1"),
        ("/ws?session_key=group", "group"),
        ("/ws?session_key=ws", "ws"),
        ("/ws?session_key=", ""),
        ("/ws?session_key=a%3Ab%20c", "a:b c"),
        ("/ws?session_key=a:b+c", "a:b c"),
        ("/ws?session_key=%C3%A9", "é"),
        ("/ws?session_key=first&session_key=second", "first"),
        ("/ws/?session_key=slash", "slash"),
        ("/ws?other=1&session_key=ws-hub:groups-new:x", "ws-hub:groups-new:x"),
    ] {
        let mut client = Client::open(&hub, path, &[]);
        listener.welcome(key, "g");
        listener.publish("ws-hub:group-data:g", key);
        assert_eq!(client.text(), key, "{path}");
        client.say("M");
        assert_eq!(listener.next(), heard(&format!("ws-hub:client-data:{key}"), "M"), "{path}");
        client.close();
        assert_eventually!(hub.connections() == 0);
    }
}

#[tokio::test]
async fn a_request_without_a_key_is_refused_before_the_upgrade() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    for path in ["/ws", "/ws?Session_Key=1", "/ws?session_key2=1", "/ws?session_key=%zz"] {
        assert_eq!(Client::status(&hub, path, &[]), 400, "{path}");
    }
    assert_eq!(Client::status(&hub, "/other?session_key=1", &[]), 404);
    assert_eq!(Client::status(&hub, "/ws//?session_key=1", &[]), 404);
    listener.assert_silence();
    assert_eq!(hub.connections(), 0);
}

#[tokio::test]
async fn a_request_that_is_no_upgrade_is_a_bad_one() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    for path in ["/ws?session_key=1", "/ws/?session_key=1", "/ws"] {
        assert_eq!(hub.get(path).0, 400, "{path}");
    }
    assert_eq!(hub.get("/").0, 404);
}

#[tokio::test]
async fn any_page_may_connect_unless_pages_are_listed() {
    let redis = RedisServer::start().await;
    let any = Hub::start(&redis).await;
    let more = "allowedOrigins: [\"https://app.example\"]";
    let listed = Hub::start_with(&redis, Options { more, ..Options::default() }).await;
    let foreign = ["Origin: https://elsewhere.example"];
    assert_eq!(Client::status(&any, "/ws?session_key=1", &foreign), 101);
    assert_eq!(Client::status(&listed, "/ws?session_key=1", &foreign), 403);
    assert_eq!(Client::status(&listed, "/ws?session_key=1", &["Origin: https://app.example"]), 101);
    assert_eq!(Client::status(&listed, "/ws?session_key=1", &[]), 101);
}

#[tokio::test]
async fn the_key_may_stand_in_a_header() {
    let redis = RedisServer::start().await;
    let hub = Hub::start_with(&redis, Options { more: "fromHeader: true", ..Options::default() }).await;
    let mut listener = Listener::start(&redis);
    let _in_header = Client::open(&hub, "/ws?session_key=q", &["session_key: h"]);
    assert_eq!(listener.next(), heard("ws-hub:client-new", "h"));
    let _in_query = Client::open(&hub, "/ws?session_key=q", &[]);
    assert_eq!(listener.next(), heard("ws-hub:client-new", "q"));
}

#[tokio::test]
async fn reports_are_on_the_internal_listener_only() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    let mut client = Client::connect(&hub, "k");
    listener.welcome("k", "a,b");
    listener.publish("ws-hub:group-data:b", "X");
    assert_eq!(client.text(), "X");
    assert_eq!(hub.report("/groups"), serde_json::json!({"a": ["k"], "b": ["k"]}));
    assert_eq!(hub.report("/sessions")[0]["key"], "k");
    for path in ["/clients", "/groups", "/sessions", "/v1/wshub/clients"] {
        assert_eq!(hub.get(path).0, 404, "{path}");
    }
    let status = "GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(request(hub.internal, status), Some((200, "1\n".into())));
}
