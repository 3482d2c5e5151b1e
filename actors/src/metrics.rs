//! Counters and gauges of one node, in a registry of their own. Names start with `hubwire_`.

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

macro_rules! metrics {
    ($(#[$doc:meta] $field:ident: $kind:ident($name:literal $(, $label:literal)?);)+) => {
        /// All metrics of a node.
        pub struct Metrics {
            registry: Registry,
            $(#[$doc] pub $field: $kind,)+
        }

        impl Metrics {
            /// A fresh set, all zero.
            ///
            /// # Errors
            /// When two metrics have the same name: a mistake in this file, which any test shows.
            pub fn new() -> Result<Self, prometheus::Error> {
                let registry = Registry::new();
                $(
                    let label = [$($label)?].first().copied().unwrap_or_default();
                    let $field = make::$kind($name, help(stringify!($doc)), label)?;
                    registry.register(Box::new($field.clone()))?;
                )+
                Ok(Metrics { registry, $($field,)+ })
            }
        }
    };
}

metrics! {
    /// Sessions that are open.
    sessions: IntGauge("hubwire_sessions");
    /// Sessions opened since the start.
    sessions_opened: IntCounter("hubwire_sessions_opened_total");
    /// Sessions ended, by what ended them.
    sessions_closed: IntCounterVec("hubwire_sessions_closed_total", "reason");
    /// Users with a local session.
    users: IntGauge("hubwire_users");
    /// Sessions that wait, for at most ten seconds, to be entered in the directory because the broker's queue is full.
    sessions_entering: IntGauge("hubwire_sessions_entering");
    /// Organisation hubs with a local session.
    hubs: IntGauge("hubwire_hubs");
    /// Channels with a local member.
    channels: IntGauge("hubwire_channels");
    /// Actions of clients that were accepted.
    actions_accepted: IntCounter("hubwire_actions_accepted_total");
    /// Actions of clients that were refused, by error code.
    actions_refused: IntCounterVec("hubwire_actions_refused_total", "code");
    /// Publications refused because a budget was used up, by budget.
    budget_refused: IntCounterVec("hubwire_budget_refused_total", "budget");
    /// Wrong API keys, tokens and tickets, by answer: refused, or rate_limited when an address tried too many.
    wrong_credentials: IntCounterVec("hubwire_wrong_credentials_total", "answer");
    /// Publications stored by this node, by kind of address.
    published: IntCounterVec("hubwire_published_total", "kind");
    /// Frames handed to outboxes.
    deliveries: IntCounter("hubwire_deliveries_total");
    /// Ephemeral frames dropped because an outbox was full.
    ephemeral_dropped: IntCounter("hubwire_ephemeral_dropped_total");
    /// Sessions that fell behind their outbox and read on from the log.
    spills: IntCounter("hubwire_spills_total");
    /// Publications that arrived out of order or with a gap before them.
    gaps: IntCounter("hubwire_gaps_total");
    /// Reads of a log to close a gap or serve a resume.
    log_reads: IntCounter("hubwire_log_reads_total");
    /// Streams whose position was no longer in the log: announced as lag.
    resets: IntCounter("hubwire_resets_total");
    /// Publishes and subscriptions between nodes that were saved, because one node has all members of the channel.
    suppressed: IntCounterVec("hubwire_lone_suppressed_total", "kind");
    /// Times pub/sub may have lost messages and every stream was checked.
    lossy: IntCounter("hubwire_pubsub_lossy_total");
    /// Seconds messages wait in a mailbox, by mailbox: one in a second is measured.
    mailbox_wait_seconds: HistogramVec("hubwire_mailbox_wait_seconds", "mailbox");
    /// Bytes in the outboxes of sessions that fell behind, as of the last second.
    outbox_bytes: IntGauge("hubwire_lagging_outbox_bytes");
    /// Sessions that read on from a log, as of the last second.
    lagging: IntGauge("hubwire_lagging_sessions");
    /// Messages that found a mailbox full, by mailbox.
    mailbox_full: IntCounterVec("hubwire_mailbox_full_total", "mailbox");
    /// Cluster messages that could not be read.
    malformed: IntCounter("hubwire_cluster_malformed_total");
    /// Messages on node channels and tickets dropped because of a wrong or missing seal.
    forged: IntCounter("hubwire_cluster_forged_total");
    /// Sessions of dead nodes this node removed.
    reaped: IntCounter("hubwire_reaped_sessions_total");
    /// Nodes whose lease is valid, as this node sees it.
    nodes_live: IntGauge("hubwire_nodes_live");
    /// Live nodes that speak another version of the cluster protocol than this one.
    nodes_other_version: IntGauge("hubwire_nodes_other_version");
    /// Live nodes whose `directory.lease_ms` is another one than here.
    nodes_other_lease: IntGauge("hubwire_nodes_other_lease_ms");
    /// 1 while this node's own lease is valid.
    lease_held: IntGauge("hubwire_lease_held");
    /// Seconds from a publication's acceptance to the broker's answer.
    append_seconds: Histogram("hubwire_append_seconds");
}

impl Metrics {
    /// The registry of all metrics; the binary registers further ones in it.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}

/// The text of a doc attribute as the macro sees it: `doc = r" Text."`.
fn help(attribute: &str) -> String {
    attribute
        .split_once('=')
        .map_or(attribute, |(_, text)| text)
        .trim()
        .trim_start_matches('r')
        .trim_matches('"')
        .trim()
        .into()
}

#[allow(non_snake_case)] // one maker per type, named as the type
mod make {
    use super::*;

    pub fn IntCounter(name: &str, help: String, _: &str) -> Result<IntCounter, prometheus::Error> {
        prometheus::IntCounter::new(name, help)
    }

    pub fn IntGauge(name: &str, help: String, _: &str) -> Result<IntGauge, prometheus::Error> {
        prometheus::IntGauge::new(name, help)
    }

    pub fn IntCounterVec(name: &str, help: String, label: &str) -> Result<IntCounterVec, prometheus::Error> {
        prometheus::IntCounterVec::new(Opts::new(name, help), &[label])
    }

    pub fn Histogram(name: &str, help: String, _: &str) -> Result<Histogram, prometheus::Error> {
        prometheus::Histogram::with_opts(seconds(name, help))
    }

    pub fn HistogramVec(name: &str, help: String, label: &str) -> Result<HistogramVec, prometheus::Error> {
        prometheus::HistogramVec::new(seconds(name, help), &[label])
    }

    fn seconds(name: &str, help: String) -> HistogramOpts {
        let buckets = vec![0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        HistogramOpts::new(name, help).buckets(buckets)
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_metric_has_a_name_of_its_own_and_a_help_text() {
        let metrics = super::Metrics::new().unwrap();
        for family in metrics.registry().gather() {
            assert!(family.help().ends_with('.'), "{}: {:?}", family.name(), family.help());
            assert!(!family.help().contains('"'), "{:?}", family.help());
        }
    }
}
