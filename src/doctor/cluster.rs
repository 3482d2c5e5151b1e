//! Findings about the cluster, from the answers to `GET /v1/cluster` and `GET /v1/cluster/settings`.

use super::broker::sentence;
use super::finding::Finding;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Tolerated difference of clocks, which determine positions of new logs, times of publications and the expiry of
/// tokens.
const CLOCK_MS: i64 = 1000;
/// A node that is this full cannot absorb a storm of reconnects.
const FULL_PERCENT: u64 = 90;
/// Room for fewer sockets than this is probably an oversight.
const SOCKETS_FEW: u64 = 1000;

/// Options that must be the same on every node, with the consequence otherwise.
const SAME: &[(&str, &str)] = &[
    ("auth.jwt_secrets", "a token that one node accepts is refused by another"),
    ("auth.jwt_keys", "a token that one node accepts is refused by another"),
    ("auth.jwt_issuer", "a token that one node accepts is refused by another"),
    ("auth.jwt_audience", "a token that one node accepts is refused by another"),
    ("auth.jwks_url", "a token that one node accepts is refused by another"),
    ("auth.cookie_keys", "a cookie of one node is refused by another"),
    ("auth.gorilla_keys", "a cookie that one node accepts is refused by another"),
    ("auth.allowed_origins", "a page may connect to one node but not to another"),
    ("auth.api_keys", "an API call works at one node but not at another"),
    ("access.rules", "what a user may do depends on the node"),
    ("access.types", "what a user may do depends on the node"),
    ("broker.cluster_secrets", "nodes drop each other's messages"),
    ("broker.durability", "what an acknowledgement promises depends on the node"),
    ("broker.wait_replicas", "what an acknowledgement promises depends on the node"),
    ("directory.lease_ms", "nodes disagree on which of them are alive"),
    ("sessions.max_sessions", "the limit of a user's sessions depends on the node"),
    ("streams.idempotency_window_ms", "how long a repeated send is recognised depends on the node"),
    ("presence.left_grace_ms", "how long after a disconnect left is announced depends on the node"),
];

/// Options of a single machine, which may differ.
const OF_A_MACHINE: &[&str] =
    &["node.label", "node.workers", "node.demo", "listen.", "agent_check.", "tls.", "log.", "admin.", "broker.url"];

/// Faults of the nodes. `expected`: the number of nodes that should be running.
pub fn examine(cluster: &Value, expected: Option<usize>) -> Vec<Finding> {
    let nodes = cluster["nodes"].as_array().map_or(&[][..], Vec::as_slice);
    let mut findings: Vec<Finding> = nodes.iter().flat_map(of_node).collect();
    findings.extend(missing(nodes, expected));
    findings.extend(labels(nodes));
    findings.extend(versions(nodes));
    let advice = cluster["broker"]["advice"].as_array().into_iter().flatten();
    findings.extend(advice.filter_map(|it| Some(sentence(it.as_str()?.to_owned()))));
    findings
}

fn name(node: &Value) -> String {
    ["label", "incarnation"].iter().find_map(|key| node[key].as_str()).unwrap_or("?").to_owned()
}

fn of_node(node: &Value) -> Vec<Finding> {
    let name = name(node);
    if node["silent"] == true {
        return vec![Finding::problem(
            "silent_node",
            format!("node {name} has a lease but does not answer"),
            "see its log: it hangs, or its messages through Redis are lost; all nodes need the same \
             broker.cluster_secrets",
        )];
    }
    let mut findings = Vec::new();
    for alarm in node["alarms"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        findings.push(match alarm {
            "draining" => Finding::note("draining", format!("node {name} is draining"), "it stops by itself"),
            alarm => Finding::problem("unready", format!("node {name}: {alarm}"), "see docs/runbook.md, \"not ready\""),
        });
    }
    if let Some(off_ms) = node["clock_off_ms"].as_i64().filter(|off_ms| off_ms.abs() > CLOCK_MS) {
        findings.push(Finding::problem(
            "clock",
            format!("the clock of node {name} is off by {off_ms} ms: tokens expire too early or too late there"),
            "synchronise the clocks of all machines (NTP)",
        ));
    }
    let (open, max) = (node["sockets"].as_u64().unwrap_or(0), node["sockets_max"].as_u64().unwrap_or(u64::MAX));
    let raise =
        "raise the limit of open files where it is started (ulimit -n, LimitNOFILE=), or socket.max_connections";
    if max < SOCKETS_FEW {
        findings.push(Finding::warning("room", format!("node {name} has room for only {max} sockets"), raise));
    } else if open >= max / 100 * FULL_PERCENT {
        findings.push(Finding::warning(
            "room",
            format!("node {name} has {open} of {max} sockets open"),
            format!("start another node, or {raise}"),
        ));
    }
    findings
}

fn missing(nodes: &[Value], expected: Option<usize>) -> Option<Finding> {
    let expected = expected.filter(|expected| nodes.len() < *expected)?;
    let names: Vec<String> = nodes.iter().map(name).collect();
    Some(Finding::problem(
        "missing_nodes",
        format!("{} of {expected} nodes are running: {}", nodes.len(), names.join(", ")),
        "is the process of each other node running? If so, compare its broker.url and broker.key_prefix with \
         `hubwire check-config` there: nodes with another Redis, database or prefix are a cluster of their own",
    ))
}

fn labels(nodes: &[Value]) -> Option<Finding> {
    let mut seen = BTreeSet::new();
    let twice = nodes.iter().map(name).find(|name| !seen.insert(name.clone()))?;
    Some(Finding::warning(
        "same_label",
        format!("several nodes are called {twice}: logs and metrics cannot distinguish them"),
        "give each node a different node.label",
    ))
}

fn versions(nodes: &[Value]) -> Option<Finding> {
    let versions: BTreeSet<&str> = nodes.iter().filter_map(|node| node["version"].as_str()).collect();
    (versions.len() > 1).then(|| {
        Finding::note(
            "versions",
            format!("nodes run {}", versions.into_iter().collect::<Vec<_>>().join(" and ")),
            "finish the upgrade (docs/upgrades.md)",
        )
    })
}

/// Differences between nodes in options that must be equal.
pub fn settings(answer: &Value) -> Vec<Finding> {
    let asked = answer["asked"].as_str().unwrap_or("?");
    let settings = answer["settings"].as_array().into_iter().flatten();
    settings.filter_map(|setting| differing(setting, asked)).collect()
}

fn differing(setting: &Value, asked: &str) -> Option<Finding> {
    let option = setting["option"].as_str()?;
    let differs = setting["differs"].as_array().filter(|differs| !differs.is_empty())?;
    if OF_A_MACHINE.iter().any(|own| option == *own || (own.ends_with('.') && option.starts_with(own))) {
        return None;
    }
    let mut by_value: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for other in differs {
        let nodes = other["nodes"].as_array().into_iter().flatten().filter_map(Value::as_str);
        by_value.entry(other["value"].as_str()?).or_default().extend(nodes);
    }
    let is_secret = setting["secret"] == true;
    let there = by_value.into_iter().map(|(value, nodes)| match is_secret {
        true => format!("a different one on {}", nodes.join(", ")),
        false => format!("{value} on {}", nodes.join(", ")),
    });
    let there = there.collect::<Vec<_>>().join(", ");
    let here = if is_secret { "one secret" } else { setting["value"].as_str()? };
    let found = format!("{option} is {here} on {asked} and {there}");
    let advice = format!(
        "give every node the same {option}; `hubwire check-config` shows where a node got its value \
                          from"
    );
    Some(match SAME.iter().find(|(same, _)| *same == option) {
        Some((_, so)) => Finding::problem("settings_differ", format!("{found}: {so}"), advice),
        None => Finding::warning("settings_differ", found, advice),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options;
    use serde_json::json;

    fn node(label: &str) -> Value {
        json!({
            "label": label, "incarnation": format!("i-{label}"), "silent": false, "alarms": [], "clock_off_ms": -20,
            "version": "1.0.0", "sockets": 10, "sockets_max": 100_000,
        })
    }

    fn checks(nodes: Value, expected: Option<usize>) -> Vec<&'static str> {
        examine(&json!({ "nodes": nodes }), expected).into_iter().map(|finding| finding.check).collect()
    }

    #[test]
    fn nodes_without_a_fault_give_no_finding() {
        assert_eq!(checks(json!([node("n1"), node("n2")]), Some(2)), Vec::<&str>::new());
    }

    #[test]
    fn each_fault_of_a_node_is_found() {
        for (key, value, check) in [
            ("silent", json!(true), "silent_node"),
            ("alarms", json!(["full: 9 of 9 sockets are open"]), "unready"),
            ("alarms", json!(["draining"]), "draining"),
            ("clock_off_ms", json!(-1001), "clock"),
            ("sockets_max", json!(224), "room"),
            ("sockets", json!(90_000), "room"),
            ("version", json!("1.0.1"), "versions"),
            ("label", json!("n1"), "same_label"),
        ] {
            let mut second = node("n2");
            second[key] = value;
            assert_eq!(checks(json!([node("n1"), second]), Some(2)), [check], "{key}");
        }
        assert_eq!(checks(json!([node("n1")]), Some(3)), ["missing_nodes"]);
    }

    #[test]
    fn what_must_be_the_same_is_a_problem_and_what_belongs_to_a_machine_is_none() {
        let of = |option: &str, secret: bool| {
            let differs = json!([{ "nodes": ["n2", "n3"], "value": "5" }]);
            settings(&json!({ "asked": "n1", "settings": [
                { "option": option, "value": "4", "secret": secret, "differs": differs },
                { "option": "drain.grace_ms", "value": "1", "secret": false, "differs": [] },
            ]}))
        };
        let lease = of("directory.lease_ms", false).remove(0);
        assert!(lease.found.starts_with("directory.lease_ms is 4 on n1 and 5 on n2, n3: nodes disagree"), "{lease:?}");
        assert_eq!(lease.grade, crate::doctor::finding::Grade::Problem);
        let secret = of("auth.jwt_secrets", true).remove(0);
        assert!(
            secret.found.starts_with("auth.jwt_secrets is one secret on n1 and a different one on n2, n3"),
            "{secret:?}"
        );
        assert_eq!(of("limits.channels_max", false)[0].grade, crate::doctor::finding::Grade::Warning);
        for own in ["node.label", "listen.public", "log.level"] {
            assert_eq!(of(own, false), [], "{own}");
        }
    }

    #[test]
    fn the_options_that_are_compared_exist() {
        let names: Vec<String> = options().map(|spec| spec.name()).collect();
        for (option, _) in SAME {
            assert!(names.iter().any(|name| name == option), "{option}");
        }
        for own in OF_A_MACHINE {
            assert!(names.iter().any(|name| name.starts_with(own)), "{own}");
        }
    }
}
