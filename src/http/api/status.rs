//! `GET /debug/status`: the whole state of this node in one document, for bug reports and for operators without
//! Prometheus.

use crate::http::answers::{how_it_is, NodeReport};
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use actix_web::web;
use hubwire_protocol::Incarnation;
use prometheus::proto::{MetricFamily, MetricType};
use serde::Serialize;
use std::collections::BTreeMap;

/// The node's row of `GET /v1/cluster`, the options that were set (secrets redacted), and every gauge.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NodeStatus {
    label: String,
    incarnation: Incarnation,
    /// The broker's URL, without credentials; empty: in memory.
    broker: String,
    node: NodeReport,
    /// The options that were set, as text.
    options: BTreeMap<String, String>,
    /// The gauges by name and labels, as Prometheus writes them.
    gauges: BTreeMap<String, f64>,
}

/// The node's row of `GET /v1/cluster`, the options that were set, and every gauge by name.
pub async fn show(state: web::Data<HttpState>) -> Done<NodeStatus> {
    let given = state.facts.settings(0).into_iter().filter(|setting| setting.origin != "default");
    Status(NodeStatus {
        label: state.facts.label.clone(),
        incarnation: state.facts.incarnation,
        broker: state.facts.broker.clone(),
        node: how_it_is(&state).await,
        options: given.map(|setting| (setting.option, setting.value)).collect(),
        gauges: gauges(&state.registry.gather()),
    })
}

/// Gauges with their labels, as Prometheus writes them.
fn gauges(families: &[MetricFamily]) -> BTreeMap<String, f64> {
    let of_family = |family: &MetricFamily| {
        let name = family.name().to_owned();
        let named = family.get_metric().iter().map(move |metric| {
            let labels: Vec<String> =
                metric.get_label().iter().map(|label| format!("{}={:?}", label.name(), label.value())).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            (format!("{name}{labels}"), metric.get_gauge().get_value())
        });
        named.collect::<Vec<_>>()
    };
    families.iter().filter(|family| family.get_field_type() == MetricType::GAUGE).flat_map(of_family).collect()
}
