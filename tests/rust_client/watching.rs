//! Who is online, and questions to the application.

use crate::options;
use crate::support::{Application, Does, Login, Node};
use hubwire_client::protocol::UserId;
use hubwire_client::{Code, Event, Hub, Outcome, Profile, RpcError, Watch};
use serde_json::{json, Value};
use std::sync::Arc;
use std::time::Duration;

fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

/// Waits until what a watch knows is as claimed.
async fn until(watch: &mut Watch, what: &str, holds: impl Fn(&hubwire_client::Watching) -> bool) {
    let wait = async {
        while !holds(&watch.now()) {
            watch.changed().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap_or_else(|_| panic!("{what}: {:?}", watch.now()));
}

#[tokio::test]
async fn watched_users_are_heard_of_also_after_the_node_was_away_and_let_go_when_nobody_watches_them() {
    let further = [
        ("HUBWIRE_PRESENCE_LEFT_GRACE_MS", "0"),
        ("HUBWIRE_PRESENCE_DELAY_MS", "0"),
        ("HUBWIRE_PRESENCE_WATCH_MAX", "2"),
    ];
    let mut node = Node::spawn_set("n1", None, &further);
    node.ready().await;
    let ada = Hub::new(options(&node.url(), &Login::user("ada")));
    // before there is a connection
    let mut watch = ada.watch([user("bob"), user("carol")]);
    let mut other = ada.watch([user("bob")]);
    assert!(watch.now().stale);
    ada.connect().await.unwrap();
    until(&mut watch, "the first answer", |it| !it.stale && it.users.len() == 2).await;
    assert!(watch.now().users.values().all(|it| !it.online));
    let bob = Hub::new(options(&node.url(), &Login::user("bob")));
    bob.connect().await.unwrap();
    until(&mut watch, "bob came", |it| it.users[&user("bob")].online).await;
    until(&mut other, "the other watch hears", |it| it.users.len() == 1 && it.users[&user("bob")].sessions == 1).await;

    let profile = Profile { name: Some("Bob".into()), meta: None };
    bob.set_profile(&profile).await.unwrap();
    until(&mut watch, "his profile", |it| it.users[&user("bob")].profile.as_ref() == Some(&profile)).await;

    bob.close(Duration::ZERO).await;
    until(&mut watch, "bob went", |it| !it.users[&user("bob")].online).await;
    node.process.kill();
    until(&mut watch, "the node is away", |it| it.stale).await;
    node.respawn(None);
    node.ready().await;
    let carol = Hub::new(options(&node.url(), &Login::user("carol")));
    carol.connect().await.unwrap();
    until(&mut watch, "carol came meanwhile", |it| !it.stale && it.users[&user("carol")].online).await;

    // bob is still watched by the other: two places are taken until both are gone
    drop(watch);
    drop(other);
    let mut third = ada.watch([user("dave"), user("erin")]);
    until(&mut third, "the places were given back", |it| !it.stale).await;
}

#[tokio::test]
async fn the_application_is_asked_once_and_answers_in_its_own_words() {
    let application = Application::start(|received| match received.body["method"].as_str().unwrap() {
        "sum" => Does::ok(json!(received.body["params"].as_array().unwrap().len())),
        "wrong" => Does::Answers(422, json!({ "why": "no number" }).to_string()),
        _ => Does::Hangs,
    });
    let route = format!("*={}", application.url("/rpc"));
    let further = [
        ("HUBWIRE_RPC_METHODS", &*route),
        ("HUBWIRE_RPC_TIMEOUT_MS", "20000"),
        ("HUBWIRE_APPLICATION_SECRETS", "a secret of the application of at least 32 bytes"),
    ];
    let mut node = Node::spawn_set("n1", None, &further);
    node.ready().await;
    let hub = Hub::new(options(&node.url(), &Login::user("ada")));
    hub.connect().await.unwrap();
    assert_eq!(hub.rpc::<usize>("sum", &[1, 2, 3]).await, Ok(3));
    let wrong = hub.rpc::<Value>("wrong", &json!(null)).await;
    assert_eq!(wrong, Err(RpcError::Application(json!({ "why": "no number" }))));
    assert!(matches!(hub.rpc::<String>("sum", &[1]).await, Err(RpcError::Result(_))));

    let asked = tokio::spawn({
        let hub = hub.clone();
        async move { hub.rpc::<Value>("hangs", &json!(7)).await }
    });
    let hanging = || application.received().iter().filter(|it| it.body["method"] == "hangs").count();
    assert_eventually!(hanging() == 1, "the application was asked");
    node.process.kill();
    let Err(RpcError::Hub(error)) = asked.await.unwrap() else { panic!("nobody answered") };
    assert_eq!((error.code, error.outcome), (Code::Disconnected, Outcome::Unknown));
    node.respawn(None);
    node.ready().await;
    hub.connect().await.unwrap();
    assert_eq!(hub.rpc::<usize>("sum", &[1]).await, Ok(1));
    assert_eq!(hanging(), 1, "what may have been done is not asked again");
}

#[tokio::test]
async fn the_application_asks_a_session_which_answers_fails_or_knows_no_such_method() {
    let node = Node::start("n1", None).await;
    let hub = Hub::new(options(&node.url(), &Login::member("ada")));
    hub.connect().await.unwrap();
    let mut events = hub.events();
    let size = hub.serve("size", |params| async move { Ok(json!({ "width": params.as_u64().unwrap() * 2 })) });
    let _refuses = hub.serve("refuses", |_| async { Err(json!({ "why": "no screen" })) });
    let _breaks = hub.serve("breaks", |_| async { panic!("as it was told to") });
    let session = hub.welcome().unwrap().session.clone();
    let api = Arc::new(node.api());
    let call = move |method: &str| {
        let body = json!({ "method": method, "params": 21, "timeout_ms": 10_000 });
        let path = format!("/v1/sessions/{session}/rpc");
        let api = api.clone();
        async move { tokio::task::spawn_blocking(move || api.post(&path, body).body).await.unwrap() }
    };
    assert_eq!(call("size").await["result"], json!({ "width": 42 }));
    assert_eq!(call("refuses").await["error"], json!({ "why": "no screen" }));
    assert_eq!(call("breaks").await["error"]["code"], json!("failed"));
    let told = loop {
        if let Event::Error(error) = events.next().await.unwrap() {
            break error.message;
        }
    };
    assert_eq!(told, "what answers breaks panicked");
    drop(size);
    assert_eq!(call("size").await["error"]["code"], json!("unknown_method"));
}

/// The answer to a watch of users with long profiles comes in parts; the client asks for all of them.
#[tokio::test]
async fn a_watch_of_users_with_long_profiles_knows_all_of_them() {
    const USERS: usize = 80;
    let mut node = Node::spawn_set("n1", None, &[]);
    node.ready().await;
    let names: Vec<String> = (0..USERS).map(|number| format!("long{number:03}")).collect();
    let meta = json!({ "text": "x".repeat(1000) });
    for name in &names {
        assert_eq!(node.api().put(&format!("/v1/users/{name}/profile"), json!({ "meta": meta })).status, 204);
    }
    let ada = Hub::new(options(&node.url(), &Login::user("ada")));
    ada.connect().await.unwrap();
    let mut watch = ada.watch(names.iter().map(|name| user(name)));
    until(&mut watch, "the answer", |it| !it.stale).await;
    assert_eq!(watch.now().users.len(), USERS, "all of them once it is not stale");
    assert!(watch.now().users.values().all(|it| it.profile.is_some()));
}
