//! Server events: the application hears of sessions, members, channels and messages, each at least once and in order
//! per user, whatever the receiver and the nodes do.

use crate::support::application::Received;
use crate::support::{Application, Cluster, Codec, Does, Login, Node, Stack};
use serde_json::{json, Value};

mod truth;

const CHANNEL: &str = "ch:acme/order/1842";
const SECRET: &str = "a secret of the application of at least 32 bytes";

async fn start(stack: Stack, application: &Application, further: &[(&'static str, &str)]) -> Cluster {
    let url = application.url("/events");
    let mut settings = vec![
        ("HUBWIRE_EVENTS_WEBHOOK_URL", &*url),
        ("HUBWIRE_APPLICATION_SECRETS", SECRET),
        ("HUBWIRE_PRESENCE_LEFT_GRACE_MS", "100"),
        ("HUBWIRE_EVENTS_TIMEOUT_MS", "500"),
        ("HUBWIRE_APPLICATION_PAUSE_MS", "100"),
        ("HUBWIRE_EVENTS_RETRY_MAX_MS", "500"),
    ];
    settings.extend(further);
    Cluster::start_with(stack, &settings).await
}

fn events_of(received: &Received) -> Vec<Value> {
    received.body["events"].as_array().cloned().unwrap_or_default()
}

/// All events that were delivered, the first time each came, in the order of delivery.
fn delivered(application: &Application) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    for event in application.received().iter().flat_map(events_of) {
        if !events.iter().any(|known| known["id"] == event["id"]) {
            events.push(event);
        }
    }
    events
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["type"].as_str()).collect()
}

/// What came about a user, in order.
fn about(application: &Application, user: &str) -> Vec<Value> {
    delivered(application).into_iter().filter(|event| event["user"] == user).collect()
}

#[tokio::test]
async fn a_node_alone_tells_what_happens() {
    what_happens_is_told(Stack::Memory).await;
}

#[tokio::test]
async fn a_cluster_tells_what_happens() {
    what_happens_is_told(Stack::Redis).await;
}

async fn what_happens_is_told(stack: Stack) {
    let application = Application::start(|_| Does::status(204));
    let cluster = start(stack, &application, &[("HUBWIRE_EVENTS_PUBLICATIONS", "ch:acme/order/*,user:audit")]).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    let mut second = cluster.connect(1, Codec::Json, &Login::member("ada")).await;
    ada.join(CHANNEL).await;
    second.join(CHANNEL).await;
    ada.publish(CHANNEL, "order/paid", json!({ "n": 1 })).await;
    ada.publish("ch:acme/other", "order/paid", json!({ "n": 2 })).await;
    // one waits for its receiver, the other arrives
    let stored = ada.publish("user:bob", "chat/whisper", json!("hi")).await;
    let mut bob = cluster.connect(2, Codec::Json, &Login::member("bob")).await;
    ada.publish("user:bob", "chat/whisper", json!("again")).await;
    ada.publish("user:audit", "note", json!(1)).await;
    bob.fence().await;
    let session = ada.welcome()["session"].clone();
    second.close().await;
    ada.close().await;
    assert_eventually!(about(&application, "ada").len() >= 6, "{:#?}", delivered(&application));
    assert_eventually!(types(&delivered(&application)).contains(&"channel.vacated"), "{:#?}", delivered(&application));

    let ada = about(&application, "ada");
    assert_eq!(types(&ada)[..3], ["session.connected", "session.connected", "member.joined"], "{ada:#?}");
    let count = |kind: &str| ada.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((count("session.disconnected"), count("member.joined"), count("member.left")), (2, 1, 1), "{ada:#?}");
    assert_eq!(ada[0]["session"], session);
    assert_eq!(ada[2]["channel"], CHANNEL);
    let bob = about(&application, "bob");
    assert_eq!(types(&bob), ["direct.stored", "session.connected"], "only what nobody was there for");
    assert_eq!(bob[0]["pos"], json!(stored.pos()));
    assert_eq!(bob[0]["publication"]["payload"], "hi");
    assert_eq!(bob[0]["publication"]["meta"]["hub"]["from"], "ada");

    let all = delivered(&application);
    let of = |kind: &str| all.iter().filter(|event| event["type"] == kind).cloned().collect::<Vec<_>>();
    assert_eq!(of("channel.occupied").len(), 1);
    assert_eq!(of("channel.vacated").len(), 1);
    let publications: Vec<_> = of("publication").into_iter().map(|event| event["stream"].clone()).collect();
    assert_eq!(publications.len(), 2, "{publications:?}");
    assert!(publications.contains(&json!(CHANNEL)) && publications.contains(&json!("user:audit")));
    let ts = all[0]["ts"].as_u64().unwrap();
    assert!(ts > 1_700_000_000_000, "{}", all[0]);
    // signed as the documents say
    assert!(application.received().iter().all(|received| received.headers["x-hubwire-signature"].contains(",v1=")));
}

/// It fails, hangs and breaks off; what it did not take comes again, in order.
#[tokio::test]
async fn a_receiver_that_fails_hangs_and_breaks_off_gets_every_event_in_order() {
    let application = Application::start(|_| Does::status(204));
    let cluster = start(Stack::Redis, &application, &[("HUBWIRE_EVENTS_BATCH_MAX", "3")]).await;
    let mut sender = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    let troubles = [Does::status(500), Does::Hangs, Does::Breaks, Does::status(404), Does::status(429)];
    let mut sent = 0;
    for trouble in troubles {
        application.does(move |_| trouble.clone());
        let before = application.received().len();
        for _ in 0..4 {
            sent += 1;
            sender.publish("user:bob", "chat/whisper", json!(sent)).await;
        }
        assert_eventually!(application.received().len() > before, "it is tried");
        application.does(|_| Does::status(204));
    }
    let got = || -> Vec<u64> {
        about(&application, "bob").iter().filter_map(|event| event["publication"]["payload"].as_u64()).collect()
    };
    assert_eventually!(got().len() == sent, "{:?}", got());
    assert_eq!(got(), (1..=sent as u64).collect::<Vec<_>>());
    let api = cluster.api(0);
    assert_eq!(api.ok(api.get("/v1/events/dead"))["count"], 0, "none of that is the content's fault");
}

/// The node that delivers is killed while the receiver hangs, and another one while events are written: none is lost.
#[tokio::test]
async fn a_killed_node_loses_no_event_and_another_one_goes_on() {
    let application = Application::start(|_| Does::Hangs);
    let mut cluster = start(Stack::Redis, &application, &[]).await;
    for n in 1..=5 {
        let api = cluster.api(0);
        api.ok(api.post("/v1/publish", json!({ "to": "user:bob", "type": "note", "payload": n })));
    }
    assert_eventually!(!application.received().is_empty(), "somebody delivers");
    // all nodes that may hold a log, one after the other; a session dies with its node
    let ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    cluster.node_mut(0).process.kill();
    cluster.node_mut(1).process.kill();
    drop(ada);
    application.does(|_| Does::status(204));
    let api = cluster.api(2);
    api.ok(api.post("/v1/publish", json!({ "to": "user:bob", "type": "note", "payload": 6 })));
    let got = || -> Vec<u64> {
        about(&application, "bob").iter().filter_map(|event| event["publication"]["payload"].as_u64()).collect()
    };
    assert_eventually!(got().len() == 6, "{:?}", got());
    assert_eq!(got(), [1, 2, 3, 4, 5, 6]);
    // whoever reaps the dead nodes tells what ended with them
    let ends = || about(&application, "ada");
    assert_eventually!(types(&ends()) == ["session.connected", "session.disconnected"], "{:?}", ends());
}

#[tokio::test]
async fn what_the_receiver_refuses_goes_to_the_dead_letters_and_comes_again_by_replay() {
    let refuses = |received: &Received| match received.text.contains("poison") {
        true => Does::status(422),
        false => Does::status(204),
    };
    for stack in [Stack::Memory, Stack::Redis] {
        let application = Application::start(refuses);
        let cluster = start(stack, &application, &[]).await;
        let api = cluster.api(1);
        for text in ["first", "poison", "last"] {
            api.ok(api.post("/v1/publish", json!({ "to": "user:bob", "type": "note", "payload": text })));
        }
        let taken = || -> Vec<Value> {
            let received = application.received();
            let taken = received.iter().filter(|received| !received.text.contains("poison"));
            taken.flat_map(events_of).map(|event| event["publication"]["payload"].clone()).collect()
        };
        assert_eventually!(taken().contains(&json!("last")), "{:?}", taken());
        assert!(taken().contains(&json!("first")));
        assert_eventually!(api.ok(api.get("/v1/events/dead"))["count"] == 1, "buried");
        let dead = api.ok(api.get("/v1/events/dead"));
        assert_eq!(dead["events"][0]["publication"]["payload"], "poison");
        let id = dead["events"][0]["id"].clone();
        application.does(|_| Does::status(204));
        let times = || application.received().iter().flat_map(events_of).filter(|event| event["id"] == id).count();
        let before = times();
        assert_eq!(api.ok(api.post("/v1/events/replay", json!({}))), json!({ "events": 1 }));
        assert_eventually!(times() > before, "under the id it had before");
        assert_eq!(api.ok(api.get("/v1/events/dead"))["count"], 0);
        an_erased_user_has_no_event(&cluster, &application, refuses).await;
    }
}

/// Neither a dead letter nor one that waits while the application does not answer; those of others stay.
async fn an_erased_user_has_no_event(cluster: &Cluster, application: &Application, refuses: fn(&Received) -> Does) {
    let api = cluster.api(0);
    let publish = |to: &str, text: &str| {
        api.ok(api.post("/v1/publish", json!({ "to": format!("user:{to}"), "type": "note", "payload": text })));
    };
    application.does(refuses);
    publish("bob", "poison of bob");
    publish("zoe", "poison of zoe");
    assert_eventually!(api.ok(api.get("/v1/events/dead"))["count"] == 2, "buried");
    let heard = |text: &str| application.received().iter().filter(|received| received.text.contains(text)).count();
    application.does(|_| Does::status(500));
    publish("bob", "waits for bob");
    publish("zoe", "waits for zoe");
    assert_eventually!(heard("waits for bob") > 0 && heard("waits for zoe") > 0, "both are tried");
    let erased = api.ok(api.post("/v1/users/bob/erase", json!({})));
    assert_eq!(erased["events"], 2, "{erased}");
    let dead = api.ok(api.get("/v1/events/dead"));
    assert_eq!((&dead["count"], &dead["events"][0]["user"]), (&json!(1), &json!("zoe")), "{dead}");
    // one of bob's may be on its way; whatever is tried afterwards is without it
    publish("bob", "after");
    assert_eventually!(heard("after") > 0, "bob's log goes on");
    let before = (heard("after"), heard("waits for bob"));
    assert_eventually!(heard("after") > before.0, "it is tried again");
    assert_eq!(heard("waits for bob"), before.1);
}

#[tokio::test]
async fn where_events_are_off_nothing_is_written_and_nothing_runs() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut client = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    client.join(CHANNEL).await;
    client.publish("user:bob", "note", Value::Null).await;
    client.close().await;
    let mut connection = cluster.redis().connection();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*events*").query(&mut connection).unwrap();
    assert_eq!(keys, Vec::<String>::new());
    let (_, page) = cluster.api(0).text("/metrics");
    assert!(!page.contains("server_events"), "no metric of what is off");
    let reply = cluster.api(0).get("/v1/events/dead");
    assert_eq!(reply.status, 404, "{reply:?}");
}

/// Programs that read the streams by themselves: a consumer group of Redis.
#[tokio::test]
async fn the_streams_can_be_read_by_consumer_groups_without_a_webhook() {
    let cluster = Cluster::start_with(Stack::Redis, &[("HUBWIRE_EVENTS_STREAMS", "true")]).await;
    let client = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    let mut connection = cluster.redis().connection();
    let keys: Vec<String> = redis::cmd("KEYS").arg("hubwire:{events}:log:*").query(&mut connection).unwrap();
    assert_eq!(keys.len(), 1, "{keys:?}");
    let stream = &keys[0];
    let _: () = redis::cmd("XGROUP").arg("CREATE").arg(stream).arg("mail").arg("0").query(&mut connection).unwrap();
    let read: redis::Value = redis::cmd("XREADGROUP")
        .arg("GROUP")
        .arg("mail")
        .arg("one")
        .arg("STREAMS")
        .arg(stream)
        .arg(">")
        .query(&mut connection)
        .unwrap();
    let text = format!("{read:?}");
    let session = client.welcome()["session"].as_str().unwrap();
    assert!(text.contains("session.connected") && text.contains("ada") && text.contains(session), "{text}");
}

#[tokio::test]
async fn a_redis_cluster_is_refused_with_the_reason() {
    let further = [
        ("HUBWIRE_EVENTS_WEBHOOK_URL", "http://127.0.0.1:9/events"),
        ("HUBWIRE_BROKER_URL", "redis+cluster://127.0.0.1:1"),
    ];
    let mut node = Node::spawn_set("n1", None, &further);
    assert!(!node.process.exit().await.success());
    assert!(node.process.output().contains("is a Redis Cluster, where"), "{}", node.process.output());
}
