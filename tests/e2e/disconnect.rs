//! The server API closes every session of a user, wherever they are.

use crate::support::{Cluster, Codec, Login};
use serde_json::Value;

on_every_stack!(a_disconnected_user_loses_every_session_and_others_none);

async fn a_disconnected_user_loses_every_session_and_others_none(cluster: &Cluster, codec: Codec) {
    let ada = Login::user("ada");
    let mut sessions = [cluster.connect(0, codec, &ada).await, cluster.connect(1, codec, &ada).await];
    let mut other = cluster.connect(1, codec, &Login::user("bob")).await;

    cluster.api(2).disconnect("ada");
    for session in &mut sessions {
        let code = session.closed().await;
        assert!((4400..4500).contains(&code), "{code}: stop until the application acts");
    }
    cluster.sessions_are("ada", 0).await;
    other.publish("user:bob", "note/added", Value::Null).await;
}
