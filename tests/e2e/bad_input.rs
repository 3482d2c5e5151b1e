//! Bad input gets a clear error with a stable code, and nothing is lost: the session goes on.

use crate::support::action::{control, control_at, publication, Action};
use crate::support::{Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};
use tokio_tungstenite::tungstenite::Message;

on_every_stack!(
    bad_actions_are_answered_with_their_code_and_id,
    bad_frames_are_answered_and_the_session_goes_on,
    a_message_over_the_limit_closes_the_socket,
    actions_that_are_refused_are_no_bad_frames,
    too_many_bad_frames_close_the_socket,
    a_refused_array_names_the_action_at_fault_and_all_that_were_not_done,
);

/// Actions that can be decoded, or nearly, each with the error code of its reply.
fn bad_actions() -> Vec<(&'static str, Value)> {
    vec![
        ("unknown_type", control("@@hub/nope", json!({}))),
        ("forbidden_type", control("@@hub/welcome", json!({}))),
        ("forbidden_type", control_at("user:bob", "@@hub/ack", json!({}))),
        ("missing_address", control("chat/whisper", json!({}))),
        ("missing_address", control("@@hub/join", json!({}))),
        ("bad_address", control_at("user:bob", "@@hub/join", json!({}))),
        ("bad_address", control_at("session:0190a5b2-7c41-8abc-9def-0123456789ab", "@@hub/history", json!({}))),
        ("bad_payload", control_at("ch:acme/a", "@@hub/join", json!({ "position": "1-1" }))),
        ("bad_payload", control("@@hub/resume", json!({ "positions": { "user:ada": "1" } }))),
        ("not_joined", control_at("ch:acme/a", "@@hub/leave", json!({}))),
        ("forbidden", publication("org:acme", "org/notice", Value::Null)),
        ("forbidden", control_at("ch:other/a", "@@hub/join", json!({}))),
        ("forbidden", control_at("user:bob", "@@hub/history", json!({}))),
    ]
}

async fn still_works(client: &mut Client) {
    let ack = client.publish("user:bob", "chat/whisper", Value::Null).await;
    assert_eq!(ack.payload()["sessions"], 0, "{ack:?}");
}

async fn bad_actions_are_answered_with_their_code_and_id(cluster: &Cluster, codec: Codec) {
    let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
    for (code, action) in bad_actions() {
        let answer = client.ask(action.clone()).await;
        assert_eq!((answer.kind(), answer.code()), ("@@hub/error", code), "{action} was answered {answer:?}");
        assert_eq!(answer.0["error"], true);
        assert_eq!(answer.payload()["retry"], false);
        assert!(answer.payload()["message"].as_str().is_some_and(|text| text.len() > 3), "{answer:?}");
    }
    still_works(&mut client).await;
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!([inner]))
}

async fn bad_frames_are_answered_and_the_session_goes_on(cluster: &Cluster, codec: Codec) {
    let good = publication("user:bob", "chat/whisper", Value::Null);
    let mut with_unknown_key = good.clone();
    with_unknown_key["extra"] = json!(1);
    let mut without_type = good.clone();
    without_type.as_object_mut().unwrap().remove("type");
    let (syntax, other_kind) = match codec {
        Codec::Json => (Message::text("{\"type\":"), Message::binary(Codec::Msgpack.frame(&good).into_data())),
        Codec::Msgpack => (Message::binary(vec![0xc1]), Message::text(good.to_string())),
    };
    let frames = [
        ("bad_syntax", syntax),
        ("wrong_frame_kind", other_kind),
        ("bad_action", codec.frame(&with_unknown_key)),
        ("bad_action", codec.frame(&without_type)),
        ("bad_action", codec.frame(&json!("chat/whisper"))),
        ("bad_action", codec.frame(&publication("user:bob", "", Value::Null))),
        ("bad_address", codec.frame(&publication("everybody", "chat/whisper", Value::Null))),
        ("bad_address", codec.frame(&publication("user:a b", "chat/whisper", Value::Null))),
        ("too_big", codec.frame(&publication("user:bob", &"t".repeat(129), Value::Null))),
        ("too_deep", codec.frame(&publication("user:bob", "chat/whisper", nested(40)))),
        ("too_many", codec.frame(&Value::Array(vec![good.clone(); 65]))),
    ];
    let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
    for (code, frame) in frames {
        let shown = format!("{frame:?}");
        client.send_frame(frame).await;
        let answer = client.next(&format!("the answer to {shown}"), |it| it.kind() == "@@hub/error").await;
        assert_eq!(answer.code(), code, "{shown} was answered {answer:?}");
    }
    still_works(&mut client).await;
}

async fn a_message_over_the_limit_closes_the_socket(cluster: &Cluster, codec: Codec) {
    let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
    let limit = usize::try_from(client.welcome()["max_frame_bytes"].as_u64().unwrap()).unwrap();
    let frame = codec.frame(&publication("user:bob", "chat/whisper", json!("x".repeat(limit))));
    client.send_frame(frame).await;
    assert_eq!(client.closed().await, 1009);
}

async fn a_refused_array_names_the_action_at_fault_and_all_that_were_not_done(cluster: &Cluster, codec: Codec) {
    let mut receiver = cluster.connect(0, codec, &Login::member("bob")).await;
    let mut client = cluster.connect(1, codec, &Login::member("ada")).await;
    let message = |id: &str, payload: Value| {
        let mut action = publication("user:bob", "chat/whisper", payload);
        action["meta"]["hub"]["id"] = json!(id);
        action
    };
    let good = json!([message("k1", json!(1)), message("k2", nested(40)), message("k3", json!(3))]);
    let mut refused = vec![("too_deep", codec.frame(&good))];
    if codec == Codec::Json {
        // what JSON.stringify makes of half an emoji
        let half = good.to_string().replace(&nested(40).to_string(), r#""\ud83d""#);
        refused.push(("bad_syntax", Message::text(half)));
    }
    for (code, frame) in refused {
        client.send_frame(frame).await;
        let answer = client.next_of("@@hub/error").await;
        assert_eq!((answer.code(), answer.hub("re")), (code, &json!("k2")), "{answer:?}");
        assert_eq!(answer.payload()["not_done"], json!(["k1", "k2", "k3"]), "{answer:?}");
    }
    // the actions that were not at fault are sent again
    client.send(&json!([message("k1", json!(1)), message("k3", json!(3))])).await;
    client.publish("user:bob", "test/end", Value::Null).await;
    let seen = receiver.publications_until("test/end").await;
    assert_eq!(seen.iter().map(|(_, payload)| payload.clone()).collect::<Vec<_>>(), [json!(1), json!(3), Value::Null]);
}

/// A page whose users cut emojis in half speaks the protocol: each action is refused, and the session stays.
async fn actions_that_are_refused_are_no_bad_frames(cluster: &Cluster, codec: Codec) {
    let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
    for number in 0..40 {
        let frame = match codec {
            Codec::Json if number % 2 == 0 => {
                Message::text(r#"{"type":"a","payload":"\ud83d","meta":{"hub":{"to":"user:b"}}}"#)
            }
            _ => codec.frame(&publication("everybody", "chat/whisper", Value::Null)),
        };
        client.send_frame(frame).await;
        assert_eq!(client.next_of("@@hub/error").await.0["error"], true);
    }
    still_works(&mut client).await;
}

async fn too_many_bad_frames_close_the_socket(cluster: &Cluster, codec: Codec) {
    let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
    for _ in 0..30 {
        let frame = match codec {
            Codec::Json => Message::text("]"),
            Codec::Msgpack => Message::binary(vec![0xc1]),
        };
        if client.try_send_frame(frame).await.is_err() {
            break; // closed while we were at it
        }
    }
    assert_eq!(client.closed().await, 4400);
}

#[tokio::test]
async fn a_type_that_a_rule_denies_is_refused_at_every_kind_of_address_and_arrives_nowhere() {
    let cluster = Cluster::start(Stack::Redis).await;
    for codec in [Codec::Json, Codec::Msgpack] {
        let channel = format!("ch:acme/types-{codec:?}").to_lowercase();
        let mut receiver = cluster.connect(1, codec, &Login::member("bob")).await;
        receiver.join(&channel).await;
        let session = format!("session:{}", receiver.welcome()["session"].as_str().unwrap());
        let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
        let addresses = ["user:bob", &session, &channel];
        for to in addresses {
            for kind in ["@@x", "persist/REHYDRATE", "redux-form/x"] {
                let refused = client.ask(publication(to, kind, Value::Null)).await;
                assert_eq!((refused.kind(), refused.code()), ("@@hub/error", "forbidden_type"), "{to} {kind}");
            }
        }
        for to in addresses {
            client.publish(to, "test/end", json!(to)).await;
        }
        let mut arrived = Vec::new();
        for _ in addresses {
            arrived.push(receiver.next("a publication", |it| !it.is_control()).await.kind().to_string());
        }
        assert_eq!(arrived, ["test/end"; 3]);
        let rest = receiver.fence().await;
        assert!(rest.iter().all(Action::is_control), "{rest:?}");
    }
}
