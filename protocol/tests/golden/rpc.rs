//! Calls, as the node sends them.

use crate::server::{assert_said, control};
use hubwire_protocol::event::*;

#[test]
fn rpcs_are_written_as_the_vectors_say() {
    let json = |text: &str| Json::parse(text).unwrap();
    let (result, error) = (json(r#"{"n":2,"all":[true,null]}"#), json(r#"{"why":"locked"}"#));
    let params = json(r#"{"scale":2}"#);
    let call = Call { call: 7, method: "screen/shot", params: Some(&params), timeout_ms: 10_000 };
    let bare = Call { call: 8, method: "reload", params: None, timeout_ms: 300 };
    assert_said(vec![
        control("reply_result", Event::Reply(Reply::Result(&result)), None, Some("q1")),
        control("reply_error", Event::Reply(Reply::Error(&error)), None, Some("q2")),
        control("rpc_call", Event::Rpc(call), None, None),
        control("rpc_call_without_params", Event::Rpc(bare), None, None),
    ]);
}
