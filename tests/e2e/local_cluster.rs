//! `deploy/local-cluster`: comes up, serves, and leaves nothing behind.

use crate::support::process::Process;
use crate::support::{ports, Client, Codec, Offer};
use std::path::PathBuf;

#[tokio::test]
async fn the_local_cluster_serves_and_leaves_nothing_behind() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/local-cluster");
    // eleven are used; some may be taken
    let base = ports::row(24).to_string();
    let arguments = ["--binary", env!("CARGO_BIN_EXE_hubwire"), "--port-base", &base];
    let mut cluster = Process::start("local-cluster", script, arguments, &[]);
    assert_eventually!(
        cluster.ended().is_some() || cluster.output().contains("cluster is up"),
        "the cluster is up: {}",
        cluster.output()
    );
    let printed = cluster.output();
    let word_after = |label: &str| printed.split(label).nth(1).and_then(|rest| rest.split_whitespace().next());
    let url = word_after("\n  balanced ").unwrap_or_else(|| panic!("no URL printed:\n{printed}"));
    let scratch = PathBuf::from(word_after("logs in ").unwrap());
    assert!(scratch.is_dir());

    let demo = word_after("\n  demo ").unwrap_or_else(|| panic!("no demo printed:\n{printed}"));
    assert!(page_at(demo).contains("<title>hubwire demo</title>"), "a browser gets the page");

    let offer = Offer { query: "?user=u1&orgs=acme:admin".into(), ..Offer::codec(Codec::Json) };
    let mut nodes = Vec::new();
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = Client::open(url, Codec::Json, &offer).await.unwrap();
        client.welcomed().await;
        nodes.push(client.node().to_string());
        clients.push(client);
    }
    nodes.sort();
    assert_eq!(nodes, ["n1", "n2", "n3"], "the balancer spreads sessions");

    cluster.signal("TERM");
    assert_eq!(cluster.exit().await.code(), Some(0));
    assert!(!scratch.exists(), "{scratch:?} is left");
    for address in printed.split("127.0.0.1:").skip(1) {
        let port: u16 = address.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "somebody still listens on {port}");
    }
}

/// What a browser gets.
fn page_at(url: &str) -> String {
    let mut answer = ureq::get(url).header("Accept", "text/html").call().unwrap();
    answer.body_mut().read_to_string().unwrap()
}
