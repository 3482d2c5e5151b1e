//! Pages that connect with a cookie instead of a token.

use crate::support::{settings, Client, Codec, Login, Node, Offer};
use std::io::{Read, Write};
use std::net::TcpStream;

const KEYS: [&str; 2] = ["the new cookie key of 32 bytes or more", "the old cookie key of 32 bytes or more"];

async fn node(keys: &str) -> Node {
    let mut node = Node::spawn_set("n1", None, &[("HUBWIRE_AUTH_COOKIE_KEYS", keys)]);
    node.ready().await;
    node
}

/// The cookie that a node sets for a token, as a browser sends it back.
fn sign_in(node: &Node, login: &Login) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", node.public_port())).unwrap();
    stream.set_read_timeout(Some(crate::support::eventually::DEADLINE)).unwrap();
    let request = format!(
        "POST /v1/session HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: 0\r\nOrigin: {}\r\n\
         Authorization: Bearer {}\r\n\r\n",
        settings::ALLOWED_ORIGIN,
        login.token()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let set = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    set.unwrap_or_else(|| panic!("no cookie: {answer}")).split(';').next().unwrap().to_owned()
}

async fn open(node: &Node, cookie: &str, origin: Option<&str>) -> Client {
    let headers = vec![("cookie".into(), format!("theme=dark; {cookie}"))];
    let offer = Offer { headers, origin: origin.map(str::to_owned), ..Offer::codec(Codec::Json) };
    Client::open(&node.url(), Codec::Json, &offer).await.ok().unwrap()
}

#[tokio::test]
async fn a_page_with_the_cookie_is_its_user_on_every_node_and_while_keys_change() {
    let (former, both) = (node(KEYS[1]).await, node(&KEYS.join(",")).await);
    let cookie = sign_in(&former, &Login::admin("ada"));
    let allowed = Some(settings::ALLOWED_ORIGIN);
    let mut client = open(&both, &cookie, allowed).await;
    assert_eq!(client.welcomed().await.payload()["user"], "ada");
    client.publish("org:acme", "news", serde_json::json!(1)).await;
    // a cookie under a removed key opens nothing
    let renewed = sign_in(&both, &Login::member("ada"));
    let mut refused = open(&former, &renewed, allowed).await;
    assert_eq!(refused.closed().await, 4401);
    both.api().post("/v1/users/ada/block", serde_json::json!({ "seconds": 60 }));
    assert_eq!(client.closed().await, 4403, "the denylist knows who it is");
}

#[tokio::test]
async fn a_cookie_counts_for_pages_that_are_listed_and_for_nobody_else() {
    let node = node(KEYS[0]).await;
    let cookie = sign_in(&node, &Login::member("ada"));
    let mut stranger = open(&node, &cookie, Some("https://evil.example.org")).await;
    assert_eq!(stranger.closed().await, 4403);
    // a client without an origin is not a page: the node ignores its cookie and waits for credentials
    let mut program = open(&node, &cookie, None).await;
    program
        .send(&serde_json::json!({ "type": "@@hub/auth", "payload": { "token": Login::member("bob").token() } }))
        .await;
    assert_eq!(program.welcomed().await.payload()["user"], "bob");
    let mut changed = open(&node, &cookie.replace('=', "=A"), Some(settings::ALLOWED_ORIGIN)).await;
    assert_eq!(changed.closed().await, 4401);
    assert!(!node.process.output().contains(cookie.split('=').nth(1).unwrap()), "no cookie is logged");
}

#[test]
fn a_node_with_cookie_keys_and_no_list_of_pages_does_not_start() {
    for (option, key) in [("HUBWIRE_AUTH_COOKIE_KEYS", KEYS[0]), ("HUBWIRE_AUTH_GORILLA_KEYS", KEYS[1])] {
        for (origins, expected) in [(None, "auth.allowed_origins is empty"), (Some("*"), "has `*` or `null`")] {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hubwire"));
            command.arg("check-config").env("HUBWIRE_AUTH_JWT_SECRETS", settings::JWT_SECRET).env(option, key);
            command.envs(origins.map(|origins| ("HUBWIRE_AUTH_ALLOWED_ORIGINS", origins)));
            let output = command.output().unwrap();
            let printed = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && printed.contains(expected), "{expected}: {printed}");
        }
    }
}
