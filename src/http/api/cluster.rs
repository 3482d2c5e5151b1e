//! `GET /v1/cluster`, `/v1/cluster/series` and `/v1/cluster/settings`: all nodes in one answer.

use crate::http::failure::Failure;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use crate::operator::ask::{self, Answered};
use crate::operator::{Question, SettingOf};
use actix_web::web;
use hubwire_protocol::Incarnation;
use serde::Serialize;
use serde_json::{json, Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The nodes, in the order of their names.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClusterStatus {
    /// The label of the node that was asked.
    asked: String,
    incarnation: Incarnation,
    now_ms: u64,
    broker: BrokerStatus,
    nodes: Vec<NodeRow>,
}

/// The state of the broker.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BrokerStatus {
    /// Its URL, without credentials.
    url: String,
    /// Differences between its configuration and what hubwire needs.
    advice: Vec<String>,
}

/// The state of a node.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NodeRow {
    incarnation: Incarnation,
    label: Option<String>,
    /// The time until the node's lease expires if it is not renewed.
    lease_left_ms: u64,
    /// Whether the node did not answer; then what only it knows is missing.
    silent: bool,
    /// How far its clock is ahead of the clock of the node that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_off_ms: Option<Option<i64>>,
    // as printed by that node, which may have a newer version
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::http::answers::NodeReport>"))]
    report: Option<Map<String, Value>>,
}

/// The measurements of each node, oldest first.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClusterSeries {
    nodes: Vec<NodeSeries>,
}

/// The measurements of a node.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NodeSeries {
    incarnation: Incarnation,
    label: Option<String>,
    silent: bool,
    /// The measurements of at most fifteen minutes.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<crate::operator::Point>"))]
    points: Value,
}

/// All options.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClusterSettings {
    /// The label of the node that was asked.
    asked: String,
    settings: Vec<SettingShown>,
    /// Nodes that did not answer, by label or else by incarnation; their values are missing.
    silent: Vec<String>,
}

/// An option of the node that was asked.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingShown {
    /// The name, such as `broker.url`.
    option: String,
    /// The value in readable form; for a secret only whether it is set.
    value: String,
    /// Where the value comes from: a flag, an environment variable, the file, or `default`.
    origin: String,
    secret: bool,
    /// The nodes that run with another value.
    differs: Vec<OtherValue>,
}

/// Another value of an option.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OtherValue {
    nodes: BTreeSet<String>,
    value: String,
}

/// The state of each node. A node that does not answer within a second is listed as silent.
pub async fn show(state: web::Data<HttpState>) -> Result<Done<ClusterStatus>, Failure> {
    let before_ms = state.environment.unix_ms();
    let answered: Vec<Answered<Map<String, Value>>> = ask::all(&*state.cluster, &Question::Node).await?;
    let clock_ms = before_ms.midpoint(state.environment.unix_ms());
    // the advice is secondary: without it the answer is still useful
    let advice = state.cluster.advice().await.unwrap_or_default();
    Ok(Status(ClusterStatus {
        asked: state.facts.label.clone(),
        incarnation: state.facts.incarnation,
        now_ms: clock_ms,
        broker: BrokerStatus { url: state.facts.broker.clone(), advice },
        nodes: answered.into_iter().map(|answered| row(answered, clock_ms)).collect(),
    }))
}

fn row(answered: Answered<Map<String, Value>>, clock_ms: u64) -> NodeRow {
    let Answered { node, answer: mut report } = answered;
    let clock_off_ms = report.as_mut().map(|report| {
        // the answer took half of the round trip
        let now_ms = report.remove("now_ms").and_then(|now_ms| now_ms.as_u64());
        now_ms.map(|now_ms| now_ms as i64 - clock_ms as i64)
    });
    NodeRow {
        incarnation: node.incarnation,
        label: node.label,
        lease_left_ms: u64::try_from(node.left.as_millis()).unwrap_or(u64::MAX),
        silent: report.is_none(),
        clock_off_ms,
        report,
    }
}

/// The measurements of each node over the last fifteen minutes.
pub async fn series(state: web::Data<HttpState>) -> Result<Done<ClusterSeries>, Failure> {
    let answered: Vec<Answered<Value>> = ask::all(&*state.cluster, &Question::Series).await?;
    let node = |Answered { node, answer }: Answered<Value>| NodeSeries {
        incarnation: node.incarnation,
        label: node.label,
        silent: answer.is_none(),
        points: answer.unwrap_or_else(|| json!([])),
    };
    Ok(Status(ClusterSeries { nodes: answered.into_iter().map(node).collect() }))
}

/// The configuration of the nodes: the value of each option on the node that was asked, its origin, and the nodes that
/// run with another value. Secrets are compared, but not shown.
pub async fn settings(state: web::Data<HttpState>) -> Result<Done<ClusterSettings>, Failure> {
    let salt = state.environment.random();
    let answered: Vec<Answered<Vec<SettingOf>>> = ask::all(&*state.cluster, &Question::Settings { salt }).await?;
    let silent: Vec<String> = answered.iter().filter(|it| it.answer.is_none()).map(Answered::name).collect();
    let others = elsewhere(&answered);
    let settings = state.facts.settings(salt).into_iter().map(|setting| compared(setting, &others)).collect();
    Ok(Status(ClusterSettings { asked: state.facts.label.clone(), settings, silent }))
}

/// By option and mark of the value: the nodes with that value, and the value.
type Elsewhere = BTreeMap<String, BTreeMap<u64, (BTreeSet<String>, String)>>;

fn elsewhere(answered: &[Answered<Vec<SettingOf>>]) -> Elsewhere {
    let mut found = Elsewhere::new();
    for of_node in answered {
        for setting in of_node.answer.iter().flatten() {
            let by_mark = found.entry(setting.option.clone()).or_default();
            let (nodes, _) = by_mark.entry(setting.mark).or_insert_with(|| (BTreeSet::new(), setting.value.clone()));
            nodes.insert(of_node.name());
        }
    }
    found
}

fn compared(setting: SettingOf, others: &Elsewhere) -> SettingShown {
    let by_mark = others.get(&setting.option).into_iter().flatten();
    let differs = by_mark
        .filter(|(mark, _)| **mark != setting.mark)
        .map(|(_, (nodes, value))| OtherValue { nodes: nodes.clone(), value: value.clone() })
        .collect();
    let SettingOf { option, value, origin, secret, .. } = setting;
    SettingShown { option, value, origin, secret, differs }
}
