//! Options of the process as a whole: its name, its listeners, its leases, how it ends and what it logs.

use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::section::section;
use crate::config::value::choice;
use std::net::SocketAddr;

section! {
    /// The process.
    "node" Node {
        /// Name of the node for people: in `welcome`, in logs and metrics. It need not be unique. Empty: the host name.
        label: String = "", LABEL;
        /// Worker threads that serve sockets. 1: one thread serves sockets and routes messages, which costs least per
        /// message. More: a thread beside them routes. 0: one worker per processor but one; at least one.
        workers: usize = "0", count(0, 1024);
        /// Show the demo to browsers that open `/` of the public listener. With `--dev` it is always there; without,
        /// who opens it needs a token of your own.
        demo: bool = "false", Kind::Switch;
        /// How often the node looks for changes of files that hold a secret (`*_file`), a key of `auth.jwt_keys`, a
        /// certificate or a schema. When a file has changed, and then stayed the same for as long again, the node reads
        /// the whole configuration again, as at SIGHUP. 0: never.
        watch_files_s: u64 = "5", seconds(0, 86_400);
    }
}

section! {
    /// Where the node accepts connections.
    "listen" Listen {
        /// For clients: sockets and tickets. Put this one behind the load balancer.
        public: SocketAddr = "0.0.0.0:8080", ADDRESS;
        /// For the operator: server API, metrics and health. Keep it inside your network.
        internal: SocketAddr = "127.0.0.1:8081", ADDRESS;
        /// How long an idle HTTP connection is kept, on both listeners. It must be longer than the idle timeout of the
        /// load balancer, or the balancer sends requests on connections that the node is closing: nginx and most cloud
        /// balancers keep connections for 60 s, Google's for 600 s.
        keep_alive_ms: u64 = "75000", ms(1000, HOUR_MS);
        /// Addresses and networks of the proxies in front of the public listener, such as `10.0.0.0/8`. When they name
        /// the address of a client, the node believes them, and nobody else.
        trusted_proxies: Vec<String> = "", NETWORKS;
        /// How a trusted proxy names the client. `connection`: not at all; the client is the other end of the
        /// connection. `x_forwarded_for` and `forwarded`: in that header, which the node reads from the right up to the
        /// first address that is no trusted proxy; a proxy must set the header that is chosen. `proxy_protocol`: each
        /// connection of a proxy begins with a PROXY header, version 1 or 2.
        client_address: ClientAddress = "connection", Kind::Choice(ClientAddress::WORDS);
    }
}

section! {
    /// How fast sockets are let in, so that a storm of clients that come back at once comes in waves.
    "accept" Accept {
        /// Sockets opened per second on average. 0: no limit. A token, a cookie or a ticket is checked before the
        /// socket takes its turn, and one that is refused takes none. Sockets that show no credentials yet have turns
        /// of their own, as many again.
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
        /// Names under which the page is opened, beside `localhost` and loopback addresses: the host in the browser's
        /// address bar, without the port. Requests under other names are refused, so that no page elsewhere can reach
        /// this one by a name of its own.
        hosts: Vec<String> = "", HOST_NAMES;
    }
}

section! {
    /// HAProxy's agent protocol: each connection is answered with `up ready`, `drain` or `down`, as `/readyz` judges.
    "agent_check" AgentCheck {
        /// Where to answer, inside your network. Empty: nowhere.
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
        /// The answer to a join names who is in the channel, up to so many users; if there are more, it only says how
        /// many. 0: it never names them.
        members_max: usize = "100", count(0, 1000);
        /// In a channel with more users than this the node does not announce `joined` and `left`. It sends how many
        /// users there are, at most once a second.
        named_max: usize = "1000", count(0, 100_000);
        /// Most users in one `@@hub/presence` answer; clients ask for the next page.
        page_max: usize = "1000", count(1, 10_000);
        /// Longest state (JSON) that a user shows of itself in a channel. Each member of a channel with up to
        /// `members_max` users gets those of all others when it joins.
        state_bytes: usize = "1024", bytes(2, 65_536);
        /// How long a user's profile (`@@hub/profile`) is kept after the user set it or joined a channel. 0: users
        /// have no profiles.
        profile_ttl_s: u64 = "7776000", seconds(0, DECADE_S);
        /// Record when users were last online, for sessions that ask or watch and have the right to. It is kept for 90
        /// days. All nodes of a cluster need the same value.
        last_seen: bool = "false", Kind::Switch;
        /// Keep a list of who is online in each organisation and team, for `@@hub/presence` at `org:` and `team:` and
        /// for sessions that watch an organisation. The broker does one step more for each session that enters or
        /// leaves. All nodes of a cluster need the same value.
        orgs: bool = "false", Kind::Switch;
        /// Channels that the server API may have one user be in for good (`?persist=true`): each session of the user
        /// joins them when it connects, until the client leaves or the server takes it out. 0: none, and then nothing
        /// is asked of the broker. The same on every node.
        persistent_max: usize = "0", count(0, 1000);
        /// Users whose coming online and going offline a session may watch. 0: none.
        watch_max: usize = "200", count(0, 10_000);
    }
}

section! {
    /// Typing, cursors and the like: ephemeral actions by type. `TYPE` is a type, or its beginning and `*`; the
    /// first entry that fits counts.
    "ephemeral" Ephemeral {
        /// `TYPE=MILLISECONDS`: of the actions that a session sends to an address, the node forwards the first at once,
        /// and of those that follow within this time only the last, at its end.
        throttle: Vec<String> = "", PACES;
        /// `TYPE=MILLISECONDS ENDING`: when a session has sent no such action for this long, leaves the channel or
        /// ends, the node sends an ephemeral action of the type ENDING in the name of its user.
        end_after: Vec<String> = "", ENDINGS;
    }
}

section! {
    /// Which nodes are alive.
    "directory" Directory {
        /// A node that does not renew its lease for this long is dead: its sessions vanish from the directory. All
        /// nodes of a cluster need the same value.
        lease_ms: u64 = "5000", ms(1000, 600_000);
    }
}

section! {
    /// How a node ends without losing its clients.
    "drain" Drain {
        /// Between the first signal, from which `/readyz` answers 503, and the first socket that is closed: the time
        /// the load balancer needs to notice.
        grace_ms: u64 = "2000", ms(0, HOUR_MS);
        /// Sessions closed per second, so that the other nodes are not overrun by those that come back.
        rate_per_second: u32 = "500", count(1, 1_000_000);
    }
}

section! {
    /// Where publications went, for `GET /v1/messages` and `hubwire trace`.
    "trace" Trace {
        /// How many publications the node keeps a trace of: the last ones that it accepted or delivered, with their
        /// sender and to how many sessions it wrote them. They take about 400 bytes of memory each. 0: none, except
        /// while somebody tails.
        messages: usize = "0", count(0, 1_000_000);
    }
}

section! {
    /// What the node writes to standard error.
    "log" Log {
        /// Least level written, for all or by module. `info,hubwire::session=debug` tells the story of each session
        /// (connected, welcomed, joined, refused, closed), `hubwire::api=debug` each request to the HTTP API.
        level: String = "info", LOG_LEVEL;
        /// `text` for people, `json` for one object per line, with what is `key=value` in the text as fields.
        format: LogFormat = "text", Kind::Choice(LogFormat::WORDS);
        /// The node writes the story of one session in so many: all lines of that session, and none of the others.
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
