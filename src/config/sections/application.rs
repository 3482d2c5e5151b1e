//! Options of what nodes ask of the application's own servers.

use crate::application::Route;
use crate::config::option::{Kind, Rule};
use crate::config::rules::*;
use crate::config::secret::Secret;
use crate::config::section::section;

const ROUTES: Kind = Kind::List(Rule {
    allowed: "METHOD=URL, where METHOD is a name, a beginning such as orders/*, or *",
    check: |text| text.parse::<Route>().is_ok(),
});

section! {
    /// How nodes call the application's own servers: for `rpc`, `hooks` and `events`. docs/hooks.md says what is sent.
    "application" Application {
        /// Secrets that requests are signed with (`X-Hubwire-Signature`); the first one signs. At least 32 bytes. Empty:
        /// requests are not signed, and only the network says who they come from.
        secrets: Vec<Secret> = "", SECRETS;
        /// A PEM file with the certificates of the authority that signed the application's certificate. Empty: the
        /// authorities that browsers believe.
        ca_file: String = "", ANY_TEXT;
        /// Requests of one purpose (such as rpcs by one route) that may be under way at once. As many again wait; what comes
        /// beyond that is refused.
        concurrency_max: usize = "64", count(1, 10_000);
        /// So many failures in a row (no answer in time, or a status 5xx), and nothing is asked for `application.pause_ms`.
        failures_max: u32 = "5", count(1, 1_000_000);
        /// For how long an application that failed is left alone. Then one request finds out whether it is back.
        pause_ms: u64 = "5000", ms(100, HOUR_MS);
        /// Longest answer that is read.
        answer_bytes_max: usize = "262144", bytes(1024, 1 << 30);
    }
}

section! {
    /// Remote procedure calls: what clients ask of the application by `@@hub/rpc`.
    "rpc" Rpc {
        /// Who answers which method: `METHOD=URL`; the first that fits. `orders/*=https://orders.internal/rpc` takes all
        /// methods that begin with `orders/`, `*=…` all others. Empty: no client may call anything.
        methods: Vec<String> = "", ROUTES;
        /// How long an answer is waited for.
        timeout_ms: u64 = "5000", ms(50, HOUR_MS);
        /// How long an answer is waited for that the application promised (status 202) to give by the server API.
        late_timeout_ms: u64 = "60000", ms(50, DAY_MS);
    }
}
