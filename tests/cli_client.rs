//! `sub`, `pub`, `send`, `who` and `ticket` against servers that play a node's part.

mod cli_support;
use cli_support::{hubwire, server};
use serde_json::json;

#[test]
fn sub_prints_what_arrives_as_one_document_per_line_and_ends_after_the_count() {
    let (url, node) = server::socket(|mut peer| async move {
        let auth = peer.receive().await.unwrap();
        peer.welcome().await;
        let join = peer.receive().await.unwrap();
        let payload = "{\n  \"price\": 1.50\n}";
        for pos in ["5-1", "6-1", "7-1"] {
            let hub = format!(r#"{{"to":"ch:acme/x","from":"u2","pos":"{pos}"}}"#);
            peer.send_text(&format!(r#"{{"type":"price","payload":{payload},"meta":{{"hub":{hub}}}}}"#)).await;
        }
        let start = peer.receive().await.unwrap();
        assert_eq!(start["payload"], json!({ "positions": { "user:u1": null } }), "where the device is");
        assert!(peer.receive().await.is_none(), "the client closes after two");
        (auth, join)
    });
    let run = hubwire(&[
        "--json",
        "sub",
        "--url",
        &url,
        "--token",
        "a.b.c",
        "--device",
        "d1",
        "--join",
        "ch:acme/x",
        "--count",
        "2",
    ]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let kinds: Vec<_> = run.documents().iter().map(|action| action["type"].clone()).collect();
    assert_eq!(kinds, ["@@hub/welcome", "price", "price"]);
    assert!(run.stdout.contains(r#""price": 1.50"#), "the payload stays as it was sent: {}", run.stdout);
    let (auth, join) = node.join().unwrap();
    assert_eq!(auth, json!({ "type": "@@hub/auth", "payload": { "token": "a.b.c", "device": "d1" } }));
    assert_eq!((&join["type"], &join["meta"]["hub"]["to"]), (&json!("@@hub/join"), &json!("ch:acme/x")));
}

#[test]
fn sub_shows_people_a_line_per_action_that_cannot_steer_their_terminal() {
    let (url, _node) = server::socket(|mut peer| async move {
        peer.welcome().await;
        let hub = json!({ "to": "user:u1", "from": "u2", "pos": "6-1" });
        // before the inbox begins it is void: it comes again
        peer.send(json!({ "type": "message", "payload": "too early", "meta": { "hub": hub } })).await;
        peer.begin_inbox().await;
        peer.send(json!({ "type": "message", "payload": "a\u{9b}2Jb", "meta": { "hub": hub } })).await;
        peer.receive().await;
    });
    let run = hubwire(&["sub", "--url", &url, "--user", "u1", "--count", "1"]);
    let resumed = r#"user:u1  @@hub/resumed  {"pos":"1-1","recovered":true,"top":"5-1"}"#;
    assert_eq!(run.stdout, format!("{resumed}\nuser:u1  message  from u2  6-1  \"a\\u{{9b}}2Jb\"\n"));
    assert!(run.stderr.contains("connected to n1 as u1"), "{}", run.stderr);
}

#[test]
fn a_user_of_a_development_node_is_named_in_the_query_and_msgpack_works() {
    let (url, node) = server::socket(|mut peer| async move {
        peer.welcome().await;
        peer.send(json!({ "type": "tick", "payload": { "n": 1 } })).await;
        peer.receive().await;
        peer.path
    });
    let user = ["--user", "a|b", "--orgs", "acme:admin+owner/ops,beta", "--codec", "msgpack"];
    let run = hubwire(&[&["--json", "sub", "--url", &url, "--count", "1"], &user[..]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.documents()[1], json!({ "type": "tick", "payload": { "n": 1 } }));
    assert_eq!(node.join().unwrap(), "/ws?user=a%7Cb&orgs=acme%3Aadmin%2Bowner%2Fops%2Cbeta");
}

#[test]
fn sub_goes_on_from_where_its_last_run_ended() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("positions.json");
    let file = path.to_str().unwrap();
    let run_once = |pos: &'static str| {
        let (url, node) = server::socket(move |mut peer| async move {
            let auth = peer.receive().await.unwrap();
            peer.welcome().await;
            if auth["payload"]["resume"].is_null() {
                peer.begin_inbox().await;
            }
            peer.send(json!({ "type": "x", "meta": { "hub": { "to": "user:u1", "pos": pos } } })).await;
            peer.receive().await;
            auth["payload"]["resume"].clone()
        });
        let run = hubwire(&["sub", "--url", &url, "--token", "a.b.c", "--count", "1", "--resume", file]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        node.join().unwrap()
    };
    assert_eq!(run_once("6-1"), json!(null));
    assert_eq!(run_once("7-1"), json!({ "user:u1": "6-1", "org:acme": "9-1" }));
}

// What waited for the user must not be passed over by a run that ended before it came.
#[test]
fn a_position_past_what_was_not_seen_is_never_saved() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("positions.json");
    let run_once = |answers: bool| {
        let (url, _node) = server::socket(move |mut peer| async move {
            peer.receive().await;
            peer.welcome().await;
            if answers {
                peer.begin_inbox().await;
            }
            while peer.receive().await.is_some() {}
        });
        let file = path.to_str().unwrap();
        let run = hubwire(&["sub", "--url", &url, "--token", "a.b.c", "--timeout-ms", "300", "--resume", file]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        std::fs::read_to_string(&path).unwrap().trim().to_owned()
    };
    assert_eq!(run_once(false), r#"{"org:acme":"9-1"}"#, "the inbox was at 5-1 and nothing of it was seen");
    assert_eq!(run_once(true), r#"{"org:acme":"9-1","user:u1":"1-1"}"#, "it begins there");
}

#[test]
fn history_prints_a_page_and_how_to_go_on() {
    let script = |mut peer: server::Peer| async move {
        peer.welcome().await;
        let asked = peer.receive().await.unwrap();
        let hub = |n| json!({ "to": "org:acme", "pos": format!("{n}-1") });
        let page = [6, 7].map(|n| json!({ "type": "t", "payload": n, "meta": { "hub": hub(n) } }));
        let payload = json!({ "publications": page, "more": true });
        let hub = json!({ "to": "org:acme", "re": asked["meta"]["hub"]["id"] });
        peer.send(json!({ "type": "@@hub/history", "payload": payload, "meta": { "hub": hub } })).await;
        peer.receive().await;
        asked
    };
    let (url, node) = server::socket(script);
    let run = hubwire(&["history", "org:acme", "--limit", "2", "--url", &url, "--user", "u1"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "org:acme  t  6-1  6\norg:acme  t  7-1  7\n"));
    assert!(run.stderr.contains("--before 6-1"), "{}", run.stderr);
    let asked = node.join().unwrap();
    assert_eq!((&asked["type"], &asked["payload"]), (&json!("@@hub/history"), &json!({ "limit": 2 })));
    let (url, node) = server::socket(script);
    let run = hubwire(&["--json", "history", "org:acme", "--after", "5-1", "--url", &url, "--user", "u1"]);
    assert_eq!(run.documents().iter().map(|it| it["payload"].clone()).collect::<Vec<_>>(), [json!(6), json!(7)]);
    assert_eq!(node.join().unwrap()["payload"], json!({ "after": "5-1", "limit": 100 }));
}

#[test]
fn an_answer_that_does_not_come_in_time_is_1() {
    let (url, _node) = server::socket(|mut peer| async move {
        peer.welcome().await;
        while peer.receive().await.is_some() {}
    });
    let run = hubwire(&["sub", "--url", &url, "--user", "u1", "--count", "1", "--timeout-ms", "50"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("within 50 ms"), "{}", run.stderr);
}

#[test]
fn a_time_without_a_count_ends_well() {
    let (url, _node) = server::socket(|mut peer| async move {
        peer.welcome().await;
        while peer.receive().await.is_some() {}
    });
    assert_eq!(hubwire(&["sub", "--url", &url, "--user", "u1", "--timeout-ms", "50"]).code, 0);
}

#[test]
fn a_socket_the_node_closes_is_1_with_code_and_advice() {
    let (url, _node) = server::socket(|mut peer| async move { peer.close(4401, "unauthenticated").await });
    let run = hubwire(&["sub", "--url", &url]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("4401 unauthenticated") && run.stderr.contains("--token"), "{}", run.stderr);
}

// What to do about an expired token is not what to do without one.
#[test]
fn who_is_sent_away_is_told_what_to_do_about_it() {
    for (code, reason, part) in [
        ("bad_credentials", "bad credentials", "hubwire token inspect"),
        ("token_expired", "expired", "get a new token"),
        ("token_revoked", "revoked", "sign in again"),
        ("disconnected", "disconnected", "the application ended this session"),
    ] {
        let (url, _node) = server::socket(move |mut peer| async move {
            peer.receive().await;
            peer.send(json!({ "type": "@@hub/error", "error": true, "payload": { "code": code, "message": "no" } }))
                .await;
            peer.close(4401, reason).await;
        });
        let run = hubwire(&["sub", "--url", &url, "--token", "a.b.c"]);
        assert!(run.stderr.contains(&format!("{code}: no")) && run.stderr.contains(part), "{}", run.stderr);
        assert!(!run.stderr.contains("pass credentials"), "{}", run.stderr);

        let (url, _node) = server::socket(move |mut peer| async move {
            peer.welcome().await;
            peer.close(4401, reason).await;
        });
        let run = hubwire(&["--json", "sub", "--url", &url, "--user", "u1"]);
        let error = serde_json::from_str::<serde_json::Value>(&run.stderr).unwrap()["error"].clone();
        assert_eq!((&error["code"], &error["close_code"]), (&json!("closed"), &json!(4401)));
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
    }
}

#[test]
fn an_address_without_a_path_is_that_of_a_nodes_sockets() {
    let (url, node) = server::socket(|mut peer| async move {
        peer.welcome().await;
        while peer.receive().await.is_some() {}
        peer.path
    });
    let run = hubwire(&["sub", "--url", url.trim_end_matches("/ws"), "--user", "u1", "--timeout-ms", "50"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(node.join().unwrap(), "/ws?user=u1");
}

#[test]
fn send_prints_the_ack_of_a_direct_message() {
    let script = |mut peer: server::Peer| async move {
        peer.welcome().await;
        let sent = peer.receive().await.unwrap();
        let payload = json!({ "pos": "12-7", "sessions": 2, "nodes": 1 });
        peer.send(json!({ "type": "x", "meta": { "hub": { "to": "user:u1", "pos": "6-1" } } })).await;
        peer.send(
            json!({ "type": "@@hub/ack", "payload": payload, "meta": { "hub": { "re": sent["meta"]["hub"]["id"] } } }),
        )
        .await;
        peer.receive().await;
        sent
    };
    let (url, node) = server::socket(script);
    let run = hubwire(&["--json", "send", "u2", "hi there", "--url", &url, "--user", "u1"]);
    assert_eq!(run.document(), json!({ "pos": "12-7", "sessions": 2, "nodes": 1 }));
    let sent = node.join().unwrap();
    assert_eq!((&sent["type"], &sent["payload"]), (&json!("message"), &json!("hi there")));
    assert_eq!(sent["meta"]["hub"]["to"], "user:u2");

    let (url, _node) = server::socket(script);
    let run = hubwire(&["send", "u2", "hi", "--url", &url, "--user", "u1"]);
    assert_eq!(run.stdout, "stored in user:u2 at 12-7; sessions: 2, nodes: 1\n");
}

#[test]
fn an_action_the_node_refuses_is_1_with_its_code() {
    let (url, _node) = server::socket(|mut peer| async move {
        peer.welcome().await;
        let sent = peer.receive().await.unwrap();
        let payload = json!({ "code": "forbidden", "message": "not a member", "retry": false });
        let meta = json!({ "hub": { "re": sent["meta"]["hub"]["id"] } });
        peer.send(json!({ "type": "@@hub/error", "error": true, "payload": payload, "meta": meta })).await;
        peer.receive().await;
    });
    let run = hubwire(&["--json", "pub", "org:acme", "x", "--url", &url, "--user", "u1"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("forbidden: not a member"), "{}", run.stderr);
}

#[test]
fn pub_by_the_api_sends_the_payload_as_it_was_typed() {
    let (url, node) = server::api("200 OK", json!({ "pos": "1-7" }));
    let payload = r#"{"b":1.50,"a":2}"#;
    let run =
        hubwire(&["--json", "pub", "org:acme", "order/paid", payload, "--api", &url, "--api-key", "k", "--id", "i1"]);
    assert_eq!(run.document(), json!({ "pos": "1-7" }));
    let asked = node.join().unwrap();
    assert_eq!(asked.line, "POST /v1/publish");
    assert!(asked.headers.contains(&"x-api-key: k".to_owned()), "{:?}", asked.headers);
    assert!(asked.headers.contains(&"content-type: application/json".to_owned()), "{:?}", asked.headers);
    assert!(asked.text.contains(r#""payload":{"b":1.50,"a":2}"#), "{}", asked.text);
    assert_eq!((&asked.json()["to"], &asked.json()["id"]), (&json!("org:acme"), &json!("i1")));
}

#[test]
fn who_shows_sessions_and_ticket_shows_the_ticket() {
    let session =
        json!({ "session": "s", "node": "n1", "incarnation": "i", "device": null, "since_ms": 1_795_239_502_123u64 });
    let (url, node) = server::api("200 OK", json!({ "user": "a|b", "sessions": [session] }));
    let run = hubwire(&["who", "a|b", "--api", &url]);
    assert_eq!(run.stdout, "a|b has 1 session\n  s  node n1  device -  since 2026-11-21T05:38:22Z\n");
    assert_eq!(node.join().unwrap().line, "GET /v1/users/a%7Cb/sessions");

    let (url, node) = server::api("201 Created", json!({ "ticket": "t1", "expires_in_ms": 30000 }));
    let run = hubwire(&["ticket", "--user", "u1", "--org", "acme:admin", "--api", &url]);
    assert_eq!(run.stdout, "t1\n");
    let orgs = json!({ "acme": { "roles": ["admin"], "teams": [] } });
    assert_eq!(node.join().unwrap().json(), json!({ "user": "u1", "orgs": orgs }));
}

#[test]
fn an_error_of_the_api_is_1_with_its_code_and_advice() {
    let body = json!({ "error": { "code": "unauthenticated", "message": "a valid API key is needed" } });
    let (url, _node) = server::api("401 Unauthorized", body);
    let run = hubwire(&["--json", "who", "u1", "--api", &url]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("HTTP 401: unauthenticated: a valid API key is needed"), "{}", run.stderr);
    assert!(run.stderr.contains("HUBWIRE_API_KEY"), "{}", run.stderr);
}
