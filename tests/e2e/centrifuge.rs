//! Unmodified clients of Centrifugo. Their programs are in `tests/centrifuge` and contain the assertions; this file
//! disturbs nodes and broker meanwhile, and checks what hubwire's own clients receive in the same channel.

mod clients;
mod deltas;
mod followers;
mod lost_tail;
mod promoted;
mod proxies;
pub mod raw;
mod rules;
mod transports;

use self::followers::{has_begun, heard, publish, times};
use crate::foreign_clients::{installed, INSTALLED};
use crate::support::action::{control_at, publication};
use crate::support::{settings, Cluster, Codec, Login, Process, Stack};
use serde_json::json;
use std::path::{Path, PathBuf};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/centrifuge");

/// Namespaces with all there is, with nothing but subscriptions, and with subscriptions by token only.
pub const SETTINGS: [(&str, &str); 3] = [
    ("HUBWIRE_CENTRIFUGE_ENABLED", "true"),
    ("HUBWIRE_CENTRIFUGE_PERSONAL_CHANNEL", "true"),
    (
        "HUBWIRE_CENTRIFUGE_NAMESPACES",
        "* acme subscribe,chat acme subscribe publish presence join_leave history recover,quiet acme subscribe,\
         closed acme publish",
    ),
];

pub fn socket(port: u16) -> String {
    format!("ws://127.0.0.1:{port}/connection/websocket")
}

async fn cluster(stack: Stack) -> Cluster {
    Cluster::start_with(stack, &SETTINGS).await
}

/// Starts one of the programs.
fn start(program: &Path, arguments: &[&str], urls: &str) -> Process {
    let environment = [
        ("CENTRIFUGE_TEST_URLS", urls.to_string()),
        ("CENTRIFUGE_TEST_SECRET", settings::JWT_SECRET.to_string()),
        ("CENTRIFUGE_TEST_TOKEN", Login::member("u1").token()),
        ("NODE_PATH", format!("{INSTALLED}/node_modules")),
    ];
    Process::start(&program.to_string_lossy(), program, arguments, &environment)
}

pub async fn does_the_jobs(mut process: Process) {
    let status = process.exit().await;
    let said = process.output();
    assert!(status.success() && said.contains("all jobs done"), "{status}:\n{said}");
}

/// The program with the Go client, which `./test --install` builds where there is Go.
fn go_client() -> Option<PathBuf> {
    let path = Path::new(INSTALLED).join("centrifuge-go");
    if !path.exists() {
        eprintln!("skipped: the Go client of Centrifugo; there is no Go");
    }
    path.exists().then_some(path)
}

#[tokio::test]
async fn the_clients_of_npm_pypi_and_go_do_the_jobs_in_both_formats_on_several_nodes() {
    installed("node_modules/centrifuge");
    let cluster = cluster(Stack::Redis).await;
    let urls = [0, 1].map(|node| socket(cluster.node(node).public_port())).join(",");
    let npm = |format| start(Path::new("node"), &[&format!("{SCRIPTS}/jobs.cjs"), format], &urls);
    let python = installed("venv/bin/python");
    let pypi = |format| start(&python, &[&format!("{SCRIPTS}/jobs.py"), format], &urls);
    let go = |format| go_client().map(|go| start(&go, &["jobs", format], &urls));
    // all at once: most of their time they wait
    let processes = [npm("json"), npm("protobuf"), pypi("json"), pypi("protobuf")];
    let processes: Vec<_> = processes.into_iter().chain(["json", "protobuf"].into_iter().filter_map(go)).collect();
    for process in processes {
        does_the_jobs(process).await;
    }
}

/// With what a browser has of its own: sockets, EventSource, and responses that are read as they come.
#[tokio::test]
async fn the_client_of_npm_does_the_jobs_in_chromium_with_each_transport() {
    installed("node_modules/playwright-core");
    let settings: Vec<_> = SETTINGS.into_iter().chain([("HUBWIRE_AUTH_ALLOWED_ORIGINS", "*")]).collect();
    let cluster = Cluster::start_with(Stack::Memory, &settings).await;
    let url = socket(cluster.node(0).public_port());
    let urls = format!("{url},{url}");
    let script = format!("{SCRIPTS}/chromium.cjs");
    let pages = ["json,websocket", "protobuf,websocket", "json,http_stream", "json,sse"];
    let arguments = [&[script.as_str()], &pages[..]].concat();
    does_the_jobs(start(Path::new("node"), &arguments, &urls)).await;
}

#[tokio::test]
async fn both_kinds_of_clients_hear_each_other_in_one_channel() {
    installed("node_modules/centrifuge");
    let cluster = cluster(Stack::Memory).await;
    let url = socket(cluster.node(0).public_port());
    let follower = followers::npm("json", "websocket", &url, "chat:mixed");
    assert_eventually!(follower.output().contains("subscribed anew"), "{}", follower.output());
    for codec in [Codec::Json, Codec::Msgpack] {
        let mut own = cluster.connect(0, codec, &Login::member("u2")).await;
        own.send(&control_at("ch:acme/chat/mixed", "@@hub/join", json!({}))).await;
        own.next("joined", |it| it.kind() == "@@hub/joined").await;
        own.send(&publication("ch:acme/chat/mixed", "order/changed", json!({ "codec": format!("{codec:?}") }))).await;
        let expected = format!(r#"heard {{"type":"order/changed","payload":{{"codec":"{codec:?}"}}}}"#);
        assert_eventually!(follower.output().contains(&expected), "{}", follower.output());
    }
    let api = cluster.api(0);
    tokio::task::spawn_blocking(move || drop(api.publish("ch:acme/chat/mixed", "publication", json!({ "n": 1 }))))
        .await
        .unwrap();
    assert_eventually!(follower.output().contains(r#"heard {"n":1}"#), "{}", follower.output());
}

/// Behind a load balancer, over every transport: nodes and paths fail, the log does not.
#[tokio::test]
async fn nothing_is_lost_or_doubled_when_a_client_is_cut_off_or_its_node_is_killed_or_drained() {
    installed("node_modules/centrifuge");
    let mut cluster = cluster(Stack::Balanced).await;
    let url = cluster.url(0).replace("/ws", "/connection/websocket");
    let followers = followers::all(&url, "chat:told");
    followers::eventually(&followers, "subscribed", has_begun).await;
    publish(cluster.node(2), 0..10).await;
    followers::eventually(&followers, "hears", |it| heard(it).len() == 10).await;
    cluster.haproxy().cut();
    publish(cluster.node(2), 10..20).await;
    followers::eventually(&followers, "came back", |it| heard(it).len() == 20 && resumed(it) > 0).await;
    // they move, whichever of the two nodes they are on
    cluster.node_mut(0).process.kill();
    publish(cluster.node(2), 20..40).await;
    cluster.node(1).process.signal("TERM");
    followers::eventually(&followers, "moved", |it| heard(it).len() == 40).await;
    publish(cluster.node(2), 40..60).await;
    followers::eventually(&followers, "hears on", |it| heard(it).len() == 60).await;
    let all: Vec<u64> = (0..60).collect();
    followers::eventually(&followers, "has all of it once", |it| heard(it) == all).await;
    assert!(followers.iter().all(|it| times(it, "recovered=false") == 0));
}

fn resumed(follower: &Process) -> usize {
    times(follower, "recovered=true")
}
