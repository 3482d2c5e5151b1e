//! `hubwire block`, `unblock`, `revoke` and `blocks` against a real node and its sockets.

use crate::support::settings::API_KEY;
use crate::support::{Client, Codec, Login, Node, Offer};
use serde_json::Value;
use std::process::Command;

/// What a run printed on standard output; it has to succeed.
fn run(node: &Node, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubwire"));
    let api = format!("http://127.0.0.1:{}", node.internal_port());
    command.args(arguments).args(["--api", &api, "--api-key", API_KEY]).env_clear();
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

async fn refusal(node: &Node, login: &Login) -> Option<u16> {
    Client::open(&node.url(), Codec::Json, &Offer::login(Codec::Json, login)).await.err()
}

#[tokio::test]
async fn a_user_is_blocked_listed_and_let_in_again_from_the_command_line() {
    let node = Node::start("n1", None).await;
    let ada = Login::member("ada");
    let mut client = Client::connect(&node.url(), Codec::Json, &ada).await;
    assert_eq!(run(&node, &["blocks"]).trim(), "no blocks and no revocations");
    let said = run(&node, &["block", "ada", "--seconds", "600", "--reason", "spam"]);
    assert_eq!(said.trim(), "ada is blocked for 600 s");
    assert_eq!(client.closed_with_reason().await, (4403, "blocked".to_owned()));
    assert_eq!(refusal(&node, &ada).await, Some(403));
    let listed = run(&node, &["blocks"]);
    assert!(listed.starts_with("user ada  for ") && listed.trim().ends_with("s: spam"), "{listed}");
    let document: Value = serde_json::from_str(&run(&node, &["--json", "blocks"])).unwrap();
    assert_eq!(document["blocks"][0]["user"], "ada");
    assert_eq!(run(&node, &["unblock", "ada"]).trim(), "ada is no longer blocked");
    assert_eq!(run(&node, &["unblock", "ada"]).trim(), "ada was not blocked");
    Client::connect(&node.url(), Codec::Json, &ada).await;
}

#[tokio::test]
async fn an_address_is_blocked_listed_and_let_in_again_from_the_command_line() {
    let node = Node::start("n1", None).await;
    let ada = Login::member("ada");
    let mut client = Client::connect(&node.url(), Codec::Json, &ada).await;
    let said = run(&node, &["block", "--address", "127.0.0.1", "--seconds", "600", "--reason", "scan"]);
    assert_eq!(said.trim(), "127.0.0.1 is blocked for 600 s");
    assert_eq!(client.closed_with_reason().await, (4403, "blocked".to_owned()));
    assert_eq!(refusal(&node, &ada).await, Some(403));
    let listed = run(&node, &["blocks"]);
    assert!(listed.starts_with("address 127.0.0.1  for ") && listed.trim().ends_with("s: scan"), "{listed}");
    assert_eq!(run(&node, &["unblock", "--address", "127.0.0.1"]).trim(), "127.0.0.1 is no longer blocked");
    Client::connect(&node.url(), Codec::Json, &ada).await;
}

#[tokio::test]
async fn tokens_are_revoked_by_id_and_by_age_from_the_command_line() {
    let node = Node::start("n1", None).await;
    let (lost, kept) = (Login::member("ada").with_id("t7"), Login::member("ada").with_id("t8"));
    let mut client = Client::connect(&node.url(), Codec::Json, &lost).await;
    assert_eq!(run(&node, &["revoke", "--jti", "t7", "--seconds", "600"]).trim(), "revoked for 600 s");
    assert_eq!(client.closed_with_reason().await, (4401, "revoked".to_owned()));
    assert_eq!(refusal(&node, &lost).await, Some(401));
    Client::connect(&node.url(), Codec::Json, &kept).await;

    let (old, new) = (Login::member("bob").issued_at(1000), Login::member("bob").issued_at(2000));
    run(&node, &["revoke", "--user", "bob", "--issued-before", "1500"]);
    assert_eq!(refusal(&node, &old).await, Some(401));
    Client::connect(&node.url(), Codec::Json, &new).await;
    // a second time with an earlier date lets nothing in again
    run(&node, &["revoke", "--user", "bob", "--issued-before", "500"]);
    assert_eq!(refusal(&node, &old).await, Some(401));
    let listed = run(&node, &["blocks"]);
    assert!(listed.contains("token t7") && listed.contains("tokens of bob issued before 1500"), "{listed}");
}
