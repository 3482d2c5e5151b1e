//! Options of the process as a whole: its name, its listeners, its leases, how it ends and what it logs.

use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::section::section;
use crate::config::value::choice;
use std::net::SocketAddr;

section! {
    /// The process.
    "node" Node {
        /// Name of the node for people, shown in `welcome`, logs and metrics. It need not be unique. Empty: the host
        /// name.
        label: String = "", LABEL;
        /// Worker threads that serve sockets. 1: one thread serves sockets and routes messages, which costs least per
        /// message. More: a separate thread routes. 0: one worker less than there are processors, but at least one.
        workers: usize = "0", count(0, 1024);
        /// Serve the demo at `/` of the public listener. With `--dev` it is always served; without, its users need a
        /// token that your application issues.
        demo: bool = "false", Kind::Switch;
        /// How often the node checks files that contain a secret (`*_file`), a key of `auth.jwt_keys`, a certificate or
        /// a schema for changes. When a file has changed and then stayed the same for this time, the node reloads the
        /// whole configuration, as on SIGHUP. 0: never.
        watch_files_s: u64 = "5", seconds(0, 86_400);
    }
}

section! {
    /// Where the node accepts connections.
    "listen" Listen {
        /// The listener for clients: sockets and tickets. Put it behind the load balancer.
        public: SocketAddr = "0.0.0.0:8080", ADDRESS;
        /// The listener for operators: server API, metrics and health. Keep it inside your network.
        internal: SocketAddr = "127.0.0.1:8081", ADDRESS;
        /// How long an idle HTTP connection is kept, on both listeners. It must be longer than the idle timeout of the
        /// load balancer, or the balancer sends requests on connections that the node is closing: nginx and most cloud
        /// balancers keep connections for 60 s, Google's for 600 s.
        keep_alive_ms: u64 = "75000", ms(1000, HOUR_MS);
        /// Addresses and networks of the proxies in front of the public listener, such as `10.0.0.0/8`. The node
        /// believes the client addresses that they report, and those of nobody else.
        trusted_proxies: Vec<String> = "", NETWORKS;
        /// How a trusted proxy reports the client's address. `connection`: not at all; the peer of the connection is
        /// the client. `x_forwarded_for` and `forwarded`: in that header, which the node reads from the right up to the
        /// first address that is not a trusted proxy; every proxy must set the chosen header. `proxy_protocol`: each
        /// connection of a proxy begins with a PROXY header, version 1 or 2.
        client_address: ClientAddress = "connection", Kind::Choice(ClientAddress::WORDS);
    }
}

section! {
    /// The rate at which sockets are admitted, which spreads the load when many clients reconnect at once.
    "accept" Accept {
        /// Sockets opened per second on average. 0: no limit. A token, a cookie or a ticket is checked first, and a
        /// socket with refused credentials does not count. Sockets without credentials yet have a separate limit of the
        /// same size.
        per_second: u32 = "1000", count(0, 1_000_000);
        /// Sockets opened at once above the average.
        burst: u32 = "500", count(1, 1_000_000);
        /// A socket above the rate waits for its turn. The node refuses one that would wait for longer than this with
        /// 503 and `Retry-After`.
        wait_ms: u64 = "2000", ms(0, 60_000);
    }
}

section! {
    /// The operator's page at `/admin` of the internal listener.
    "admin" Admin {
        /// Serve the page. Signing in needs an API key with the scope `operate`.
        enabled: bool = "true", Kind::Switch;
        /// Host names under which the page is opened, besides `localhost` and loopback addresses: the host in the
        /// browser's address bar, without the port. Requests with other names are refused, so that a foreign site
        /// cannot reach the page under its own name (DNS rebinding).
        hosts: Vec<String> = "", HOST_NAMES;
    }
}

section! {
    /// HAProxy's agent protocol: the node answers each connection with `up ready`, `drain` or `down`, consistent with
    /// `/readyz`.
    "agent_check" AgentCheck {
        /// The address of this listener, inside your network. Empty: none.
        listen: Option<SocketAddr> = "", ADDRESS_OR_NOTHING;
    }
}

section! {
    /// Presence: the members of channels, organisations and teams.
    "presence" Presence {
        /// The node collects joins and leaves of a channel for this long and announces them together.
        delay_ms: u64 = "100", ms(0, 60_000);
        /// When a user's last session in a channel drops, the node waits this long for the user to come back, on any
        /// node, before it announces `left`. A `@@hub/leave` is announced at once. 0: a dropped socket is, too.
        left_grace_ms: u64 = "5000", ms(0, 600_000);
        /// The answer to a join lists the users in the channel, up to this number; if there are more, it only contains
        /// their number. 0: it never lists them.
        members_max: usize = "100", count(0, 1000);
        /// In a channel with more users than this the node does not announce `joined` and `left`, but sends the number
        /// of users, at most once a second.
        named_max: usize = "1000", count(0, 100_000);
        /// Maximum number of users in one `@@hub/presence` answer; clients request the next page.
        page_max: usize = "1000", count(1, 10_000);
        /// Maximum size of the state (JSON) that a user sets in a channel. A member of a channel with up to
        /// `members_max` users gets the states of all others when it joins.
        state_bytes: usize = "1024", bytes(2, 65_536);
        /// How long a user's profile (`@@hub/profile`) is kept after the user set it or joined a channel. 0: users
        /// have no profiles.
        profile_ttl_s: u64 = "7776000", seconds(0, DECADE_S);
        /// Record when users were last online, for sessions that may query or watch them. The record is kept for 90
        /// days. All nodes of a cluster need the same value.
        last_seen: bool = "false", Kind::Switch;
        /// Keep a list of who is online in each organisation and team, for `@@hub/presence` at `org:` and `team:` and
        /// for sessions that watch an organisation. The broker does one more step for each session that enters or
        /// leaves. All nodes of a cluster need the same value.
        orgs: bool = "false", Kind::Switch;
        /// Maximum number of channels per user that the server API may make permanent (`?persist=true`): each session
        /// of the user joins them when it connects, until the client leaves or the server removes the user. 0: none,
        /// which also saves a request to the broker. Every node needs the same value.
        persistent_max: usize = "0", count(0, 1000);
        /// Maximum number of users that a session may watch coming online and going offline. 0: none.
        watch_max: usize = "200", count(0, 10_000);
    }
}

section! {
    /// Typing indicators, cursors and the like: ephemeral actions by type. `TYPE` is a type, or a prefix followed by
    /// `*`; the first entry that matches decides.
    "ephemeral" Ephemeral {
        /// `TYPE=MILLISECONDS`: of the actions that a session sends to an address, the node forwards the first at once,
        /// and of those that follow within this time only the last one, when the time is over.
        throttle: Vec<String> = "", PACES;
        /// `TYPE=MILLISECONDS ENDING`: when a session has not sent such an action for this long, leaves the channel or
        /// ends, the node sends an ephemeral action of the type ENDING on behalf of its user.
        end_after: Vec<String> = "", ENDINGS;
    }
}

section! {
    /// Liveness of nodes.
    "directory" Directory {
        /// A node that does not renew its lease for this long counts as dead: its sessions are removed from the
        /// directory. All nodes of a cluster need the same value.
        lease_ms: u64 = "5000", ms(1000, 600_000);
    }
}

section! {
    /// How a node stops without losing its clients.
    "drain" Drain {
        /// The time between the first signal, after which `/readyz` answers 503, and the first socket that is closed:
        /// as long as the load balancer needs to notice.
        grace_ms: u64 = "2000", ms(0, HOUR_MS);
        /// Sessions closed per second, so that reconnecting clients do not overload the other nodes.
        rate_per_second: u32 = "500", count(1, 1_000_000);
    }
}

section! {
    /// Traces of publications, for `GET /v1/messages` and `hubwire trace`.
    "trace" Trace {
        /// How many publications the node keeps a trace of: the latest ones that it accepted or delivered, with their
        /// sender and the number of sessions that it wrote them to. Each takes about 400 bytes of memory. 0: none,
        /// except while somebody tails.
        messages: usize = "0", count(0, 1_000_000);
    }
}

section! {
    /// What the node writes to standard error.
    "log" Log {
        /// Lowest level that is written, for all modules or by module. `info,hubwire::session=debug` logs each step of
        /// every session (connected, welcomed, joined, refused, closed), `hubwire::api=debug` each request to the HTTP
        /// API.
        level: String = "info", LOG_LEVEL;
        /// `text` for people, `json` for one object per line, in which the `key=value` pairs of the text are fields.
        format: LogFormat = "text", Kind::Choice(LogFormat::WORDS);
        /// The node logs the steps of one session in this many: all lines of that session, and none of the others.
        sample: u32 = "1", count(1, 1_000_000);
    }
}

choice! {
    /// How a trusted proxy names the client.
    ClientAddress {
        /// Not at all.
        Connection = "connection",
        /// By `X-Forwarded-For`.
        XForwardedFor = "x_forwarded_for",
        /// By `Forwarded` (RFC 7239).
        Forwarded = "forwarded",
        /// By the PROXY protocol.
        ProxyProtocol = "proxy_protocol",
    }
}

choice! {
    /// How a log line looks.
    LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object per line.
        Json = "json",
    }
}
