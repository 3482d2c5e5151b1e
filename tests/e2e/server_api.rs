//! The server API: its key, its errors.

use crate::support::{Cluster, Node, Stack};
use serde_json::json;

#[tokio::test]
async fn every_call_needs_the_key_and_health_does_not() {
    let node = Node::start("n1", None).await;
    for api in [node.api().with_key("some other key"), node.api().with_key("")] {
        let event = json!({ "to": "org:acme", "type": "org/notice", "payload": 1 });
        assert_eq!(api.post("/v1/publish", event).status, 401);
        assert_eq!(api.post("/v1/tickets", json!({ "user": "u1" })).status, 401);
        assert_eq!(api.post("/v1/users/u1/disconnect", json!({})).status, 401);
        assert_eq!(api.post("/v1/drain", json!({})).status, 401);
        assert_eq!(api.get("/v1/users/u1/sessions").status, 401);
        assert_eq!(api.get("/v1/presence?user=u1").status, 401);
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(node.api().try_status(path), Some(200), "{path}");
    }
}

#[tokio::test]
async fn the_public_port_serves_no_server_api() {
    let cluster = Cluster::start(Stack::Memory).await;
    let public = crate::support::Api::new(cluster.node(0).public_port());
    for path in ["/v1/presence?user=u1", "/v1/users/u1/sessions", "/metrics"] {
        assert_eq!(public.get(path).status, 404, "{path}");
    }
    assert_eq!(public.post("/v1/publish", json!({})).status, 404);
}

#[tokio::test]
async fn bad_requests_are_answered_with_a_code() {
    let node = Node::start("n1", None).await;
    for (body, status, code) in [
        (json!({ "to": "everybody", "type": "a" }), 400, "bad_address"),
        (json!({ "to": "user:u1", "type": "@@hub/bye" }), 403, "forbidden_type"),
        (json!({ "to": "user:u1", "type": "a", "paylod": 1 }), 400, "bad_payload"),
        (json!({ "to": "user:u1" }), 400, "bad_payload"),
    ] {
        let reply = node.api().post("/v1/publish", body.clone());
        assert_eq!((reply.status, &reply.body["error"]["code"]), (status, &json!(code)), "{body}: {reply:?}");
    }
}
