//! The server API of Centrifugo, asked by plain HTTP and by its official Python library.

use crate::centrifuge::{does_the_jobs, socket, SETTINGS};
use crate::foreign_clients::installed;
use crate::support::action::control_at;
use crate::support::settings::{API_KEY, JWT_SECRET};
use crate::support::{Cluster, Codec, Login, Node, Process, Stack};
use serde_json::{json, Value};

/// Requests and what they are answered, one after the other; `…` stands for any value.
const GOLDEN: &str = include_str!("../centrifuge/api.json");

fn fits(answer: &Value, expected: &Value) -> bool {
    match (answer, expected) {
        (answer, Value::String(any)) if any == "…" => !answer.is_null(),
        (Value::Object(answer), Value::Object(expected)) => {
            let every = |(key, expected): (&String, &Value)| answer.get(key).is_some_and(|value| fits(value, expected));
            answer.len() == expected.len() && expected.iter().all(every)
        }
        (Value::Array(answer), Value::Array(expected)) => {
            answer.len() == expected.len() && answer.iter().zip(expected).all(|(one, other)| fits(one, other))
        }
        (answer, expected) => answer == expected,
    }
}

#[tokio::test]
async fn each_request_is_answered_as_its_vector_says() {
    let mut node = Node::spawn_set("n1", None, &SETTINGS);
    node.ready().await;
    let api = node.api();
    let asked: Vec<Value> = serde_json::from_str(GOLDEN).unwrap();
    let mut positions = Vec::new();
    for request in asked {
        let reply = api.post(request["path"].as_str().unwrap(), request["body"].clone());
        assert_eq!(json!(reply.status), request.get("status").cloned().unwrap_or(json!(200)), "{request}: {reply:?}");
        assert!(fits(&reply.body, &request["answer"]), "{request}: {reply:?}");
        positions.push(reply.body["result"].clone());
    }
    assert_eq!(positions[0], positions[1], "the same key is the same publication");
}

#[tokio::test]
async fn a_key_is_shown_in_three_ways_and_is_good_for_its_scopes_only() {
    const KEY: &str = "a key that may only look around in here";
    let keys = format!("{API_KEY},@reader:read:{KEY}");
    let settings = [&SETTINGS[..], &[("HUBWIRE_AUTH_API_KEYS", keys.as_str())]].concat();
    let settings: Vec<(&'static str, &str)> = settings;
    let mut node = Node::spawn_set("n1", None, &settings);
    node.ready().await;
    let base = format!("http://127.0.0.1:{}", node.internal_port());
    let ask = |path: &str, header: (&str, String)| {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let request = ureq::Agent::from(config).post(format!("{base}{path}")).header(header.0, header.1);
        // as curl declares it
        let mut response = request
            .header("content-type", "application/x-www-form-urlencoded")
            .send(r#"{"channel":"chat:a","data":1}"#);
        let response = response.as_mut().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    };
    for header in [
        ("X-API-Key", KEY.to_owned()),
        ("Authorization", format!("apikey {KEY}")),
        ("Authorization", format!("Bearer {KEY}")),
    ] {
        let (status, body) = ask("/api/presence_stats", header.clone());
        assert_eq!((status, body.as_str()), (200, r#"{"result":{"num_clients":0,"num_users":0}}"#), "{header:?}");
        let (status, body) = ask("/api/publish", header);
        let refused: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &refused["error"]["code"]), (200, &json!(103)), "{body}");
    }
    assert_eq!(ask("/api/info", ("X-API-Key", "another".into())).0, 401);
    assert_eq!(node.api().get("/api/info").status, 405);
}

#[tokio::test]
async fn without_the_option_there_is_no_such_api() {
    let node = Node::start("n1", None).await;
    assert_eq!(node.api().post("/api/info", json!({})).status, 404);
    let public = crate::support::Api::new(node.public_port());
    assert_eq!(public.post("/api/info", json!({})).status, 404);
}

#[tokio::test]
async fn the_library_of_pypi_reaches_clients_of_both_kinds_on_two_nodes() {
    let python = installed("venv/bin/python");
    let cluster = Cluster::start_with(Stack::Redis, &SETTINGS).await;
    let mut own = cluster.connect(1, Codec::Msgpack, &Login::member("own")).await;
    own.send(&control_at("ch:acme/chat/api", "@@hub/join", json!({}))).await;
    own.next("joined", |it| it.kind() == "@@hub/joined").await;
    let environment = [
        ("CENTRIFUGE_TEST_URLS", [0, 1].map(|node| socket(cluster.node(node).public_port())).join(",")),
        ("CENTRIFUGE_TEST_SECRET", JWT_SECRET.to_string()),
        ("CENTRIFUGE_TEST_API", format!("http://127.0.0.1:{}/api", cluster.node(0).internal_port())),
        ("CENTRIFUGE_TEST_API_KEY", API_KEY.to_string()),
    ];
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/centrifuge/api.py");
    does_the_jobs(Process::start("api.py", &python, [script], &environment)).await;
    for n in 1..=3 {
        let heard = own.next("publication", |it| it.kind() == "publication").await;
        assert_eq!(heard.payload(), &json!({ "n": n }));
    }
}
