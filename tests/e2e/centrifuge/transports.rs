//! The clients without sockets, and those that only listen.

use super::raw::Raw;
use super::{cluster, does_the_jobs, start, SCRIPTS};
use crate::foreign_clients::installed;
use crate::support::{Login, Stack};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

#[tokio::test]
async fn the_client_of_npm_does_the_jobs_without_websockets_whichever_node_gets_its_posts() {
    installed("node_modules/centrifuge");
    let cluster = cluster(Stack::Balanced).await;
    let url = cluster.url(0).replace("/ws", "/connection/websocket");
    let script = format!("{SCRIPTS}/jobs.cjs");
    let npm = |format, transport| start(Path::new("node"), &[&script, format, transport], &url);
    for process in [npm("json", "http_stream"), npm("protobuf", "http_stream"), npm("json", "sse")] {
        does_the_jobs(process).await;
    }
}

/// A response that goes on, as far as it came.
pub(super) struct Response(Arc<Mutex<String>>);

impl Response {
    pub fn open(port: u16, request: &str) -> Response {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let text = Arc::new(Mutex::new(String::new()));
        let read = text.clone();
        thread::spawn(move || {
            let mut lines = BufReader::new(stream);
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|count| count > 0) {
                read.lock().unwrap().push_str(&std::mem::take(&mut line));
            }
        });
        Response(text)
    }

    pub fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

pub(super) fn post(path: &str, body: &str) -> String {
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json");
    format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}")
}

#[tokio::test]
async fn who_only_listens_hears_the_channels_of_its_token_by_sse_by_a_stream_and_by_a_socket() {
    let cluster = cluster(Stack::Redis).await;
    let (port, channel) = (cluster.node(0).public_port(), "chat:listened");
    let login = Login::member("u1").claim("channels", json!([channel]));
    let connect = json!({ "token": login.token() }).to_string();
    let in_query: String = connect.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let by_query = format!("GET /connection/uni_sse?cf_connect={in_query} HTTP/1.1\r\nHost: x\r\n\r\n");
    let responses = [
        Response::open(port, &by_query),
        Response::open(port, &post("/connection/uni_sse", &connect)),
        Response::open(port, &post("/connection/uni_http_stream", &connect)),
    ];
    let mut socket = Raw::open(&format!("ws://127.0.0.1:{port}/connection/uni_websocket")).await;
    socket.send(&connect).await;
    let connected = socket.next("connect", |it| it["connect"].is_object()).await;
    assert!(connected["connect"]["subs"][channel].is_object() && connected["connect"]["pong"].is_null(), "{connected}");
    socket.send("nobody looks at this").await;
    for response in &responses {
        let text = || response.text();
        assert_eventually!(text().contains(r#"{"connect":{"client":""#) && text().contains(channel), "{}", text());
    }
    let api = cluster.api(1);
    let publish = move || drop(api.publish("ch:acme/chat/listened", "publication", json!({ "n": 1 })));
    tokio::task::spawn_blocking(publish).await.unwrap();
    let heard = socket.next("a publication", |it| !it["pub"].is_null()).await;
    assert_eq!((&heard["channel"], &heard["pub"]["data"]), (&json!(channel), &json!({ "n": 1 })));
    for response in &responses {
        let text = || response.text();
        let expected = format!(r#"{{"channel":"{channel}","pub":{{"data":{{"#);
        assert_eventually!(text().contains(&expected) && !text().contains(r#"{"push""#), "{}", text());
    }
}

#[tokio::test]
async fn a_post_reaches_no_session_without_its_key_and_a_wrong_token_ends_the_response() {
    let cluster = cluster(Stack::Redis).await;
    let port = cluster.node(0).public_port();
    let connect = json!({ "id": 1, "connect": { "token": Login::member("u1").token() } }).to_string();
    let response = Response::open(port, &post("/connection/http_stream", &connect));
    assert_eventually!(response.text().contains(r#""session":""#), "{}", response.text());
    let text = response.text();
    let session = text.split(r#""session":""#).nth(1).unwrap().split('"').next().unwrap();
    let (id, key) = session.split_once('.').unwrap();
    let command = json!({ "id": 2, "subscribe": { "channel": "chat:posted" } }).to_string();
    let status = |session: String| {
        let body = json!({ "session": session, "node": "whatever", "data": command }).to_string();
        // the other node forwards the posts it receives
        let mut stream = TcpStream::connect(("127.0.0.1", cluster.node(1).public_port())).unwrap();
        let request = post("/emulation", &body).replace("Host: x", "Host: x\r\nConnection: close");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    let forged: String = key.chars().rev().collect();
    assert_eq!([status(format!("{id}.{forged}")), status(id.into()), status("x.y".into())], ["404"; 3]);
    assert!(!response.text().contains(r#""id":2"#));
    assert_eq!(status(session.into()), "204");
    assert_eventually!(response.text().contains(r#"{"id":2,"subscribe":{"#), "{}", response.text());

    let wrong = json!({ "id": 1, "connect": { "token": "no.good.token" } }).to_string();
    let refused = Response::open(port, &post("/connection/http_stream", &wrong));
    let expected = r#"{"push":{"disconnect":{"code":3500,"reason":"invalid token"}}}"#;
    assert_eventually!(refused.text().contains(expected), "{}", refused.text());
}
