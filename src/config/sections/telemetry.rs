//! Options of what the node tells an OpenTelemetry collector.

use crate::application::route::http_url;
use crate::config::option::{Kind, Rule};
use crate::config::rules::*;
use crate::config::section::section;

const COLLECTOR_URL: Kind = Kind::Text(Rule {
    allowed: "a URL that begins with https:// or http://, without a user; or nothing",
    check: |text| text.is_empty() || http_url(text).is_some(),
});

section! {
    /// OpenTelemetry: spans of publications whose sender records a trace, which means that `meta.traceparent` (W3C
    /// Trace Context) is sampled. docs/telemetry.md says what is in them.
    "telemetry" Telemetry {
        /// Where the node sends spans by OTLP/HTTP in JSON, such as `http://127.0.0.1:4318/v1/traces`: a collector on
        /// the same machine or network, which adds credentials of its own. Empty: the node records nothing.
        otlp_url: String = "", COLLECTOR_URL;
        /// How long the collector may take for a batch. The node sends a batch that it does not take twice more, then
        /// gives it up.
        timeout_ms: u64 = "10000", ms(50, 60_000);
        /// Most spans of a batch.
        batch_max: usize = "512", count(1, 4096);
        /// How long a span waits at most until its batch is full.
        interval_ms: u64 = "1000", ms(10, 60_000);
    }
}
