//! Hooks: the application decides which users connect, join and publish.

use crate::support::action::{control, control_at, publication};
use crate::support::application::Received;
use crate::support::{Application, Client, Cluster, Codec, Does, Login, Offer, Stack};
use serde_json::{json, Value};

const CHANNEL: &str = "ch:acme/order/1842";
const FORBIDDEN: &str = "ch:acme/salaries";

/// An application where `salaries` are for nobody, and actions of the type `order/deleted` neither.
fn decide(received: &Received) -> Does {
    let denied = received.body["to"] == FORBIDDEN || received.body["type"] == "order/deleted";
    Does::ok(match denied {
        true => json!({ "allow": false, "reason": "not yours" }),
        false => json!({ "allow": true }),
    })
}

/// A cluster that asks the application at the URLs named.
async fn start(stack: Stack, application: &Application, hooks: &[&str], further: &[(&'static str, &str)]) -> Cluster {
    let url = application.url("/decide");
    let mut settings = further.to_vec();
    for hook in hooks {
        settings.push(match *hook {
            "connect" => ("HUBWIRE_HOOKS_CONNECT_URL", &*url),
            "join" => ("HUBWIRE_HOOKS_JOIN_URL", &*url),
            _ => ("HUBWIRE_HOOKS_PUBLISH_URL", &*url),
        });
    }
    Cluster::start_with(stack, &settings).await
}

fn asked(application: &Application, action: &str) -> Vec<Value> {
    let received = application.received().into_iter().map(|received| received.body);
    received.filter(|body| body["action"] == action).collect()
}

#[tokio::test]
async fn the_application_decides_who_joins_a_channel_of_a_node_alone() {
    the_application_decides_who_joins(Stack::Memory, Codec::Json).await;
}

#[tokio::test]
async fn the_application_decides_who_joins_a_channel_of_a_cluster() {
    the_application_decides_who_joins(Stack::Redis, Codec::Msgpack).await;
}

/// Through join, view, resume and history; the node does not ask again for a channel that was allowed.
async fn the_application_decides_who_joins(stack: Stack, codec: Codec) {
    let application = Application::start(decide);
    let cluster = start(stack, &application, &["join"], &[]).await;
    let mut client = cluster.connect(1, codec, &Login::member("ada")).await;
    client.join(CHANNEL).await;
    for kind in ["@@hub/join", "@@hub/view", "@@hub/history"] {
        let refused = client.ask(control_at(FORBIDDEN, kind, json!({}))).await;
        assert_eq!((refused.kind(), refused.code()), ("@@hub/error", "forbidden"), "{kind}");
        assert_eq!(refused.payload()["message"], "not yours");
    }
    let positions = json!({ "positions": { FORBIDDEN: { "from": "now" }, CHANNEL: { "from": "now" } } });
    client.send(&control("@@hub/resume", positions)).await;
    let refused = client.next("refused", |it| it.kind() == "@@hub/resumed" && it.to() == FORBIDDEN).await;
    assert_eq!(refused.payload()["error"]["code"], "forbidden");
    client.next("resumed", |it| it.kind() == "@@hub/resumed" && it.to() == CHANNEL).await;
    let history = client.ask(control_at(CHANNEL, "@@hub/history", json!({}))).await;
    assert_eq!(history.kind(), "@@hub/history", "{history:?}");

    let questions = asked(&application, "join");
    assert_eq!(questions.len(), 2, "once per channel: {questions:?}");
    assert_eq!(questions[0]["to"], CHANNEL);
    assert_eq!(questions[0]["from"]["user"], "ada");
    // each session is asked about separately, and so is a publication to a channel that was not joined
    client.join(CHANNEL).await;
    client.publish(CHANNEL, "order/paid", Value::Null).await;
    client.next_of("order/paid").await;
    let mut second = cluster.connect(0, codec, &Login::member("ada")).await;
    second.join(CHANNEL).await;
    assert_eq!(asked(&application, "join").len(), 3);
}

#[tokio::test]
async fn a_channel_named_in_the_first_message_is_asked_about() {
    let application = Application::start(decide);
    let cluster = start(Stack::Memory, &application, &["join"], &[]).await;
    let login = Login::member("ada");
    let mut client = Client::open(&cluster.url(0), Codec::Json, &Offer::codec(Codec::Json)).await.unwrap();
    let resume = json!({ FORBIDDEN: { "from": "now" }, CHANNEL: { "from": "now" } });
    client.send(&control("@@hub/auth", json!({ "token": login.token(), "resume": resume }))).await;
    let refused = client.next("refused", |it| it.kind() == "@@hub/resumed" && it.to() == FORBIDDEN).await;
    assert_eq!(refused.payload()["error"]["code"], "forbidden");
    client.next("resumed", |it| it.kind() == "@@hub/resumed" && it.to() == CHANNEL).await;
}

#[tokio::test]
async fn the_application_decides_what_is_published_and_the_order_stays() {
    let application = Application::start(decide);
    let cluster = start(Stack::Redis, &application, &["publish", "join"], &[]).await;
    let mut client = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    let mut other = cluster.connect(1, Codec::Json, &Login::member("bob")).await;
    other.join(CHANNEL).await;
    // joined and written to in one frame, with a type that has to be asked for between two
    let action = |kind: &str, n: u32| publication(CHANNEL, kind, json!(n));
    let mut refused = action("order/deleted", 9);
    refused["meta"]["hub"]["id"] = json!("refused");
    let frame = json!([
        control_at(CHANNEL, "@@hub/join", json!({})),
        action("order/paid", 1),
        refused,
        action("order/sent", 2),
        action("order/paid", 3),
        action("order/seen", 4),
    ]);
    client.send(&frame).await;
    let error = client.next("the refusal", |it| *it.hub("re") == json!("refused")).await;
    assert_eq!((error.code(), &error.payload()["message"]), ("forbidden", &json!("not yours")));
    let seen: Vec<Value> =
        other.publications_until("order/seen").await.into_iter().map(|(_, payload)| payload).collect();
    assert_eq!(seen, [json!(1), json!(2), json!(3), json!(4)]);
    assert_eq!(asked(&application, "publish").len(), 4, "once per type");
    // direct messages are asked about as well
    client.publish("user:bob", "chat/whisper", Value::Null).await;
    assert_eq!(asked(&application, "publish").last().unwrap()["to"], "user:bob");
}

#[tokio::test]
async fn without_an_answer_nothing_is_allowed_unless_the_configuration_says_so() {
    let application = Application::start(|_| Does::status(500));
    let short = ("HUBWIRE_HOOKS_TIMEOUT_MS", "300");
    let cluster = start(Stack::Memory, &application, &["publish", "join"], &[short]).await;
    let mut client = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    for behaviour in [Does::status(500), Does::Hangs, Does::Breaks, Does::ok(json!("yes"))] {
        application.does(move |_| behaviour.clone());
        let refused = client.ask(control_at(CHANNEL, "@@hub/join", json!({}))).await;
        assert!(refused.payload()["retry"].as_bool().unwrap(), "{refused:?}");
    }
    application.does(decide);
    // a failure is not remembered; an application that failed may be left alone for a moment
    assert_eventually!(
        client.ask(control_at(CHANNEL, "@@hub/join", json!({}))).await.kind() == "@@hub/joined",
        "asked again"
    );

    let broken = Application::start(|_| Does::status(500));
    let allow = ("HUBWIRE_HOOKS_ON_FAILURE", "allow");
    let lenient = start(Stack::Memory, &broken, &["publish", "join"], &[allow]).await;
    let mut client = lenient.connect(0, Codec::Json, &Login::member("ada")).await;
    client.join(CHANNEL).await;
    client.publish(CHANNEL, "order/paid", Value::Null).await;
    let foreign = client.ask(control_at("ch:beta/x", "@@hub/join", json!({}))).await;
    assert_eq!(foreign.code(), "forbidden", "the rules hold whatever the application does");
}

#[tokio::test]
async fn new_credentials_forget_what_the_application_said() {
    let application = Application::start(decide);
    let cluster = start(Stack::Memory, &application, &["publish"], &[]).await;
    let login = Login::member("ada");
    let mut client = cluster.connect(0, Codec::Json, &login).await;
    for _ in 0..2 {
        client.publish(CHANNEL, "order/paid", Value::Null).await;
    }
    assert_eq!(asked(&application, "publish").len(), 1);
    assert_eq!(client.ask(control("@@hub/refresh", json!({ "token": login.token() }))).await.kind(), "@@hub/ack");
    application.does(|_| Does::status(403));
    let refused = client.ask(publication(CHANNEL, "order/paid", Value::Null)).await;
    assert_eq!(refused.code(), "forbidden");
}

// -- connecting ---------------------------------------------------------------------------------------------------

fn known_by_cookie(received: &Received) -> Does {
    match received.headers.get("cookie").map(String::as_str) {
        Some("sid=ada") => Does::ok(json!({
            "user": "ada", "orgs": { "acme": { "roles": ["admin"], "teams": [] } }, "expires_in_s": 600
        })),
        Some("sid=blocked") => Does::status(403),
        Some("sid=unknown") => Does::status(204),
        Some("sid=slow") => Does::Hangs,
        _ => Does::status(401),
    }
}

/// Opens a socket with a cookie, and with an origin as a browser would.
async fn open(cluster: &Cluster, cookie: &str, origin: Option<&str>) -> Result<Client, u16> {
    let headers = vec![("Cookie".to_owned(), format!("sid={cookie}"))];
    let offer = Offer { headers, origin: origin.map(str::to_owned), ..Offer::codec(Codec::Json) };
    Client::open(&cluster.url(0), Codec::Json, &offer).await
}

#[tokio::test]
async fn the_application_knows_a_client_by_its_cookie() {
    let application = Application::start(known_by_cookie);
    let cluster = start(Stack::Memory, &application, &["connect"], &[("HUBWIRE_HOOKS_TIMEOUT_MS", "300")]).await;
    let mut client = open(&cluster, "ada", Some("https://app.example.org")).await.unwrap();
    client.welcomed().await;
    assert_eq!(client.welcome()["user"], "ada");
    assert_eq!(client.welcome()["orgs"], json!(["acme"]));
    assert!(client.welcome()["expires_in_ms"].as_u64().unwrap() <= 600_000);
    client.publish("org:acme", "news", Value::Null).await;
    let received = &application.received()[0];
    assert_eq!(received.headers["cookie"], "sid=ada");
    assert_eq!((&received.body["action"], &received.body["path"]), (&json!("connect"), &json!("/ws")));
    assert_eq!(received.body["origin"], "https://app.example.org");
    assert_eq!(received.body["address"], "127.0.0.1");

    // a page of somebody else is refused before anybody is asked
    let mut foreign = open(&cluster, "ada", Some("https://evil.example")).await.unwrap();
    assert_eq!(foreign.closed().await, 4403);
    assert_eq!(application.received().len(), 1);
    assert_eq!(open(&cluster, "nobody", None).await.err(), Some(401));
    assert_eq!(open(&cluster, "blocked", None).await.err(), Some(403));
    assert_eq!(open(&cluster, "slow", None).await.err(), Some(503), "it may try again");
    let mut page = open(&cluster, "nobody", Some("https://app.example.org")).await.unwrap();
    assert_eq!(page.closed().await, 4401);
}

#[tokio::test]
async fn a_client_that_the_application_does_not_know_or_that_has_a_token_is_none_of_its_business() {
    let application = Application::start(known_by_cookie);
    let cluster = start(Stack::Memory, &application, &["connect"], &[]).await;
    let mut client = open(&cluster, "unknown", None).await.unwrap();
    client.send(&control("@@hub/auth", json!({ "token": Login::member("bob").token() }))).await;
    client.welcomed().await;
    assert_eq!(client.welcome()["user"], "bob");
    assert_eq!(application.received().len(), 1);
    // with a token, and without any header that would be passed on
    let headers = vec![("Cookie".to_owned(), "sid=ada".to_owned())];
    let offer = Offer { headers, ..Offer::login(Codec::Json, &Login::member("bob")) };
    let mut client = Client::open(&cluster.url(0), Codec::Json, &offer).await.unwrap();
    client.welcomed().await;
    assert_eq!(client.welcome()["user"], "bob");
    let mut bare = Client::open(&cluster.url(0), Codec::Json, &Offer::codec(Codec::Json)).await.unwrap();
    bare.send(&control("@@hub/auth", json!({ "token": Login::member("bob").token() }))).await;
    bare.welcomed().await;
    assert_eq!(application.received().len(), 1, "nobody was asked");
}

/// As when the application is slow while all pages come back at once.
#[tokio::test]
async fn handshakes_that_wait_for_a_slow_application_are_bounded_and_keep_nobody_else_out() {
    const MANY: usize = 300;
    let application = Application::start(|_| Does::Hangs);
    let settings = [("HUBWIRE_APPLICATION_CONCURRENCY_MAX", "4"), ("HUBWIRE_HOOKS_TIMEOUT_MS", "60000")];
    let cluster = start(Stack::Memory, &application, &["connect"], &settings).await;
    let (said, mut heard) = tokio::sync::mpsc::channel(MANY);
    let mut waiting = tokio::task::JoinSet::new();
    for n in 0..MANY {
        let (url, said) = (cluster.url(0), said.clone());
        waiting.spawn(async move {
            let headers = vec![("Cookie".to_owned(), format!("sid=u{n}"))];
            let opened = Client::open(&url, Codec::Json, &Offer { headers, ..Offer::codec(Codec::Json) }).await;
            let _ = said.send(opened.err()).await;
        });
    }
    // four are asked about and four wait; all others are told to retry, long before the application times out
    for _ in 0..MANY - 8 {
        assert_eq!(heard.recv().await, Some(Some(503)));
    }
    let mut known = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    known.publish("ch:acme/a", "note", Value::Null).await;
    assert_eventually!(application.received().len() == 4, "{}", application.received().len());
    assert!(heard.is_empty(), "the others still wait");
    waiting.abort_all();
}

#[tokio::test]
async fn who_is_blocked_stays_out_whatever_the_application_says() {
    let application = Application::start(known_by_cookie);
    let cluster = start(Stack::Memory, &application, &["connect"], &[]).await;
    let api = cluster.api(0);
    api.ok(api.post("/v1/users/ada/block", json!({ "seconds": 600 })));
    assert_eq!(open(&cluster, "ada", None).await.err(), Some(403));
}
