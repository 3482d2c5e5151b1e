//! An application that speaks the format of Centrifugo's proxies decides what these clients may do.

use super::transports::{post, Response};
use super::{does_the_jobs, socket, start, SCRIPTS};
use crate::foreign_clients::installed;
use crate::support::application::Received;
use crate::support::{Application, Does, Node};
use hubwire_actors::environment::Environment;
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

/// Unix seconds, so far from now.
fn at(seconds: u64) -> u64 {
    Environment::real().unix_ms() / 1000 + seconds
}

fn error(code: u32) -> Does {
    Does::ok(json!({ "error": { "code": code, "message": "no" } }))
}

fn result(result: Value) -> Does {
    Does::ok(json!({ "result": result }))
}

/// What the clients' program expects. `times`: how often something was asked.
fn decide(received: &Received, times: &Mutex<BTreeMap<String, usize>>) -> Does {
    let body = &received.body;
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let nth = |what: String| {
        let mut times = times.lock().unwrap();
        let count = times.entry(what).or_default();
        *count += 1;
        *count
    };
    match received.path.as_str() {
        "/connect" => {
            let login = body["data"]["login"].as_str().unwrap_or_default();
            match login.rsplit('-').next().unwrap_or_default() {
                "ada" => {
                    let subs = json!({ "chat:given": { "data": { "seat": 7 } }, "chat:plain": { "b64data": "WzFd" } });
                    let data = json!({ "hello": login });
                    let channels = ["chat:given"];
                    result(json!({
                        "user": login, "channels": channels, "subs": subs, "data": data, "expire_at": at(1),
                    }))
                }
                "later" if nth(login.into()) == 1 => Does::status(500),
                "later" | "short" => result(json!({ "user": login })),
                "over" => result(json!({ "user": login, "expire_at": at(1) })),
                "banned" => Does::ok(json!({ "disconnect": { "code": 4501, "reason": "banned" } })),
                _ => error(1000),
            }
        }
        "/refresh" if text("user").ends_with("-over") => result(json!({ "expired": true })),
        "/refresh" => result(json!({ "expire_at": at(3600) })),
        "/subscribe" => match text("channel").as_str() {
            "chat:open" => result(json!({})),
            "chat:short" if nth(text("user")) == 1 => result(json!({ "expire_at": at(1) })),
            "chat:short" => result(json!({})),
            "chat:end" => Does::ok(json!({ "disconnect": { "code": 4502, "reason": "end" } })),
            _ => error(1003),
        },
        "/sub_refresh" => result(json!({ "expired": true })),
        "/publish" if body["data"]["n"] == 1 => result(json!({ "data": { "n": 1, "seen": true } })),
        "/publish" => error(1004),
        "/rpc" if text("method") == "sum" => result(json!({ "data": { "method": "sum", "data": body["data"] } })),
        "/rpc" if text("method") == "wrong" => error(1005),
        _ => Does::ok(json!("no decision")),
    }
}

#[tokio::test]
async fn the_application_decides_by_proxies_in_both_formats() {
    installed("node_modules/centrifuge");
    let times = Mutex::default();
    let application = Application::start(move |received| decide(received, &times));
    let url = |path: &str| application.url(path);
    let urls = ["/connect", "/refresh", "/subscribe", "/sub_refresh", "/publish", "/rpc"].map(url);
    let settings: Vec<(&'static str, &str)> = vec![
        ("HUBWIRE_CENTRIFUGE_ENABLED", "true"),
        ("HUBWIRE_CENTRIFUGE_NAMESPACES", "chat acme subscribe_proxy publish_proxy"),
        ("HUBWIRE_CENTRIFUGE_PROXY_CONNECT_URL", &urls[0]),
        ("HUBWIRE_CENTRIFUGE_PROXY_REFRESH_URL", &urls[1]),
        ("HUBWIRE_CENTRIFUGE_PROXY_SUBSCRIBE_URL", &urls[2]),
        ("HUBWIRE_CENTRIFUGE_PROXY_SUB_REFRESH_URL", &urls[3]),
        ("HUBWIRE_CENTRIFUGE_PROXY_PUBLISH_URL", &urls[4]),
        ("HUBWIRE_CENTRIFUGE_PROXY_RPC_URL", &urls[5]),
        ("HUBWIRE_CENTRIFUGE_PROXY_HEADERS", "cookie"),
        ("HUBWIRE_CENTRIFUGE_PROXY_TIMEOUT_MS", "5000"),
        ("HUBWIRE_APPLICATION_FAILURES_MAX", "1000"),
    ];
    let mut node = Node::spawn_set("n1", None, &settings);
    node.ready().await;
    let url = socket(node.public_port());
    let program = format!("{SCRIPTS}/proxied.cjs");
    let run = |format| start(Path::new("node"), &[&program, &url, format], "");
    for process in [run("json"), run("protobuf")] {
        does_the_jobs(process).await;
    }
    // without a socket, and with the header of another client
    let connect =
        post("/connection/http_stream", r#"{"id":1,"connect":{}}"#).replace("Host: x", "Host: x\r\nCookie: sid=8");
    let streamed = Response::open(node.public_port(), &connect);
    assert_eventually!(streamed.text().contains(r#""id":1"#), "{}", streamed.text());
    let received = application.received();
    let by_stream = |it: &Received| it.headers["cookie"] == "sid=8";
    let (streamed, received): (Vec<_>, Vec<_>) = received.into_iter().partition(by_stream);
    assert!(streamed.iter().all(|it| it.body["transport"] == "http_stream") && streamed.len() == 1, "{streamed:#?}");
    assert!(received.iter().all(|it| it.headers["cookie"] == "sid=7"), "whatever is asked: {received:#?}");
    let of = |path: &str| received.iter().filter(|it| it.path == path).collect::<Vec<_>>();
    let is_whole = |it: &&Received, protocol: &str| {
        let id = it.body["client"].as_str().is_some_and(|client| client.len() == 36);
        id && it.body["transport"] == "websocket" && it.body["protocol"] == protocol && it.body["encoding"] == "json"
    };
    assert!(received.iter().all(|it| is_whole(&it, "json") || is_whole(&it, "protobuf")), "{received:#?}");
    assert!(of("/connect").iter().all(|it| it.headers["cookie"] == "sid=7" && it.body.get("user").is_none()));
    // one connection has one id, whatever is asked
    let ada = of("/publish")[0];
    assert!(of("/connect").iter().any(|it| it.body["client"] == ada.body["client"]), "{ada:?}");
    assert!(of("/subscribe")
        .iter()
        .any(|it| it.body["client"] == ada.body["client"] && it.body["channel"] == "chat:open"));
    assert!(of("/refresh").iter().all(|it| it.body["user"].is_string()) && !of("/refresh").is_empty());
    assert!(of("/sub_refresh").iter().all(|it| it.body["channel"] == "chat:short"));
    assert_eq!(of("/sub_refresh").len(), 2, "one for each format");
}
