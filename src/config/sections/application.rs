//! Options of calls to the application: rpcs, hooks and server events.

use crate::application::route::{http_url, Route};
use crate::config::option::{Kind, Rule};
use crate::config::rules::*;
use crate::config::secret::Secret;
use crate::config::section::section;
use crate::config::value::choice;
use hubwire_actors::backend::EventSubject;
use hubwire_protocol::AddressPattern;

const ROUTES: Kind = Kind::List(Rule {
    allowed: "METHOD=URL, where METHOD is a name, a beginning such as orders/*, or *",
    check: |text| text.parse::<Route>().is_ok(),
});

const APPLICATION_URL: Kind = Kind::Text(Rule {
    allowed: "a URL that begins with https:// or http://, without a user; or nothing",
    check: |text| text.is_empty() || http_url(text).is_some(),
});

const HEADERS: Kind = Kind::List(Rule {
    allowed: "names of headers, such as cookie",
    check: |text| hyper::header::HeaderName::from_bytes(text.as_bytes()).is_ok(),
});

const SUBJECTS: Kind =
    Kind::List(Rule { allowed: "session, channel, member, direct", check: |text| EventSubject::named(text).is_some() });

const PATTERNS: Kind = Kind::List(Rule {
    allowed: "patterns of addresses, such as ch:acme/orders/* or user:*",
    check: |text| text.parse::<AddressPattern>().is_ok(),
});

section! {
    /// How nodes call the application's own servers, for `rpc`, `hooks` and `events`. docs/hooks.md describes the
    /// requests.
    "application" Application {
        /// Secrets that sign requests (`X-Hubwire-Signature`), at least 32 bytes each; the first one signs. Empty:
        /// requests have no signature, and only the network shows where they come from.
        secrets: Vec<Secret> = "", SECRETS;
        /// A PEM file with the certificates of the authority that signed the application's certificate. Empty: the
        /// public authorities that browsers trust.
        ca_file: String = "", ANY_TEXT;
        /// How many requests for one purpose (such as rpcs to one URL) may be in progress at once. As many again may
        /// wait; the node refuses more.
        concurrency_max: usize = "64", count(1, 10_000);
        /// After this many failures in a row (no answer in time, or a status 5xx) the node sends no requests for
        /// `application.pause_ms`.
        failures_max: u32 = "5", count(1, 1_000_000);
        /// How long the node sends nothing to an application that failed. Then it tries a single request.
        pause_ms: u64 = "5000", ms(100, HOUR_MS);
        /// Maximum size of an answer that the node reads.
        answer_bytes_max: usize = "262144", bytes(1024, 1 << 30);
    }
}

section! {
    /// Remote procedure calls of clients to the application, by `@@hub/rpc`.
    "rpc" Rpc {
        /// The URL that answers a method: `METHOD=URL`; the first entry that matches decides.
        /// `orders/*=https://orders.internal/rpc` is for all methods that begin with `orders/`, `*=…` for all others.
        /// Empty: clients cannot call anything.
        methods: Vec<String> = "", ROUTES;
        /// How long the node waits for an answer.
        timeout_ms: u64 = "5000", ms(50, HOUR_MS);
        /// How long the node waits for an answer that the application promised (status 202) to send by the server API.
        late_timeout_ms: u64 = "60000", ms(50, DAY_MS);
    }
}

section! {
    /// Hooks: the application decides who may connect, join and publish, in addition to the rules of `access`
    /// (docs/hooks.md).
    "hooks" Hooks {
        /// The URL that the node asks to identify a client that presents neither token nor ticket, but one of
        /// `hooks.connect_headers`. Empty: none.
        connect_url: String = "", APPLICATION_URL;
        /// Headers of the handshake that the node passes on, such as the cookies of the application. If `cookie` is
        /// among them, `auth.allowed_origins` must not be `*`, or any page could connect on behalf of its visitors.
        connect_headers: Vec<String> = "cookie", HEADERS;
        /// The URL that the node asks before a client joins a channel or reads its history. Empty: none.
        join_url: String = "", APPLICATION_URL;
        /// The channels for which it asks.
        join_addresses: Vec<String> = "ch:*/**", PATTERNS;
        /// The URL that the node asks before a client publishes. Empty: none.
        publish_url: String = "", APPLICATION_URL;
        /// The addresses for which it asks.
        publish_addresses: Vec<String> = "ch:*/**,org:*,team:*/*,user:*", PATTERNS;
        /// How long an answer is cached for the same question of the same session.
        keep_ms: u64 = "60000", ms(0, DAY_MS);
        /// How long the node waits for an answer.
        timeout_ms: u64 = "2000", ms(50, 60_000);
        /// What happens to joins and publications if there is no answer: they are refused (`deny`), or the rules alone
        /// decide (`allow`). A connecting client is always refused, and may try again.
        on_failure: OnFailure = "deny", Kind::Choice(OnFailure::WORDS);
    }
}

choice! {
    /// What holds where the application gives no answer.
    OnFailure {
        /// The action is refused.
        Deny = "deny",
        /// The rules alone decide.
        Allow = "allow",
    }
}

section! {
    /// Server events: notifications to the application (docs/server-events.md). They require a single Redis server
    /// (also behind Sentinel) or the broker in memory, not a Redis Cluster. Every node needs the same values.
    "events" ServerEvents {
        /// The URL to which nodes deliver events, in batches. Empty: none.
        webhook_url: String = "", APPLICATION_URL;
        /// Write events even without a webhook, for programs that read the streams in Redis themselves.
        streams: bool = "false", Kind::Switch;
        /// The subjects of events: `session`, `channel`, `member`, `direct`.
        subjects: Vec<String> = "session,channel,member,direct", SUBJECTS;
        /// Addresses whose publications are reported as events, too.
        publications: Vec<String> = "", PATTERNS;
        /// Maximum number of events in a batch.
        batch_max: usize = "100", count(1, 10_000);
        /// How long the application may take for a batch.
        timeout_ms: u64 = "10000", ms(50, 600_000);
        /// Maximum pause between two attempts to deliver a batch; the first pause is half a second.
        retry_max_ms: u64 = "60000", ms(500, HOUR_MS);
        /// An event that the application has not accepted within this time becomes a dead letter.
        keep_s: u64 = "86400", seconds(1, DECADE_S);
        /// Maximum number of events that wait in each of eight logs. Beyond it the oldest are lost
        /// (`hubwire_server_events_lost`).
        waiting_max: usize = "100000", count(100, MANY);
        /// Maximum number of dead letters. Beyond it the oldest are removed.
        dead_max: usize = "10000", count(1, MANY);
    }
}
