//! Options of what nodes ask of the application's own servers.

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
    /// How nodes call the application's own servers, for `rpc`, `hooks` and `events`. docs/hooks.md says what they
    /// send.
    "application" Application {
        /// Secrets that sign requests (`X-Hubwire-Signature`), at least 32 bytes each; the first one signs. Empty:
        /// requests have no signature, and only the network says where they come from.
        secrets: Vec<Secret> = "", SECRETS;
        /// A PEM file with the certificates of the authority that signed the application's certificate. Empty: the
        /// authorities that browsers believe.
        ca_file: String = "", ANY_TEXT;
        /// Requests of one purpose (such as rpcs by one route) that may be under way at once. As many again wait; the
        /// node refuses more.
        concurrency_max: usize = "64", count(1, 10_000);
        /// After so many failures in a row (no answer in time, or a status 5xx) the node asks nothing for
        /// `application.pause_ms`.
        failures_max: u32 = "5", count(1, 1_000_000);
        /// For how long the node leaves an application alone that failed. Then one request finds out whether it is
        /// back.
        pause_ms: u64 = "5000", ms(100, HOUR_MS);
        /// Longest answer that the node reads.
        answer_bytes_max: usize = "262144", bytes(1024, 1 << 30);
    }
}

section! {
    /// Remote procedure calls: what clients ask of the application by `@@hub/rpc`.
    "rpc" Rpc {
        /// Which URL answers which method: `METHOD=URL`; the first that fits. `orders/*=https://orders.internal/rpc`
        /// takes all methods that begin with `orders/`, `*=…` all others. Empty: clients cannot call anything.
        methods: Vec<String> = "", ROUTES;
        /// How long the node waits for an answer.
        timeout_ms: u64 = "5000", ms(50, HOUR_MS);
        /// How long the node waits for an answer that the application promised (status 202) to give by the server API.
        late_timeout_ms: u64 = "60000", ms(50, DAY_MS);
    }
}

section! {
    /// Hooks: the application decides who connects, joins and publishes, beside the rules of `access`. docs/hooks.md.
    "hooks" Hooks {
        /// Where the node asks who a client is that shows neither token nor ticket, but one of `hooks.connect_headers`.
        /// Empty: nowhere.
        connect_url: String = "", APPLICATION_URL;
        /// Headers of the handshake that the node passes on, such as the cookies of the application. With `cookie`
        /// among them `auth.allowed_origins` must not be `*`, or any page could connect in the name of its visitors.
        connect_headers: Vec<String> = "cookie", HEADERS;
        /// Where the node asks before a client joins a channel or reads its history. Empty: nowhere.
        join_url: String = "", APPLICATION_URL;
        /// The channels that it asks about.
        join_addresses: Vec<String> = "ch:*/**", PATTERNS;
        /// Where the node asks before a client publishes. Empty: nowhere.
        publish_url: String = "", APPLICATION_URL;
        /// The addresses that it asks about.
        publish_addresses: Vec<String> = "ch:*/**,org:*,team:*/*,user:*", PATTERNS;
        /// How long an answer is valid for the session and question that it was given to.
        keep_ms: u64 = "60000", ms(0, DAY_MS);
        /// How long the node waits for an answer.
        timeout_ms: u64 = "2000", ms(50, 60_000);
        /// What a client may do that wants to join or publish when there is no answer: nothing (`deny`), or what the
        /// rules allow (`allow`). A client that wants to connect is always refused, and may try again.
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
    /// Server events: what the application hears of. docs/server-events.md. They need a broker that is one server (also
    /// behind Sentinel) or none, not a Redis Cluster. The same on every node.
    "events" ServerEvents {
        /// Where nodes deliver events, in batches. Empty: nowhere.
        webhook_url: String = "", APPLICATION_URL;
        /// Write events without a webhook, for programs that read the streams in Redis themselves.
        streams: bool = "false", Kind::Switch;
        /// Which events there are: `session`, `channel`, `member`, `direct`.
        subjects: Vec<String> = "session,channel,member,direct", SUBJECTS;
        /// Addresses whose publications are events, too.
        publications: Vec<String> = "", PATTERNS;
        /// Most events of a batch.
        batch_max: usize = "100", count(1, 10_000);
        /// How long the application may take for a batch.
        timeout_ms: u64 = "10000", ms(50, 600_000);
        /// The longest pause between two attempts to deliver a batch; the first is half a second.
        retry_max_ms: u64 = "60000", ms(500, HOUR_MS);
        /// An event that the application did not take for this long goes to the dead letters.
        keep_s: u64 = "86400", seconds(1, DECADE_S);
        /// Events that may wait in each of eight logs. Beyond it the oldest are lost (`hubwire_server_events_lost`).
        waiting_max: usize = "100000", count(100, MANY);
        /// Most events among the dead letters. Beyond it the oldest go.
        dead_max: usize = "10000", count(1, MANY);
    }
}
