//! SIGHUP: what a running node reads again from its configuration, and what it does not.

use crate::support::action::{control, control_at, publication};
use crate::support::{ports, settings, Action, Api, Application, Client, Codec, Does, Login, Node, Offer, Process};
use serde_json::json;
use std::path::Path;

const OTHER_KEY: &str = "another key of the end-to-end tests, 32 bytes and more";
const RULES: &str = "rules = ['member may join read publish on ch:{org}/**', 'anyone may direct on user:*']";

fn write(file: &Path, toml: &str) {
    std::fs::write(file, toml).unwrap();
}

/// A node with a configuration file.
async fn node(file: &Path) -> Node {
    let file = file.to_str().unwrap();
    let mut node = Node::spawn_set("n1", None, &[("HUBWIRE_CONFIG", file)]);
    node.ready().await;
    node
}

fn reloads(node: &Node, outcome: &str) -> bool {
    node.api().text("/metrics").1.contains(&format!("hubwire_config_reload_total{{outcome=\"{outcome}\"}} 1"))
}

#[tokio::test]
async fn a_hangup_takes_rules_and_the_log_level_anew_and_names_what_it_cannot_take() {
    let file = tempfile::NamedTempFile::new().unwrap();
    write(file.path(), &format!("[access]\n{RULES}"));
    let mut node = node(file.path()).await;
    let mut client = Client::connect(&node.url(), Codec::Json, &Login::member("u1")).await;
    client.publish("user:u1", "note/before", json!(1)).await;

    write(
        file.path(),
        &format!(
            "[access]\n{RULES}\ntypes = ['deny note/* on *']\n[log]\nlevel = 'debug'\n[drain]\nrate_per_second = 7\n"
        ),
    );
    node.process.signal("HUP");
    assert_eventually!(reloads(&node, "applied"), "{}", node.process.output());
    let output = node.process.output();
    assert!(output.contains("changed=[access.types log.level]"), "{output}");
    assert!(output.contains("need a restart") && output.contains("drain.rate_per_second"), "{output}");
    client.send(&publication("user:u1", "note/after", json!(2))).await;
    client.next_of("@@hub/error").await;
    client.publish("user:u1", "other/type", json!(3)).await; // the session went on
    assert!(node.process.ended().is_none());
}

#[tokio::test]
async fn a_hangup_takes_keys_from_their_file_anew() {
    let keys = tempfile::NamedTempFile::new().unwrap();
    write(keys.path(), settings::API_KEY);
    let arguments = ["--auth-api-keys-file", keys.path().to_str().unwrap()];
    let mut node = Node::spawn_with("n1", None, ports::free(), &arguments);
    node.ready().await;
    let status = |key: &str| node.api().with_key(key).get("/v1/presence?user=u1").status;
    assert_eq!((status(settings::API_KEY), status(OTHER_KEY)), (200, 401));
    write(keys.path(), OTHER_KEY);
    node.process.signal("HUP");
    assert_eventually!(status(OTHER_KEY) == 200, "{}", node.process.output());
    assert_eq!(status(settings::API_KEY), 401);
    assert!(!node.process.output().contains(OTHER_KEY));
}

#[tokio::test]
async fn a_hangup_lets_pages_of_another_origin_in_and_the_former_ones_out() {
    const OLD: &str = "https://old.example.org";
    const NEW: &str = "https://new.example.org";
    let file = tempfile::NamedTempFile::new().unwrap();
    let allow = |origin: &str| write(file.path(), &format!("[auth]\nallowed_origins = ['{origin}']\n"));
    allow(OLD);
    let (public, internal) = (ports::free(), ports::free());
    let mut environment = settings::environment("n1", [public, internal, ports::free()], None);
    // the file says it
    environment.retain(|(name, _)| *name != "HUBWIRE_AUTH_ALLOWED_ORIGINS");
    environment.push(("HUBWIRE_CONFIG", file.path().to_str().unwrap().to_owned()));
    let node = Process::start("n1", env!("CARGO_BIN_EXE_hubwire"), ["serve"], &environment);
    assert_eventually!(Api::new(internal).try_status("/readyz") == Some(200), "{}", node.output());
    let url = format!("ws://127.0.0.1:{public}/ws");
    // a page's upgrade is taken in any case; the first thing it hears is the verdict
    let verdict = |origin: &'static str| {
        let offer = Offer { origin: Some(origin.into()), ..Offer::login(Codec::Json, &Login::member("ada")) };
        let url = url.clone();
        async move {
            let mut client = Client::open(&url, Codec::Json, &offer).await.unwrap();
            client.next("the verdict", |_| true).await.kind().to_owned()
        }
    };
    assert_eq!(verdict(OLD).await, "@@hub/welcome");
    assert_eq!(verdict(NEW).await, "@@hub/error");
    allow(NEW);
    node.signal("HUP");
    assert_eventually!(node.output().contains("changed=[auth.allowed_origins]"), "{}", node.output());
    assert_eq!(verdict(NEW).await, "@@hub/welcome");
    assert_eq!(verdict(OLD).await, "@@hub/error");
}

// Half of a configuration may be worse than either.
#[tokio::test]
async fn a_configuration_with_a_mistake_changes_nothing_and_says_what_it_is() {
    let file = tempfile::NamedTempFile::new().unwrap();
    write(file.path(), &format!("[access]\n{RULES}"));
    let mut node = node(file.path()).await;
    let mut client = Client::connect(&node.url(), Codec::Json, &Login::member("u1")).await;
    let changed = "types = ['deny note/* on *']\n[limits]\nuser_rates = ['join=0']\n";
    write(file.path(), &format!("[access]\n{RULES}\n{changed}"));
    node.process.signal("HUP");
    assert_eventually!(reloads(&node, "refused"), "{}", node.process.output());
    // a field in quotes: what is in it cannot be taken for fields
    let named = r#"so nothing was changed error=""#;
    let mistake = r#"limits.user_rates \"join=0\" is not CLASS=PER_SECOND/BURST, such as publish=100/1000"#;
    let output = node.process.output();
    assert!(output.lines().any(|line| line.contains(named) && line.contains(mistake)), "{output}");
    client.publish("user:u1", "note/still", json!(1)).await;
    assert!(node.process.ended().is_none());
}

/// Signs the tokens of [`Login::forged`].
const NEW_SECRET: &str = "some other secret of at least 32 bytes";

async fn status(node: &Node, login: &Login) -> Option<u16> {
    Client::open(&node.url(), Codec::Json, &Offer::login(Codec::Json, login)).await.err()
}

// The node notices a newly mounted secret by itself. A file that is not valid changes nothing.
#[tokio::test]
async fn a_secret_is_rotated_by_its_file_alone_while_sockets_are_open() {
    let secrets = tempfile::NamedTempFile::new().unwrap();
    write(secrets.path(), settings::JWT_SECRET);
    let file = secrets.path().to_str().unwrap();
    // it asks with a refused token until that is accepted, which is more often than an address may
    let unlimited = ["--limits-wrong-credentials-per-minute", "0"];
    let arguments = [&["--auth-jwt-secrets-file", file, "--node-watch-files-s", "1"], &unlimited[..]].concat();
    let mut node = Node::spawn_with("n1", None, ports::free(), &arguments);
    node.ready().await;
    let (old, new) = (Login::member("ada"), Login::member("ada").forged());
    let mut client = Client::connect(&node.url(), Codec::Json, &old).await;
    assert_eq!(status(&node, &new).await, Some(401));
    // both are good while one is being replaced, then the old one goes
    write(secrets.path(), &format!("{NEW_SECRET}\n{}", settings::JWT_SECRET));
    assert_eventually!(status(&node, &new).await.is_none(), "{}", node.process.output());
    assert_eq!(status(&node, &old).await, None);
    let renewed = client.ask(control("@@hub/refresh", json!({ "token": new.token() }))).await;
    assert_eq!(renewed.kind(), "@@hub/ack", "{renewed:?}");
    write(secrets.path(), NEW_SECRET);
    assert_eventually!(status(&node, &old).await == Some(401), "{}", node.process.output());
    assert_eq!(status(&node, &new).await, None);
    let refused = client.ask(control("@@hub/refresh", json!({ "token": old.token() }))).await;
    assert_eq!(refused.code(), "bad_credentials");
    client.publish("user:ada", "note/still", json!(1)).await;
    assert_eq!(node.api().metric("hubwire_config_reload_successful"), 1.0);
    let read_at = node.api().metric("hubwire_config_reload_timestamp_seconds");
    assert!(read_at > 1_600_000_000.0);

    write(secrets.path(), "short");
    assert_eventually!(reloads(&node, "refused"), "{}", node.process.output());
    let output = node.process.output();
    assert!(output.contains("nothing was changed") && output.contains("auth.jwt_secrets"), "{output}");
    assert!(!output.contains(NEW_SECRET) && !output.contains("short\""), "{output}");
    assert_eq!(status(&node, &new).await, None);
    assert_eq!(node.api().metric("hubwire_config_reload_successful"), 0.0);
}

#[tokio::test]
async fn rates_and_budgets_hold_at_once_and_what_a_welcome_named_for_sessions_that_begin() {
    let file = tempfile::NamedTempFile::new().unwrap();
    write(file.path(), "[limits]\nuser_rates = ['publish=400/4000']\n");
    let node = node(file.path()).await;
    let mut before = Client::connect(&node.url(), Codec::Json, &Login::member("u1")).await;
    before.join("ch:acme/a").await;
    write(file.path(), "[limits]\nuser_rates = ['publish=1/64']\nchannels_max = 1\n");
    let done = node.api().post("/v1/reload", json!({}));
    let changed = json!({ "changed": ["limits.channels_max", "limits.user_rates"], "need_restart": [] });
    assert_eq!((done.status, &done.body), (200, &changed));
    before.join("ch:acme/b").await;
    let mut after = Client::connect(&node.url(), Codec::Json, &Login::member("u1")).await;
    assert_eq!(after.welcome()["limits"]["channels_max"], 1);
    after.join("ch:acme/a").await;
    assert_eq!(after.ask(control_at("ch:acme/b", "@@hub/join", json!({}))).await.code(), "too_many_channels");
    let mut refused = 0;
    for _ in 0..80 {
        let answer = before.ask(publication("ch:acme/a", "x", json!(1))).await;
        refused += usize::from(answer.kind() == "@@hub/error");
    }
    assert!((1..=16).contains(&refused), "{refused} of 80");
}

#[tokio::test]
async fn a_stream_keeps_what_a_reload_says_from_its_next_publication_on() {
    let file = tempfile::NamedTempFile::new().unwrap();
    write(file.path(), "");
    let node = node(file.path()).await;
    let mut ada = Client::connect(&node.url(), Codec::Json, &Login::member("ada")).await;
    let kept = |page: &Action| page.payload()["publications"].as_array().unwrap().len();
    for count in 0..4 {
        ada.publish("ch:acme/chat/a", "x", json!(count)).await;
        ada.publish("ch:acme/order/1", "x", json!(count)).await;
    }
    write(file.path(), "[streams]\nretention = ['ch:*/chat/** count=2']\nchannel_count = 3\n");
    let done = node.api().post("/v1/reload", json!({}));
    let changed = json!({ "changed": ["streams.channel_count", "streams.retention"], "need_restart": [] });
    assert_eq!((done.status, &done.body), (200, &changed));
    for (channel, before, after) in [("ch:acme/chat/a", 4, 2), ("ch:acme/order/1", 4, 3)] {
        let page = control_at(channel, "@@hub/history", json!({}));
        assert_eq!(kept(&ada.ask(page.clone()).await), before);
        ada.publish(channel, "x", json!(4)).await;
        assert_eq!(kept(&ada.ask(page).await), after, "{channel}");
    }
}

#[tokio::test]
async fn proxies_are_believed_and_key_sets_looked_at_from_a_reload_on() {
    let file = tempfile::NamedTempFile::new().unwrap();
    write(file.path(), "");
    let node = node(file.path()).await;
    let from = || {
        let headers = vec![("x-forwarded-for".into(), "198.51.100.9".into())];
        Offer { headers, ..Offer::login(Codec::Json, &Login::member("u1").forged()) }
    };
    let refused_from =
        || node.api().get("/v1/audit?event=handshake_refused&limit=1").body["events"][0]["address"].clone();
    assert_eq!(Client::open(&node.url(), Codec::Json, &from()).await.err(), Some(401));
    assert_eq!(refused_from(), "127.0.0.1");
    write(file.path(), "[listen]\ntrusted_proxies = ['127.0.0.1']\nclient_address = 'x_forwarded_for'\n");
    let done = node.api().post("/v1/reload", json!({}));
    assert_eq!(done.body["changed"], json!(["listen.client_address", "listen.trusted_proxies"]), "{done:?}");
    assert_eq!(Client::open(&node.url(), Codec::Json, &from()).await.err(), Some(401));
    assert_eq!(refused_from(), "198.51.100.9");

    // a provider that does not answer: nothing is changed, the proxies neither
    let provider = Application::start(|_| Does::status(500));
    write(file.path(), &format!("[auth]\njwks_url = '{}'\n", provider.url("/keys")));
    let refused = node.api().post("/v1/reload", json!({}));
    assert_eq!((refused.status, &refused.body["error"]["code"]), (422, &json!("bad_configuration")), "{refused:?}");
    let message = refused.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("auth.jwks_url: no keys could be fetched"), "{message}");
    assert_eq!(Client::open(&node.url(), Codec::Json, &from()).await.err(), Some(401));
    assert_eq!(refused_from(), "198.51.100.9");
    Client::connect(&node.url(), Codec::Json, &Login::member("u1")).await;
}

/// Rules as in the first half of a test, without the one that lets members into the orders.
const WITHOUT_ORDERS: &str = "rules = ['member may join read publish on ch:{org}/lobby', \
                              'clerk may join read on ch:{org}/orders', 'member may presence on org:{org}']";

/// Three sessions are in a channel that the new rules leave to one of them only; all are in one that stays.
#[tokio::test]
async fn who_is_in_a_channel_that_new_rules_do_not_allow_is_removed_and_the_others_stay() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let rules = "rules = ['member may join read publish presence on ch:{org}/**', 'member may presence on org:{org}']";
    write(file.path(), &format!("[access]\n{rules}"));
    let node = node(file.path()).await;
    let mut ada = Client::connect(&node.url(), Codec::Json, &Login::member("ada")).await;
    let mut second = Client::connect(&node.url(), Codec::Msgpack, &Login::member("ada")).await;
    let mut clerk = Client::connect(&node.url(), Codec::Json, &Login::user("cleo").org("acme", &["clerk"], &[])).await;
    for client in [&mut ada, &mut second, &mut clerk] {
        client.join("ch:acme/lobby").await;
        client.join("ch:acme/orders").await;
        client.forget();
    }
    write(file.path(), &format!("[access]\n{WITHOUT_ORDERS}"));
    node.process.signal("HUP");
    for client in [&mut ada, &mut second] {
        let left = client.next_of("@@hub/left").await;
        assert_eq!(left.to(), "ch:acme/orders");
        assert_eq!(left.payload(), &json!({ "users": ["ada"], "reason": "forbidden" }));
    }
    node.api().publish("ch:acme/orders", "test/lost", json!(1));
    node.api().publish("ch:acme/lobby", "test/kept", json!(1));
    assert_eq!(clerk.next_of("test/lost").await.to(), "ch:acme/orders");
    for client in [&mut ada, &mut second, &mut clerk] {
        client.next_of("test/kept").await;
    }
    for client in [&mut ada, &mut second] {
        let after = client.fence().await;
        assert!(after.iter().all(|it| it.kind() != "test/lost"), "{after:?}");
        assert_eq!(client.ask(control_at("ch:acme/orders", "@@hub/join", json!({}))).await.code(), "forbidden");
    }
    let of_clerk = clerk.fence().await;
    assert!(of_clerk.iter().all(|it| it.hub("reason").is_null()), "{of_clerk:?}");
    let members = || node.api().ok(node.api().get("/v1/presence?channel=ch%3Aacme%2Forders"));
    assert_eventually!(members()["users"].as_array().unwrap().len() == 1, "{:?}", members());
}
