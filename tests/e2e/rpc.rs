//! Remote procedure calls: clients ask the application, and the application asks one client.

use crate::support::action::control;
use crate::support::{Api, Application, Client, Cluster, Codec, Does, Login, Stack};
use serde_json::{json, Value};
use std::thread::JoinHandle;

/// An application that adds, promises, refuses, hangs and fails.
fn application() -> Application {
    Application::start(|received| match received.body["method"].as_str().unwrap() {
        "math/add" => {
            let params = &received.body["params"];
            Does::ok(json!({ "sum": params["a"].as_i64().unwrap() + params["b"].as_i64().unwrap() }))
        }
        "math/nothing" => Does::status(204),
        "math/later" => Does::status(202),
        "math/wrong" => Does::Answers(422, json!({ "why": "not a number" }).to_string()),
        "math/forbidden" => Does::status(403),
        "math/slow" => Does::Hangs,
        "math/broken" => Does::status(500),
        "math/gone" => Does::Breaks,
        _ => Does::status(404),
    })
}

async fn start(stack: Stack, application: &Application, further: &[(&'static str, &str)]) -> Cluster {
    let route = format!("math/*={}", application.url("/rpc"));
    let mut settings = vec![
        ("HUBWIRE_RPC_METHODS", &*route),
        ("HUBWIRE_RPC_TIMEOUT_MS", "500"),
        ("HUBWIRE_APPLICATION_SECRETS", "a secret of the application of at least 32 bytes"),
    ];
    settings.extend(further);
    Cluster::start_with(stack, &settings).await
}

fn rpc(method: &str, params: Value) -> Value {
    control("@@hub/rpc", json!({ "method": method, "params": params }))
}

fn session_of(client: &Client) -> String {
    client.welcome()["session"].as_str().unwrap().to_string()
}

/// Asks without blocking the clients of the test.
fn post(api: Api, path: String, body: Value) -> JoinHandle<(u16, Value)> {
    std::thread::spawn(move || {
        let reply = api.post(&path, body);
        (reply.status, reply.body)
    })
}

macro_rules! with_application {
    ($($scenario:ident),+ $(,)?) => {$(
        mod $scenario {
            use super::*;

            #[tokio::test]
            async fn memory_json() {
                super::run_on(Stack::Memory, Codec::Json, $scenario).await;
            }

            #[tokio::test]
            async fn redis_msgpack() {
                super::run_on(Stack::Redis, Codec::Msgpack, $scenario).await;
            }

            async fn $scenario(cluster: Cluster, codec: Codec, application: Application) {
                super::scenarios::$scenario(cluster, codec, application).await;
            }
        }
    )+};
}

async fn run_on<F: std::future::Future<Output = ()>>(
    stack: Stack,
    codec: Codec,
    scenario: impl FnOnce(Cluster, Codec, Application) -> F,
) {
    let application = application();
    let cluster = start(stack, &application, &[]).await;
    scenario(cluster, codec, application).await;
}

with_application!(
    a_client_asks_the_application_and_only_it_gets_the_answer,
    what_goes_wrong_is_said_with_a_code,
    a_promised_answer_comes_by_the_server_api_once,
    the_application_asks_one_session_and_gets_its_reply,
    a_call_ends_with_its_session_or_with_its_time,
);

mod scenarios {
    use super::*;

    pub async fn a_client_asks_the_application_and_only_it_gets_the_answer(
        cluster: Cluster,
        codec: Codec,
        application: Application,
    ) {
        let login = Login::admin("ada");
        let mut client = cluster.connect(1, codec, &login).await;
        let mut other = cluster.connect(2, codec, &login).await;
        // pipelined: each answer names its question
        for (id, b) in [("q1", 2), ("q2", 3)] {
            let mut question = rpc("math/add", json!({ "a": 1, "b": b }));
            question["meta"] = json!({ "hub": { "id": id } });
            client.send(&question).await;
        }
        for (id, sum) in [("q1", 3), ("q2", 4)] {
            let answer = client.next(id, |it| *it.hub("re") == json!(id)).await;
            assert_eq!((answer.kind(), &answer.payload()["result"]["sum"]), ("@@hub/reply", &json!(sum)));
        }
        let nothing = client.ask(rpc("math/nothing", json!(null))).await;
        assert_eq!(nothing.payload(), &json!({ "result": null }));
        assert!(other.fence().await.is_empty(), "another session of the user hears nothing");

        let received = &application.received()[0];
        assert_eq!(received.path, "/rpc");
        assert_eq!(received.body["from"]["user"], "ada");
        assert_eq!(received.body["from"]["session"], client.welcome()["session"]);
        assert_eq!(received.body["from"]["orgs"]["acme"]["roles"], json!(["admin"]));
        assert!(received.headers["x-hubwire-signature"].starts_with("t="), "{received:?}");
    }

    pub async fn what_goes_wrong_is_said_with_a_code(cluster: Cluster, codec: Codec, _application: Application) {
        let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
        for (method, code) in [
            ("math/unknown", "not_found"),
            ("orders/find", "not_found"),
            ("math/forbidden", "forbidden"),
            ("math/slow", "timeout"),
            ("math/broken", "timeout"),
            ("math/gone", "timeout"),
        ] {
            let answer = client.ask(rpc(method, json!([]))).await;
            assert_eq!(answer.code(), code, "{method}: {answer:?}");
        }
        let refused = client.ask(rpc("math/wrong", json!("x"))).await;
        assert_eq!(refused.payload(), &json!({ "error": { "why": "not a number" } }));
        let mut nameless = rpc("math/add", json!({}));
        nameless["meta"] = json!({ "hub": {} });
        client.send(&nameless).await;
        assert_eq!(client.next_of("@@hub/error").await.code(), "bad_action");
    }

    pub async fn a_promised_answer_comes_by_the_server_api_once(
        cluster: Cluster,
        codec: Codec,
        application: Application,
    ) {
        let mut client = cluster.connect(1, codec, &Login::member("ada")).await;
        let mut question = rpc("math/later", json!([7]));
        question["meta"] = json!({ "hub": { "id": "late-1" } });
        client.send(&question).await;
        assert_eventually!(application.received().len() == 1, "the application is asked");
        assert_eq!(application.received()[0].body["id"], "late-1");
        // by any node: the session says where it is. The node may not have read the promise yet,
        // so it is given until taken
        let (path, session) = ("reply", session_of(&client));
        let api = cluster.api(0);
        let body = json!({ "re": "late-1", "result": { "sum": 7 } });
        let mut answer;
        assert_eventually!(
            {
                api.ok(api.post(&format!("/v1/sessions/{session}/{path}"), body.clone()));
                answer = client.fence().await.into_iter().find(|it| it.kind() == "@@hub/reply");
                answer.is_some()
            },
            "the reply is passed on"
        );
        let answer = answer.unwrap();
        assert_eq!((answer.hub("re"), answer.payload()), (&json!("late-1"), &json!({ "result": { "sum": 7 } })));
        api.ok(api.post(&format!("/v1/sessions/{session}/{path}"), body));
        assert!(client.fence().await.is_empty(), "a second answer is of no use");
    }

    pub async fn the_application_asks_one_session_and_gets_its_reply(
        cluster: Cluster,
        codec: Codec,
        _application: Application,
    ) {
        let login = Login::member("ada");
        let mut client = cluster.connect(1, codec, &login).await;
        let mut other = cluster.connect(1, codec, &login).await;
        let path = format!("/v1/sessions/{}/rpc", session_of(&client));
        let body = json!({ "method": "screen/size", "params": { "of": "main" } });
        let asked = post(cluster.api(0), path.clone(), body);
        let call = client.next_of("@@hub/rpc").await;
        assert_eq!(call.payload()["method"], "screen/size");
        assert_eq!(call.payload()["params"], json!({ "of": "main" }));
        let number = &call.payload()["call"];
        let reply = control("@@hub/reply", json!({ "call": number, "result": [800, 600] }));
        assert_eq!(client.ask(reply.clone()).await.kind(), "@@hub/ack");
        assert_eq!(asked.join().unwrap(), (200, json!({ "result": [800, 600] })));
        assert_eq!(client.ask(reply).await.code(), "not_found", "it was replied to");

        // another session cannot reply for it, and hears nothing
        let asked = post(cluster.api(2), path, json!({ "method": "screen/size" }));
        let call = client.next_of("@@hub/rpc").await;
        let number = &call.payload()["call"];
        let reply = |value: Value| control("@@hub/reply", json!({ "call": number, "error": value }));
        assert_eq!(other.ask(reply(json!("forged"))).await.code(), "not_found");
        client.send(&reply(json!({ "why": "no screen" }))).await;
        assert_eq!(asked.join().unwrap(), (200, json!({ "error": { "why": "no screen" } })));
        assert!(other.fence().await.is_empty());
    }

    pub async fn a_call_ends_with_its_session_or_with_its_time(
        cluster: Cluster,
        codec: Codec,
        _application: Application,
    ) {
        let mut client = cluster.connect(1, codec, &Login::member("ada")).await;
        let path = format!("/v1/sessions/{}/rpc", session_of(&client));
        let late = post(cluster.api(0), path.clone(), json!({ "method": "m", "timeout_ms": 200 }));
        let call = client.next_of("@@hub/rpc").await;
        let (status, body) = late.join().unwrap();
        assert_eq!((status, &body["error"]["code"]), (504, &json!("timeout")));
        let reply = control("@@hub/reply", json!({ "call": call.payload()["call"], "result": 1 }));
        assert_eventually!(client.ask(reply.clone()).await.kind() == "@@hub/error", "too late");

        let asked = post(cluster.api(0), path.clone(), json!({ "method": "m" }));
        client.next_of("@@hub/rpc").await;
        client.close().await;
        let (status, body) = asked.join().unwrap();
        assert_eq!((status, &body["error"]["code"]), (404, &json!("not_found")), "{body}");
        let (status, _) = post(cluster.api(0), path, json!({ "method": "m" })).join().unwrap();
        assert_eq!(status, 404, "there is no such session");
    }
}

#[tokio::test]
async fn a_promise_that_is_not_kept_ends_with_a_timeout() {
    let application = application();
    let cluster = start(Stack::Memory, &application, &[("HUBWIRE_RPC_LATE_TIMEOUT_MS", "100")]).await;
    let mut client = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    assert_eq!(client.ask(rpc("math/later", json!([]))).await.code(), "timeout");
}

#[tokio::test]
async fn an_application_that_fails_again_and_again_is_left_alone_for_a_while() {
    let application = application();
    let further = [("HUBWIRE_APPLICATION_FAILURES_MAX", "2"), ("HUBWIRE_APPLICATION_PAUSE_MS", "300")];
    let cluster = start(Stack::Memory, &application, &further).await;
    let mut client = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    for _ in 0..2 {
        assert_eq!(client.ask(rpc("math/broken", json!([]))).await.code(), "timeout");
    }
    let add = || rpc("math/add", json!({ "a": 1, "b": 1 }));
    let refused = client.ask(add()).await;
    assert_eq!(refused.code(), "overloaded");
    assert!(refused.payload()["retry_after_ms"].as_u64().unwrap() <= 300, "{refused:?}");
    assert_eq!(application.received().len(), 2, "it was not asked");
    assert_eventually!(client.ask(add()).await.kind() == "@@hub/reply", "it is asked again when the pause is over");
}

#[tokio::test]
async fn without_routes_nothing_can_be_called_and_nothing_runs() {
    let cluster = Cluster::start(Stack::Memory).await;
    let mut client = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    assert_eq!(client.ask(rpc("math/add", json!({}))).await.code(), "not_found");
    let (_, page) = cluster.api(0).text("/metrics");
    assert!(!page.contains("hubwire_application"), "no metric of what is off");
    let threads = std::fs::read_dir(format!("/proc/{}/task", cluster.node(0).process.id())).unwrap();
    let names = threads.map(|it| std::fs::read_to_string(it.unwrap().path().join("comm")).unwrap_or_default());
    assert!(!names.into_iter().any(|name| name.trim() == "application"), "no thread either");
}
