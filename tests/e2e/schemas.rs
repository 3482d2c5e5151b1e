//! JSON Schemas for payloads: what does not fit is refused with its place and stored nowhere, whichever way it comes
//! in; and a reload takes the files anew, or nothing.

use crate::centrifuge::{raw::Raw, socket};
use crate::support::action::publication;
use crate::support::{Action, Client, Codec, EventStream, Login, Node};
use serde_json::{json, Value};
use std::path::Path;

const CHANNEL: &str = "ch:acme/chat/orders";
const ORDER: &str = r#"{"type":"object","required":["lines"],"properties":{"lines":{"items":{"$ref":"line.json"}}}}"#;
const LINE: &str = r#"{"properties":{"qty":{"type":"integer","minimum":1}}}"#;

async fn node(directory: &Path) -> Node {
    let (file, order, line) =
        (directory.join("hubwire.toml"), directory.join("order.json"), directory.join("line.json"));
    std::fs::write(&order, ORDER).unwrap();
    std::fs::write(&line, LINE).unwrap();
    let (order, line) = (order.display(), line.display());
    let access = format!(
        "[access]\nschemas = ['order/* on ch:{{org}}/** user:* as {order}', 'publication on * as {order}']\n\
         schema_files = ['{line}']\n\
         [centrifuge]\nenabled = true\nnamespaces = ['chat acme subscribe publish history']\n"
    );
    std::fs::write(&file, access).unwrap();
    let mut node = Node::spawn_set("n1", None, &[("HUBWIRE_CONFIG", file.to_str().unwrap())]);
    node.ready().await;
    node
}

async fn refused(client: &mut Client, to: &str, payload: Value) -> Action {
    let answer = client.ask(publication(to, "order/paid", payload)).await;
    assert_eq!((answer.kind(), answer.code(), answer.to()), ("@@hub/error", "schema_mismatch", to), "{answer:?}");
    answer
}

#[tokio::test]
async fn a_payload_that_does_not_fit_is_refused_with_its_place_and_stored_nowhere() {
    let directory = tempfile::tempdir().unwrap();
    let node = node(directory.path()).await;
    let wrong = json!({ "lines": [{ "qty": 1 }, { "qty": 0 }] });
    for codec in [Codec::Json, Codec::Msgpack] {
        let mut ada = Client::connect(&node.url(), codec, &Login::member("ada")).await;
        for to in [CHANNEL, "user:bob"] {
            let answer = refused(&mut ada, to, wrong.clone()).await;
            assert_eq!(answer.payload()["path"], "/lines/1/qty");
            assert_eq!(answer.payload()["retry"], false);
            assert_eq!(refused(&mut ada, to, json!([])).await.payload()["path"], "");
        }
        // an id whose action was refused is free, an ephemeral action is held to the same, other types are free
        let mut action = publication(CHANNEL, "order/paid", wrong.clone());
        action["meta"]["hub"]["ephemeral"] = json!(true);
        assert_eq!(ada.ask(action).await.code(), "schema_mismatch");
        ada.publish(CHANNEL, "order/paid", json!({ "lines": [{ "qty": 2.0 }] })).await;
        ada.publish(CHANNEL, "other", wrong.clone()).await;
    }
    let (mut raw, _) = Raw::connect(&socket(node.public_port()), &Login::member("eve")).await;
    raw.send(&json!({ "id": 2, "publish": { "channel": "chat:orders", "data": wrong } }).to_string()).await;
    assert_eq!(raw.reply(2).await["error"]["code"], 107);
    raw.send(r#"{"id":3,"publish":{"channel":"chat:orders","data":{"lines":[]}}}"#).await;
    assert!(raw.reply(3).await["error"].is_null());
    // without a socket: what is posted is held to the same, and the session goes on
    let mut zoe = EventStream::open(node.public_port(), &Login::member("zoe"));
    let answer = zoe.ask(publication(CHANNEL, "order/paid", wrong.clone()));
    assert_eq!((answer.code(), answer.to()), ("schema_mismatch", CHANNEL), "{answer:?}");
    assert_eq!(answer.payload()["path"], "/lines/1/qty");
    let answer = zoe.ask(publication(CHANNEL, "order/paid", json!({ "lines": [{ "qty": 3 }] })));
    assert_eq!(answer.kind(), "@@hub/ack", "{answer:?}");
    // the log holds what fitted
    let page = node.api().ok(node.api().get("/v1/streams/ch%3Aacme%2Fchat%2Forders/history"));
    let stored: Vec<&str> =
        page["publications"].as_array().unwrap().iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(stored, ["order/paid", "other", "order/paid", "other", "publication", "order/paid"]);
    assert!(node.api().text("/metrics").1.contains("hubwire_actions_refused_total{code=\"schema_mismatch\"} 12"));
}

#[tokio::test]
async fn a_reload_takes_schemas_anew_or_nothing_and_names_the_file_the_place_and_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let node = node(directory.path()).await;
    let mut ada = Client::connect(&node.url(), Codec::Json, &Login::member("ada")).await;
    let line = directory.path().join("line.json");
    let reloads = |node: &Node, outcome: &str| {
        node.api().text("/metrics").1.contains(&format!("hubwire_config_reload_total{{outcome=\"{outcome}\"}} 1"))
    };
    std::fs::write(&line, r#"{"properties":{"qty":{"type":"intejer"}}}"#).unwrap();
    node.process.signal("HUP");
    assert_eventually!(reloads(&node, "refused"), "{}", node.process.output());
    let output = node.process.output();
    assert!(output.contains("line.json: ") && output.contains("/properties/qty/type"), "{output}");
    refused(&mut ada, CHANNEL, json!({ "lines": [{ "qty": 0 }] })).await;
    std::fs::write(&line, r#"{"properties":{"qty":{"const":0}}}"#).unwrap();
    node.process.signal("HUP");
    assert_eventually!(reloads(&node, "applied"), "{}", node.process.output());
    ada.publish(CHANNEL, "order/paid", json!({ "lines": [{ "qty": 0 }] })).await;
    refused(&mut ada, CHANNEL, json!({ "lines": [{ "qty": 1 }] })).await;
}
