//! SIGHUP: what a running node takes anew from its configuration, and what it does not.

use crate::support::action::publication;
use crate::support::{ports, settings, Api, Client, Codec, Login, Node, Offer, Process};
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
    write(file.path(), &format!("[access]\n{RULES}\ntypes = ['deny note/* on *']\n[drain]\ngrace_ms = 'soon'\n"));
    node.process.signal("HUP");
    assert_eventually!(reloads(&node, "refused"), "{}", node.process.output());
    assert!(node.process.output().contains("drain.grace_ms is \"soon\""), "{}", node.process.output());
    client.publish("user:u1", "note/still", json!(1)).await;
    assert!(node.process.ended().is_none());
}
