//! Answers questions of operators about this node, from itself or from other nodes.

use super::health::unready;
use super::state::HttpState;
use crate::operator::{Question, Rates, Sample, EVERY};
use bytes::Bytes;
use hubwire_actors::audit::AuditKind;
use hubwire_actors::node::Node;
use serde::Serialize;
use serde_json::{json, Value};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Questions answered in parallel; others wait in their queue.
const AT_ONCE: usize = 8;

/// Answers for as long as the process runs, and samples the node's counters periodically.
pub fn serve(node: &Node, state: &HttpState) {
    let (node, state) = (node.clone(), state.clone());
    measure(&state);
    actix_rt::spawn(state.watch.clone().run());
    let Some(mut questions) = node.questions() else { return };
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    actix_rt::spawn(async move {
        while let Some(inquiry) = questions.recv().await {
            let Ok(turn) = turns.clone().acquire_owned().await else { return };
            let (node, state) = (node.clone(), state.clone());
            actix_rt::spawn(async move {
                let _turn = turn;
                match serde_json::from_slice(&inquiry.question) {
                    Ok(question) => node.answer(&inquiry, printed(&answer(&state, question).await)),
                    // from a newer version: the asking node will list this one as silent
                    Err(error) => log::debug!("question of another node not understood error={error}"),
                }
            });
        }
    });
}

fn measure(state: &HttpState) {
    let (facts, environment) = (state.facts.clone(), state.environment.clone());
    actix_rt::spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            ticks.tick().await;
            facts.series.push(Sample::take(&facts.metrics, environment.unix_ms()));
        }
    });
}

fn printed(answer: &impl Serialize) -> Bytes {
    serde_json::to_vec(answer).unwrap_or_default().into() // cannot fail: all keys in answers are strings
}

async fn answer(state: &HttpState, question: Question) -> Value {
    match question {
        Question::Node => json!(how_it_is(state).await),
        Question::Series => json!(state.facts.series.points()),
        Question::Sessions(sessions) => json!(state.cluster.describe(sessions).await),
        Question::Channels(filter) => json!(state.cluster.channels(filter).await),
        Question::Following(stream) => json!(state.cluster.sessions_following(stream).await),
        Question::Post(posted) => json!(state.posts.take(posted)),
        // `null`: there are too many tails already
        Question::Tail { id, filter } => json!(state.watch.tail(id, &filter)),
        Question::Message { stream, pos } => json!(state.watch.way(&stream, pos)),
        Question::Audit { event, user, limit } => match event.map(|word| AuditKind::named(&word)) {
            Some(None) => json!([]), // a kind of event of a newer version
            kind => json!(state.audit.before(u64::MAX, kind.flatten(), user.as_ref(), limit)),
        },
        Question::Settings { salt } => json!(state.facts.settings(salt)),
    }
}

/// The state of a node, as it reports it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct NodeReport {
    version: &'static str,
    /// Unix milliseconds.
    up_since_ms: u64,
    /// The node's clock, Unix milliseconds.
    now_ms: u64,
    draining: bool,
    /// Why load balancers should send it no clients; the reasons of `/readyz`.
    alarms: Vec<String>,
    sessions: i64,
    /// Users with a session on the node.
    users: i64,
    sockets: usize,
    sockets_max: usize,
    /// Channels with a member on the node.
    channels: i64,
    /// Organisations with a session on the node.
    hubs: i64,
    /// Publications stored since its start.
    published: u64,
    /// Frames handed to outboxes since its start.
    deliveries: u64,
    rates: Rates,
    lagging_sessions: i64,
    /// Bytes in the outboxes of sessions that lag.
    outbox_bytes: i64,
    /// Nodes that this one considers alive.
    nodes_seen: i64,
    gaps: u64,
    spills: u64,
    resets: u64,
}

/// The row of this node in `GET /v1/cluster`.
pub(super) async fn how_it_is(state: &HttpState) -> NodeReport {
    let (facts, metrics) = (&state.facts, &state.facts.metrics);
    let now = Sample::take(metrics, state.environment.unix_ms());
    NodeReport {
        version: env!("CARGO_PKG_VERSION"),
        up_since_ms: facts.up_since_ms,
        now_ms: state.environment.unix_ms(),
        draining: state.drain.is_begun(),
        alarms: unready(state).await,
        sessions: now.sessions,
        users: metrics.users.get(),
        sockets: state.sockets.count(),
        sockets_max: state.sockets.max(),
        channels: metrics.channels.get(),
        hubs: metrics.hubs.get(),
        published: now.published,
        deliveries: now.deliveries,
        rates: facts.series.rates(&now),
        lagging_sessions: now.lagging,
        outbox_bytes: now.outbox_bytes,
        nodes_seen: metrics.nodes_live.get(),
        gaps: metrics.gaps.get(),
        spills: metrics.spills.get(),
        resets: metrics.resets.get(),
    }
}
