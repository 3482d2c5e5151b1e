//! The basic tasks through HAProxy with third-party clients: Python `websockets`, npm `ws`, `wscat`. Their programs
//! are in `tests/foreign`; `./test` installs what they need below `target/foreign`.

use crate::support::{settings, Cluster, Login, Process, Stack};
use std::path::{Path, PathBuf};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign");
pub const INSTALLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/foreign");

pub fn installed(program: &str) -> PathBuf {
    let path = Path::new(INSTALLED).join(program);
    assert!(path.exists(), "{} is missing: run ./test --install first", path.display());
    path
}

/// Runs a program against a cluster behind HAProxy; it asserts by itself. Returns what it printed.
pub async fn run(program: &Path, arguments: &[&str], cluster: &Cluster) -> String {
    let environment = [
        ("HUBWIRE_TEST_URL", cluster.url(0)),
        ("HUBWIRE_TEST_NODE", cluster.node(1).url()),
        ("HUBWIRE_TEST_API", format!("http://127.0.0.1:{}", cluster.node(2).internal_port())),
        ("HUBWIRE_TEST_API_KEY", settings::API_KEY.to_string()),
        ("HUBWIRE_TEST_JWT_SECRET", settings::JWT_SECRET.to_string()),
        ("NODE_PATH", format!("{INSTALLED}/node_modules")),
    ];
    let mut process = Process::start(&program.to_string_lossy(), program, arguments, &environment);
    let status = process.exit().await;
    assert!(status.success(), "{} {arguments:?}: {status}", program.display());
    process.output()
}

fn compressing(compression: &str) -> [(&'static str, &str); 2] {
    [("HUBWIRE_SOCKET_COMPRESSION", compression), ("HUBWIRE_SOCKET_COMPRESSION_MIN_BYTES", "64")]
}

/// These clients offer compression, so that whether it is on decides whether it is used.
async fn python_does_the_jobs(codec: &str, compression: &str) {
    let python = installed("venv/bin/python");
    let cluster = Cluster::start_with(Stack::Balanced, &compressing(compression)).await;
    let said = run(&python, &[&format!("{SCRIPTS}/jobs.py"), codec], &cluster).await;
    assert!(said.contains("all jobs done"), "{said}");
}

#[tokio::test]
async fn python_websockets_does_the_jobs_in_json() {
    python_does_the_jobs("json", "false").await;
}

#[tokio::test]
async fn python_websockets_does_the_jobs_in_compressed_msgpack() {
    python_does_the_jobs("msgpack", "true").await;
}

#[tokio::test]
async fn npm_ws_does_the_jobs_compressed() {
    installed("node_modules/ws");
    let cluster = Cluster::start_with(Stack::Balanced, &compressing("true")).await;
    let said = run(Path::new("node"), &[&format!("{SCRIPTS}/jobs.cjs")], &cluster).await;
    assert!(said.contains("all jobs done"), "{said}");
}

#[tokio::test]
async fn receivers_with_and_without_compression_get_the_same_and_each_message_is_compressed_once() {
    let python = installed("venv/bin/python");
    let cluster = Cluster::start_with(Stack::Memory, &compressing("true")).await;
    let said = run(&python, &[&format!("{SCRIPTS}/compression.py")], &cluster).await;
    assert!(said.contains("all receivers agree"), "{said}");
}

#[tokio::test]
async fn sessions_without_websockets_do_the_jobs_whichever_node_gets_their_posts() {
    let python = installed("venv/bin/python");
    let cluster = Cluster::start(Stack::Balanced).await;
    let said = run(&python, &[&format!("{SCRIPTS}/stream.py")], &cluster).await;
    assert!(said.contains("all jobs done"), "{said}");
}

#[tokio::test]
async fn wscat_without_a_subprotocol_speaks_json() {
    let wscat = installed("node_modules/.bin/wscat");
    let cluster = Cluster::start(Stack::Balanced).await;
    let authorization = format!("Authorization: Bearer {}", Login::member("u1").token());
    let ping = r#"{"type":"@@hub/ping","meta":{"hub":{"id":"k1"}}}"#;
    let arguments = ["--no-color", "-c", &cluster.url(0), "-H", &authorization, "-x", ping, "-w", "2"];
    let said = run(&wscat, &arguments, &cluster).await;
    assert!(said.contains("@@hub/welcome") && said.contains(r#""re":"k1""#), "{said}");
}
