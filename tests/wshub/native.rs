//! WS-HUB as an endpoint of an ordinary node: native sessions and WS-HUB's clients in one group,
//! with Redis and without.

use crate::client::Client;
use crate::listener::{heard, Listener};
use crate::support::eventually::DEADLINE;
use crate::support::redis_server::RedisServer;
use crate::support::{action, ports, settings, Client as Native, Codec, Login, Node};
use serde_json::{json, Value};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use tokio::time::Instant;

const DATA: &str = "wshub/data";

async fn start(label: &str, broker: Option<&str>) -> Node {
    let mut node = Node::spawn_with(label, broker, ports::free(), &["--wshub-enabled", "true"]);
    node.ready().await;
    node
}

async fn native(node: &Node, user: &str) -> Native {
    Native::connect(&node.url(), Codec::Json, &Login::user(user).org("wshub", &[], &[])).await
}

fn client(node: &Node, key: &str) -> Client {
    let address = SocketAddr::from(([127, 0, 0, 1], node.public_port()));
    Client::open_at(address, &format!("/wshub?session_key={key}"), &[])
}

#[tokio::test]
async fn native_publications_reach_clients_and_group_data_reaches_native_members_once_on_every_node() {
    let redis = RedisServer::start().await;
    let nodes = [start("n1", Some(&redis.url())).await, start("n2", Some(&redis.url())).await];
    let mut listener = Listener::start(&redis);
    let mut clients = [client(&nodes[0], "a"), client(&nodes[1], "b")];
    let mut announced = [listener.next().payload, listener.next().payload];
    announced.sort();
    assert_eq!(announced, [b"a", b"b"]);
    for key in ["a", "b"] {
        listener.publish(&format!("ws-hub:groups-new:{key}"), "news");
    }
    let mut members = [native(&nodes[0], "u1").await, native(&nodes[1], "u2").await];
    for member in &mut members {
        member.join("ch:wshub/news").await;
    }

    // any JSON goes out as its text, a string as what it says; the sender is a member like the others
    for (payload, text) in [(json!("hello"), "hello"), (json!({"line": 3}), r#"{"line":3}"#)] {
        let ack = members[0].publish("ch:wshub/news", "chat/said", payload).await;
        assert_eq!(ack.payload().get("pos"), None, "there is no log");
        for client in &mut clients {
            assert_eq!(client.text(), text);
        }
        for member in &mut members {
            let data = member.next_of(DATA).await;
            assert_eq!((data.to(), data.payload()), ("ch:wshub/news", &json!({ "data": text })));
        }
    }
    nodes[1].api().publish("ch:wshub/news", "chat/said", json!("by the server API"));
    listener.publish("ws-hub:group-data:news", "by a service");
    listener.publish("ws-hub:group-data:news", b"\xff");
    for client in &mut clients {
        assert_eq!([client.text(), client.text()], ["by the server API", "by a service"]);
        assert_eq!(client.next().payload, b"\xff");
    }
    for member in &mut members {
        for data in [json!({"data": "by the server API"}), json!({"data": "by a service"}), json!({"base64": "/w=="})] {
            assert_eq!(member.next_of(DATA).await.payload(), &data);
        }
        assert!(member.fence().await.iter().all(|action| action.kind() != DATA), "each message came once");
    }
    clients[0].say("from a client");
    assert_eq!(listener.next(), heard("ws-hub:client-data:a", "from a client"));
}

#[tokio::test]
async fn other_bytes_of_a_group_are_percent_encoded_in_its_channel() {
    let redis = RedisServer::start().await;
    let node = start("n1", Some(&redis.url())).await;
    let mut listener = Listener::start(&redis);
    let mut client = client(&node, "k");
    listener.welcome("k", "café 1/2");
    let mut member = native(&node, "u1").await;
    let channel = "ch:wshub/caf%C3%A9%201%2F2";
    member.join(channel).await;
    member.publish(channel, "x", json!("hi")).await;
    assert_eq!(client.text(), "hi");
    assert_eq!(member.next_of(DATA).await.to(), channel);
    for wrong in ["ch:wshub/1/2", "ch:wshub/%61"] {
        let answer = member.ask(action::publication(wrong, "x", json!("hi"))).await;
        assert_eq!(answer.payload()["code"], "bad_address", "{answer:?}");
    }
}

/// A listener over HTTP: server-sent events.
struct Events(BufReader<TcpStream>);

impl Events {
    fn listen(node: &Node, channel: &str) -> Events {
        let mut stream = TcpStream::connect(("127.0.0.1", node.internal_port())).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let key = settings::API_KEY;
        let request = format!("GET /v1/wshub/{channel} HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {key}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut events = Events(BufReader::new(stream));
        assert!(events.line().starts_with("HTTP/1.1 200 "));
        while events.line() != "event: complete" {}
        events
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the stream ended");
        line.trim_end().to_owned()
    }

    /// The next message; comments that keep the stream alive put no end off.
    fn next(&mut self) -> Value {
        let until = Instant::now() + DEADLINE;
        loop {
            assert!(Instant::now() < until, "a message in time");
            if let Some(data) = self.line().strip_prefix("data: ").filter(|data| *data != "{}") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}

fn post(node: &Node, channel: &str, body: &str) -> (u16, Value) {
    let url = format!("http://127.0.0.1:{}/v1/wshub/{channel}", node.internal_port());
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let request = ureq::Agent::from(config).post(url).header("X-Api-Key", settings::API_KEY);
    let mut response = request.send(body).unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    (response.status().as_u16(), serde_json::from_str(&text).unwrap_or_else(|_| json!(text)))
}

#[tokio::test]
async fn without_redis_the_server_api_has_the_four_channels() {
    let node = start("n1", None).await;
    let mut new = Events::listen(&node, "client-new");
    let mut data = Events::listen(&node, "client-data:*");
    let mut client = client(&node, "a:b%20c");
    assert_eq!(new.next(), json!({"channel": "client-new", "data": "a:b c"}));
    assert_eq!(post(&node, "groups-new:a:b%20c", "1,2,all,news"), (200, json!({"receivers": 1})));
    assert_eq!(post(&node, "group-data:news", "X"), (200, json!({"receivers": 1})));
    assert_eq!(client.text(), "X");
    client.say("hello");
    assert_eq!(data.next(), json!({"channel": "client-data:a:b c", "data": "hello"}));
    assert_eq!(node.api().get("/v1/wshub/clients").body["a:b c"]["groups"], json!(["1", "2", "all", "news"]));

    let mut member = native(&node, "u1").await;
    member.join("ch:wshub/news").await;
    assert_eq!(post(&node, "group-data:news", "Y").0, 200);
    assert_eq!(member.next_of(DATA).await.payload(), &json!({"data": "Y"}));
    assert_eq!(post(&node, "somewhere", "X").0, 404);
    assert_eq!(node.api().with_key("wrong").get("/v1/wshub/clients").status, 401);
}

#[tokio::test]
async fn a_node_that_drains_closes_its_clients_with_1001() {
    let mut node = start("n1", None).await;
    let mut client = client(&node, "k");
    assert_eventually!(node.api().get("/v1/wshub/sessions").body[0]["key"] == "k");
    node.process.signal("TERM");
    assert_eq!(client.0.close_code(), Some(1001));
    assert!(node.process.exit().await.success());
}
