//! How many sessions a user may have: over the cluster, whatever the nodes they are on.

use crate::support::{Client, Cluster, Codec, Login, Offer, Stack};
use serde_json::Value;

async fn with_two_sessions(on_excess: &str) -> (Cluster, Client, Client) {
    let settings = [("HUBWIRE_SESSIONS_MAX_SESSIONS", "2"), ("HUBWIRE_SESSIONS_ON_EXCESS", on_excess)];
    let cluster = Cluster::start_with(Stack::Redis, &settings).await;
    let oldest = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    let newer = cluster.connect(1, Codec::Json, &Login::member("ada")).await;
    (cluster, oldest, newer)
}

/// Sends to the user from another one: these sessions get it.
async fn reaches(cluster: &Cluster, sessions: [&mut Client; 2]) {
    let mut sender = cluster.connect(2, Codec::Json, &Login::member("bob")).await;
    let ack = sender.publish("user:ada", "test/reaches", Value::Null).await;
    assert_eq!(ack.payload()["sessions"], 2, "{ack:?}");
    for session in sessions {
        session.next_of("test/reaches").await;
    }
}

#[tokio::test]
async fn a_session_too_many_closes_the_oldest_on_whatever_node_it_is() {
    let (cluster, mut oldest, mut newer) = with_two_sessions("close_oldest").await;
    let mut newest = cluster.connect(2, Codec::Json, &Login::member("ada")).await;
    assert_eq!(oldest.closed_with_reason().await, (4409, "replaced".to_owned()));
    reaches(&cluster, [&mut newer, &mut newest]).await;
}

#[tokio::test]
async fn a_session_too_many_is_refused_where_the_others_stay_until_one_of_them_ends() {
    let (cluster, mut oldest, mut newer) = with_two_sessions("reject_new").await;
    let offer = Offer::login(Codec::Json, &Login::member("ada"));
    let mut refused = Client::open(&cluster.url(2), Codec::Json, &offer).await.unwrap();
    assert_eq!(refused.closed_with_reason().await, (4413, "session limit".to_owned()));
    reaches(&cluster, [&mut oldest, &mut newer]).await;
    oldest.close().await;
    cluster.sessions_are("ada", 1).await;
    let mut newest = cluster.connect(2, Codec::Json, &Login::member("ada")).await;
    reaches(&cluster, [&mut newer, &mut newest]).await;
}
