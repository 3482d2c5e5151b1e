//! Who a client is to others, by connection and by what its tokens say; and the subscriptions the server makes.

use super::raw::Raw;
use super::{cluster, socket, SETTINGS};
use crate::support::action::{control_at, publication};
use crate::support::{Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

fn subscription(user: &str, channel: &str) -> Login {
    Login::user(user).claim("channel", json!(channel)).claim("info", json!({ "seat": user }))
}

#[tokio::test]
async fn what_tokens_say_of_a_client_is_shown_of_its_connection_and_of_nobody_elses() {
    let cluster = cluster(Stack::Redis).await;
    let url = |node: usize| socket(cluster.node(node).public_port());
    let channel = "chat:infos";
    let (mut one, _) = Raw::connect(&url(0), &Login::member("u1")).await;
    one.ask(2, "subscribe", json!({ "channel": channel })).await;
    let own = one.push("join").await["join"]["info"].clone();
    assert_eq!((&own["user"], &own["conn_info"]), (&json!("u1"), &Value::Null), "{own}");

    let named = Login::member("u2").claim("info", json!({ "name": "Two" }));
    let (mut two, connected) = Raw::connect(&url(1), &named).await;
    let token = subscription("u2", channel).token();
    two.ask(2, "subscribe", json!({ "channel": channel, "token": token })).await;
    let mut shown = json!({ "user": "u2", "conn_info": { "name": "Two" }, "chan_info": { "seat": "u2" } });
    shown["client"] = connected["client"].clone();
    assert_eq!(one.push("join").await["join"]["info"], shown);
    // a second connection of the same user is another client
    let (mut second, again) = Raw::connect(&url(0), &Login::member("u2")).await;
    second.ask(2, "subscribe", json!({ "channel": channel })).await;
    assert_eq!(one.push("join").await["join"]["info"], json!({ "user": "u2", "client": again["client"] }));

    let made_up = r#"{"hub":{"conn_info":9}}"#;
    let publish = json!({ "channel": channel, "data": { "n": 1 }, "@info": made_up });
    two.send(&json!({ "id": 3, "publish": publish }).to_string()).await;
    assert_eq!(one.push("pub").await["pub"]["info"], shown, "what a client says of itself does not count");
    let page = one.ask(4, "history", json!({ "channel": channel, "limit": 1 })).await;
    assert_eq!(page["history"]["publications"][0]["info"], shown);
    second.send(&json!({ "id": 3, "publish": publish }).to_string()).await;
    assert_eq!(one.push("pub").await["pub"]["info"], json!({ "user": "u2", "client": again["client"] }));

    let mut id = 10;
    assert_eventually!({
        id += 1;
        let present = one.ask(id, "presence", json!({ "channel": channel })).await["presence"]["presence"].clone();
        let [client, other] = [&connected, &again].map(|it| it["client"].as_str().unwrap());
        // each of the user's two connections with its own
        let bare = json!({ "user": "u2", "client": other });
        present.as_object().is_some_and(|all| all.len() == 3) && present[client] == shown && present[other] == bare
    });
    drop(two);
    assert_eq!(one.push("leave").await["leave"]["info"], shown);
}

/// A subscription token revoked by its id, and by user and time. A client that asks for a new token gets in with that.
#[tokio::test]
async fn a_revoked_token_opens_no_channel_on_any_node_and_an_expired_one_no_connection() {
    let cluster = cluster(Stack::Redis).await;
    let url = |node: usize| socket(cluster.node(node).public_port());
    let ask = |token: String| json!({ "channel": "closed:a", "token": token });
    let (mut one, _) = Raw::connect(&url(0), &Login::member("u1").issued_at(2_000)).await;
    let by_id = subscription("u1", "closed:a").with_id("sub-1").issued_at(2_000).token();
    assert!(one.ask(2, "subscribe", ask(by_id.clone())).await["error"].is_null());
    one.ask(3, "unsubscribe", json!({ "channel": "closed:a" })).await;
    let api = cluster.api(1);
    api.ok(api.post("/v1/tokens/revoke", json!({ "jti": "sub-1" })));
    api.ok(api.post("/v1/tokens/revoke", json!({ "user": "u1", "issued_before": 1_500 })));
    let old = subscription("u1", "closed:a").issued_at(1_000).token();
    let mut id = 10;
    for token in [by_id, old] {
        assert_eventually!({
            id += 2;
            let reply = one.ask(id, "subscribe", ask(token.clone())).await;
            one.ask(id + 1, "unsubscribe", json!({ "channel": "closed:a" })).await;
            reply["error"]["code"] == 109
        });
    }
    let fresh = subscription("u1", "closed:a").issued_at(2_000).token();
    assert!(one.ask(9_000, "subscribe", ask(fresh)).await["error"].is_null());

    // the operator finds the user of a token that has ended, but not one that nobody signed
    for login in [Login::member("late").expired(), Login::member("made-up").expired().forged()] {
        let mut raw = Raw::open(&url(0)).await;
        raw.send(&json!({ "id": 1, "connect": { "token": login.token() } }).to_string()).await;
        raw.closed().await;
    }
    let api = cluster.api(0);
    let refusals = |user| api.ok(api.get(&format!("/v1/audit?event=handshake_refused&user={user}")))["events"].clone();
    let late = refusals("late");
    assert!(late[0]["reason"].as_str().is_some_and(|reason| reason.contains("the token expired at")), "{late}");
    assert_eq!(refusals("made-up"), json!([]));
}

/// Revoked by its id, and by user and time, in connections of other nodes than the one that was asked. The connection
/// goes on, and so does a subscription by another token, also one that replaced the revoked one while it was good.
#[tokio::test]
async fn a_revoked_token_closes_its_open_subscriptions_on_every_node_and_no_others() {
    let cluster = cluster(Stack::Redis).await;
    let url = |node: usize| socket(cluster.node(node).public_port());
    let ask = |token: &str| json!({ "channel": "closed:a", "token": token });
    let by_id = subscription("u1", "closed:a").with_id("sub-1").issued_at(2_000).token();
    let old = subscription("u1", "closed:a").issued_at(1_000).token();
    let fresh = subscription("u1", "closed:a").with_id("sub-2").issued_at(2_000).token();
    let login = Login::member("u1").issued_at(2_000);
    let (mut goes, _) = Raw::connect(&url(0), &login).await;
    let (mut ages, _) = Raw::connect(&url(2), &login).await;
    let (mut stays, _) = Raw::connect(&url(0), &login).await;
    for (client, token) in [(&mut goes, &by_id), (&mut ages, &old), (&mut stays, &by_id)] {
        assert!(client.ask(2, "subscribe", ask(token)).await["error"].is_null());
    }
    assert!(stays.ask(3, "sub_refresh", ask(&fresh)).await["error"].is_null());

    let api = cluster.api(1);
    api.ok(api.post("/v1/tokens/revoke", json!({ "jti": "sub-1" })));
    api.ok(api.post("/v1/tokens/revoke", json!({ "user": "u1", "issued_before": 1_500 })));
    let told = json!({ "code": 2501, "reason": "subscription token revoked" });
    for client in [&mut goes, &mut ages] {
        assert_eq!(client.push("unsubscribe").await["unsubscribe"], told);
        // one that was still in would be told that it is
        assert!(client.ask(5, "subscribe", ask(&fresh)).await["error"].is_null(), "the connection goes on");
    }
    goes.ask(6, "publish", json!({ "channel": "closed:a", "data": 7 })).await;
    let heard = stays.next("a push", |it| !it["push"]["pub"].is_null() || !it["push"]["unsubscribe"].is_null()).await;
    assert_eq!(heard["push"]["pub"]["data"], 7, "{heard}");
}

#[tokio::test]
async fn nobody_who_speaks_hubwire_shows_itself_as_what_a_token_says() {
    let cluster = cluster(Stack::Memory).await;
    let (mut one, _) = Raw::connect(&socket(cluster.node(0).public_port()), &Login::member("u1")).await;
    one.ask(2, "subscribe", json!({ "channel": "chat:forged" })).await;
    one.push("join").await;
    for codec in [Codec::Json, Codec::Msgpack] {
        let mut own = cluster.connect(0, codec, &Login::member("u2")).await;
        let state = json!({ "presence": { "state": { "hub": { "conn_info": 9 } } } });
        let refused = own.ask(control_at("ch:acme/chat/forged", "@@hub/join", state)).await;
        assert_eq!(refused.kind(), "@@hub/error", "{refused:?}");
        own.join("ch:acme/chat/forged").await;
        let mut forged = publication("ch:acme/chat/forged", "publication", json!(1));
        forged["meta"]["conn_info"] = json!(9);
        own.send(&forged).await;
        let join = one.push("join").await["join"]["info"].clone();
        assert_eq!((&join["user"], &join["conn_info"]), (&json!("u2"), &Value::Null), "{join}");
        let info = one.push("pub").await["pub"]["info"].clone();
        assert_eq!((&info["user"], &info["conn_info"]), (&json!("u2"), &Value::Null), "{info}");
    }
}

#[tokio::test]
async fn subscriptions_of_the_server_stand_in_the_answer_and_go_on_where_the_client_was() {
    let cluster = cluster(Stack::Redis).await;
    let url = |node: usize| socket(cluster.node(node).public_port());
    let granted = Login::member("u1").claim("channels", json!(["chat:granted", "nowhere:a", "quiet:granted"]));
    let (mut one, connected) = Raw::connect(&url(0), &granted).await;
    let subs = connected["subs"].as_object().unwrap();
    assert_eq!(subs.keys().collect::<Vec<_>>(), ["#u1", "chat:granted", "quiet:granted"]);
    assert_eq!((&subs["chat:granted"]["recoverable"], &subs["quiet:granted"]), (&json!(true), &json!({})));
    let (mut two, _) = Raw::connect(&url(1), &Login::member("u2")).await;
    two.ask(2, "publish", json!({ "channel": "chat:granted", "data": 1 })).await;
    two.ask(3, "publish", json!({ "channel": "#u1", "data": "a" })).await;
    let (mut heard, mut direct) = (Value::Null, Value::Null);
    while heard.is_null() || direct.is_null() {
        let push = one.push("pub").await;
        match push["channel"].as_str().unwrap() {
            "#u1" => direct = push["pub"].clone(),
            _ => heard = push["pub"].clone(),
        }
    }
    drop(one);
    for n in 2..5 {
        two.ask(n + 10, "publish", json!({ "channel": "chat:granted", "data": n })).await;
    }
    two.ask(20, "publish", json!({ "channel": "#u1", "data": "b" })).await;

    // with the epoch of the reply, which some clients keep, and with that of a publication
    let anchor = subs["chat:granted"]["epoch"].clone();
    for epoch in [anchor, heard["epoch"].clone()] {
        let known = json!({
            "chat:granted": { "recover": true, "offset": heard["offset"], "epoch": epoch },
            "#u1": { "recover": true, "offset": direct["offset"], "epoch": direct["epoch"] },
            "closed:a": { "recover": true },
        });
        let (mut again, connected) = Raw::connect_with(&url(1), &granted, json!({ "subs": known })).await;
        let subs = connected["subs"].as_object().unwrap();
        let names: Vec<_> = subs.keys().collect();
        assert_eq!(names, ["#u1", "chat:granted", "quiet:granted"], "nothing that it only remembers");
        for name in ["#u1", "chat:granted"] {
            let sub = &subs[name];
            assert_eq!((&sub["was_recovering"], &sub["recovered"]), (&json!(true), &json!(true)), "{name}: {sub}");
        }
        let mut missed = Vec::new();
        while missed.len() < 4 {
            let push = again.push("pub").await;
            missed.push((push["channel"].as_str().unwrap().to_owned(), push["pub"]["data"].clone()));
        }
        missed.sort_by_key(|(channel, data)| (channel.clone(), data.as_u64()));
        let of_channel = (2..5).map(|n| ("chat:granted".to_owned(), json!(n)));
        let expected: Vec<_> = [("#u1".to_owned(), json!("b"))].into_iter().chain(of_channel).collect();
        assert_eq!(missed, expected);
    }
    let gone = json!({ "chat:granted": { "recover": true, "offset": heard["offset"], "epoch": "12345" } });
    let (_, connected) = Raw::connect_with(&url(0), &granted, json!({ "subs": gone })).await;
    let sub = &connected["subs"]["chat:granted"];
    assert_eq!((&sub["was_recovering"], &sub["recovered"]), (&json!(true), &Value::Null), "{sub}");
}

/// With the broker in memory, where nothing is lost but with everything else.
#[tokio::test]
async fn publications_are_counted_from_one_and_a_personal_channel_tells_of_its_connections() {
    let namespaces = ("HUBWIRE_CENTRIFUGE_NAMESPACES", "* acme subscribe publish join_leave history recover");
    let settings: Vec<_> = SETTINGS.into_iter().take(2).chain([namespaces]).collect();
    let cluster = Cluster::start_with(Stack::Memory, &settings).await;
    let url = socket(cluster.node(0).public_port());
    let login = Login::member("u1");
    let (mut one, connected) = Raw::connect(&url, &login).await;
    let join = one.push("join").await;
    assert_eq!((&join["channel"], &join["join"]["info"]["client"]), (&json!("#u1"), &connected["client"]));
    let (mut two, second) = Raw::connect(&url, &login).await;
    assert_eq!(one.push("join").await["join"]["info"]["client"], second["client"]);
    let api = cluster.api(0);
    let node = api.post("/api/info", json!({})).body["result"]["nodes"][0].clone();
    assert_eq!((&node["num_clients"], &node["num_users"]), (&json!(2), &json!(1)), "{node}");
    one.send(r##"{"id":2,"publish":{"channel":"#u1","data":"a"}}"##).await;
    for client in [&mut one, &mut two] {
        let own = client.push("pub").await;
        assert_eq!(
            (&own["pub"]["data"], &own["pub"]["offset"]),
            (&json!("a"), &json!(1)),
            "to its publisher, too: {own}"
        );
    }
    drop(two);
    assert_eq!(one.push("leave").await["leave"]["info"]["client"], second["client"]);

    let begun = one.ask(3, "subscribe", json!({ "channel": "counted" })).await["subscribe"].clone();
    for n in 1..4 {
        one.ask(3 + n, "publish", json!({ "channel": "counted", "data": n })).await;
    }
    let page = one.ask(10, "history", json!({ "channel": "counted", "limit": -1 })).await["history"].clone();
    let offsets: Vec<_> = page["publications"].as_array().unwrap().iter().map(|it| it["offset"].as_u64()).collect();
    assert_eq!((offsets, &page["offset"]), (vec![Some(1), Some(2), Some(3)], &json!(3)));
    // from the epoch of nothing, of an entry and of the top; and from nothing in another life of the broker
    let entry = page["publications"][0]["epoch"].clone();
    for (offset, epoch, recovered) in [
        (1, begun["epoch"].clone(), true),
        (1, entry, true),
        (3, page["epoch"].clone(), true),
        (4, begun["epoch"].clone(), false),
        (0, begun["epoch"].clone(), true),
        (1, json!("0.7"), false),
        (0, json!("0.7"), false),
    ] {
        let (mut again, _) = Raw::connect(&url, &Login::member("u2")).await;
        let recover = json!({ "channel": "counted", "recover": true, "offset": offset, "epoch": epoch });
        let answer = again.ask(2, "subscribe", recover).await["subscribe"].clone();
        assert_eq!(answer["recovered"] == true, recovered, "{offset} {epoch}: {answer}");
        if recovered && offset < 3 {
            assert_eq!(again.push("pub").await["pub"]["offset"], offset + 1);
        }
    }
}

#[tokio::test]
async fn who_is_nobody_renews_its_credentials_and_stays_who_it_is() {
    let settings: Vec<_> = SETTINGS.into_iter().chain([("HUBWIRE_CENTRIFUGE_ANONYMOUS", "true")]).collect();
    let cluster = Cluster::start_with(Stack::Memory, &settings).await;
    let url = socket(cluster.node(0).public_port());
    let (mut raw, connected) = Raw::connect(&url, &Login::user("")).await;
    let renewed = raw.ask(2, "refresh", json!({ "token": Login::user("").token() })).await;
    assert_eq!(renewed["refresh"]["expires"], true, "{connected} {renewed}");
    let other = raw.ask(3, "refresh", json!({ "token": Login::user("u1").token() })).await;
    assert_eq!(other["error"]["code"], 101, "{other}");
    // one without any credentials
    let mut raw = Raw::open(&url).await;
    raw.send(r#"{"id":1,"connect":{}}"#).await;
    assert_eq!(raw.reply(1).await["connect"]["expires"], Value::Null);
    raw.ask(2, "subscribe", json!({ "channel": "chat:nobody" })).await;
    assert_eq!(raw.push("join").await["join"]["info"]["user"], "");
}
