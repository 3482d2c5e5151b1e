//! Options of OpenTelemetry.

use crate::application::route::http_url;
use crate::config::option::{Kind, Rule};
use crate::config::rules::*;
use crate::config::section::section;

const COLLECTOR_URL: Kind = Kind::Text(Rule {
    allowed: "a URL that begins with https:// or http://, without a user; or nothing",
    check: |text| text.is_empty() || http_url(text).is_some(),
});

section! {
    /// OpenTelemetry: spans of publications whose sender records a trace, that is, publications with a sampled
    /// `meta.traceparent` (W3C Trace Context). docs/telemetry.md describes them.
    "telemetry" Telemetry {
        /// The collector to which the node sends spans by OTLP/HTTP in JSON, such as `http://127.0.0.1:4318/v1/traces`.
        /// It should be on the same machine or network, and add any credentials itself. Empty: the node records
        /// nothing.
        otlp_url: String = "", COLLECTOR_URL;
        /// How long the collector may take for a batch. If the collector does not accept a batch, the node retries
        /// twice, then drops it.
        timeout_ms: u64 = "10000", ms(50, 60_000);
        /// Maximum number of spans in a batch.
        batch_max: usize = "512", count(1, 4096);
        /// Maximum time that a span waits for its batch to fill.
        interval_ms: u64 = "1000", ms(10, 60_000);
    }
}
