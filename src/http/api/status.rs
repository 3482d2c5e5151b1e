//! `GET /debug/status`: the whole state of this node in one document, for bug reports and for operators without
//! Prometheus.

use crate::http::answers::how_it_is;
use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use prometheus::proto::{MetricFamily, MetricType};
use serde_json::{json, Map, Value};

/// The node's row of `GET /v1/cluster`, the options that were set, and every gauge by name.
pub async fn show(state: web::Data<HttpState>) -> HttpResponse {
    let given = state.facts.settings(0).into_iter().filter(|setting| setting.origin != "default");
    let given: Map<String, Value> = given.map(|setting| (setting.option, json!(setting.value))).collect();
    HttpResponse::Ok().json(json!({
        "label": state.facts.label,
        "incarnation": state.facts.incarnation.to_string(),
        "broker": state.facts.broker,
        "node": how_it_is(&state).await,
        "options": given,
        "gauges": gauges(&state.registry.gather()),
    }))
}

/// Gauges with their labels, in the form of Prometheus.
fn gauges(families: &[MetricFamily]) -> Map<String, Value> {
    let of_family = |family: &MetricFamily| {
        let name = family.name().to_owned();
        let named = family.get_metric().iter().map(move |metric| {
            let labels: Vec<String> =
                metric.get_label().iter().map(|label| format!("{}={:?}", label.name(), label.value())).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            (format!("{name}{labels}"), json!(metric.get_gauge().get_value()))
        });
        named.collect::<Vec<_>>()
    };
    families.iter().filter(|family| family.get_field_type() == MetricType::GAUGE).flat_map(of_family).collect()
}
