//! `GET /v1/cluster`, `/v1/cluster/series` and `/v1/cluster/settings`: all nodes in one answer.

use crate::http::failure::Failure;
use crate::http::state::HttpState;
use crate::operator::ask::{self, Answered};
use crate::operator::{Question, SettingOf};
use actix_web::{web, HttpResponse};
use serde_json::{json, Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The state of each node. A node that does not answer within a second is listed as silent.
pub async fn show(state: web::Data<HttpState>) -> Result<HttpResponse, Failure> {
    let before_ms = state.environment.unix_ms();
    let answered: Vec<Answered<Map<String, Value>>> = ask::all(&*state.cluster, &Question::Node).await?;
    let clock_ms = before_ms.midpoint(state.environment.unix_ms());
    // the advice is secondary: without it the answer is still useful
    let advice = state.cluster.advice().await.unwrap_or_default();
    let nodes: Vec<Value> = answered.into_iter().map(|answered| row(answered, clock_ms)).collect();
    Ok(HttpResponse::Ok().json(json!({
        "asked": state.facts.label,
        "incarnation": state.facts.incarnation.to_string(),
        "now_ms": clock_ms,
        "broker": { "url": state.facts.broker, "advice": advice },
        "nodes": nodes,
    })))
}

fn row(answered: Answered<Map<String, Value>>, clock_ms: u64) -> Value {
    let Answered { node, answer } = answered;
    let mut row = Map::new();
    row.insert("incarnation".into(), json!(node.incarnation.to_string()));
    row.insert("label".into(), json!(node.label));
    row.insert("lease_left_ms".into(), json!(u64::try_from(node.left.as_millis()).unwrap_or(u64::MAX)));
    row.insert("silent".into(), json!(answer.is_none()));
    if let Some(mut answer) = answer {
        // the answer took half of the round trip
        let now_ms = answer.remove("now_ms").and_then(|now_ms| now_ms.as_u64());
        row.insert("clock_off_ms".into(), json!(now_ms.map(|now_ms| now_ms as i64 - clock_ms as i64)));
        row.extend(answer);
    }
    Value::Object(row)
}

/// The measurements of each node over the last fifteen minutes.
pub async fn series(state: web::Data<HttpState>) -> Result<HttpResponse, Failure> {
    let answered: Vec<Answered<Value>> = ask::all(&*state.cluster, &Question::Series).await?;
    let node = |Answered { node, answer }: Answered<Value>| {
        json!({
            "incarnation": node.incarnation.to_string(),
            "label": node.label,
            "silent": answer.is_none(),
            "points": answer.unwrap_or_else(|| json!([])),
        })
    };
    Ok(HttpResponse::Ok().json(json!({ "nodes": answered.into_iter().map(node).collect::<Vec<_>>() })))
}

/// The configuration of the nodes: the value and origin of each option on the node that was asked, and the nodes with
/// other values. Secrets are compared and not shown.
pub async fn settings(state: web::Data<HttpState>) -> Result<HttpResponse, Failure> {
    let salt = state.environment.random();
    let answered: Vec<Answered<Vec<SettingOf>>> = ask::all(&*state.cluster, &Question::Settings { salt }).await?;
    let silent: Vec<String> = answered.iter().filter(|it| it.answer.is_none()).map(Answered::name).collect();
    let others = elsewhere(&answered);
    let settings: Vec<Value> = state.facts.settings(salt).iter().map(|setting| compared(setting, &others)).collect();
    Ok(HttpResponse::Ok().json(json!({ "asked": state.facts.label, "settings": settings, "silent": silent })))
}

/// By option and mark: the nodes with that value, and the value.
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

fn compared(setting: &SettingOf, others: &Elsewhere) -> Value {
    let by_mark = others.get(&setting.option).into_iter().flatten();
    let differs: Vec<Value> = by_mark
        .filter(|(mark, _)| **mark != setting.mark)
        .map(|(_, (nodes, value))| json!({ "nodes": nodes, "value": value }))
        .collect();
    json!({
        "option": setting.option,
        "value": setting.value,
        "origin": setting.origin,
        "secret": setting.secret,
        "differs": differs,
    })
}
