//! A client is not disconnected as silent while the node itself does not read from it.

use crate::frames::{frame, pong, text, CONTINUATION, FIN, TEXT};
use crate::raw::Raw;
use crate::support::redis_server::RedisServer;
use crate::support::{ports, Node};
use crate::victim::action;
use serde_json::Value;

fn send(id: &str) -> String {
    format!(r#"{{"type":"x","meta":{{"hub":{{"to":"user:u2","id":"{id}"}}}}}}"#)
}

/// The next answer, as whether it was an ack, and to what.
fn answered(raw: &mut Raw) -> String {
    let answer = action(raw);
    assert_eq!(answer["type"], "@@hub/ack", "{answer}");
    answer["meta"]["hub"]["re"].as_str().unwrap().into()
}

#[tokio::test]
async fn neither_its_message_nor_its_heartbeat_has_a_deadline_while_it_is_not_read() {
    let redis = RedisServer::start().await;
    let mut node = Node::spawn_with(
        "pausing",
        Some(&redis.url()),
        ports::free(),
        &[
            "--dev",
            "--limits-in-flight-max",
            "1",
            "--socket-message-timeout-ms",
            "500",
            "--socket-ping-interval-ms",
            "1000",
            "--socket-pong-timeout-ms",
            "300",
            "--broker-response-timeout-ms",
            "60000",
            "--directory-lease-ms",
            "60000",
        ],
    );
    node.ready().await;
    let mut raw = Raw::open(([127, 0, 0, 1], node.public_port()).into(), "/ws?user=u1&orgs=acme");
    assert_eq!(action(&mut raw)["type"], "@@hub/welcome");

    let second = send("second");
    let (begun, rest) = second.as_bytes().split_at(20);
    redis.signal("STOP");
    // the first one has no answer yet, so the node reads no further than to its end
    raw.send(&[text(send("first")), frame(TEXT, begun)].concat());
    for _ in 0..2 {
        let ping = raw.read_frame().unwrap().expect("a ping before the end");
        assert_eq!(ping.opcode, crate::frames::PING, "{ping:?}");
        raw.send(&pong(ping.payload));
    }
    redis.signal("CONT");
    assert_eq!(answered(&mut raw), "first");
    raw.send(&frame(FIN | CONTINUATION, rest));
    assert_eq!(answered(&mut raw), "second");
}

/// More in flight than a mailbox of a fixed size would hold: each one is answered.
#[tokio::test]
async fn as_many_actions_as_may_be_in_flight_are_all_answered() {
    const ACTIONS: usize = 6400;
    let victim = crate::victim::Victim::start(&["--limits-in-flight-max", "5000"]).await;
    let mut raw = victim.raw("u1");
    let batches: Vec<u8> = (0..ACTIONS / 64)
        .flat_map(|batch| {
            let actions: Vec<String> = (0..64).map(|at| send(&(batch * 64 + at).to_string())).collect();
            text(format!("[{}]", actions.join(",")))
        })
        .collect();
    let mut writer = raw.stream.try_clone().unwrap();
    let writing = std::thread::spawn(move || std::io::Write::write_all(&mut writer, &batches).unwrap());
    for expected in 0..ACTIONS {
        let answer: Value = action(&mut raw);
        assert_eq!(answer["meta"]["hub"]["re"], expected.to_string(), "{answer}");
    }
    writing.join().unwrap();
}
