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
        /// How often the node looks whether a file that holds a secret (`*_file`), a key of `auth.jwt_keys` or a
        /// certificate has changed. When one has, and then stayed as it is for as long again, the whole configuration
        /// is read again as at SIGHUP. 0: never.
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
        /// How long an idle HTTP connection is kept, on both listeners. It must be longer than whoever is in front
        /// keeps its connections, or requests meet one that is just being closed: nginx and most cloud balancers keep
        /// them for 60 s, Google's for 600 s.
        keep_alive_ms: u64 = "75000", ms(1000, HOUR_MS);
        /// Proxies in front of the public listener that are believed when they say for whom they speak: addresses and
        /// networks such as `10.0.0.0/8`. Whoever else says so is not believed.
        trusted_proxies: Vec<String> = "", NETWORKS;
        /// How they say it. `connection`: not at all, a client is the other end of its connection. `x_forwarded_for`
        /// and `forwarded`: by that header, read from the right up to the first address that is no trusted proxy; a
        /// proxy must set the one that is chosen. `proxy_protocol`: each of their connections begins with a PROXY
        /// header, version 1 or 2.
        client_address: ClientAddress = "connection", Kind::Choice(ClientAddress::WORDS);
    }
}

section! {
    /// How fast sockets are let in, so that a storm of clients that come back at once comes in waves.
    "accept" Accept {
        /// Sockets opened per second on average. 0: no limit.
        per_second: u32 = "1000", count(0, 1_000_000);
        /// Sockets opened at once above the average.
        burst: u32 = "500", count(1, 1_000_000);
        /// A socket above the rate waits for its turn. One that would wait for longer than this is refused with 503 and
        /// `Retry-After`.
        wait_ms: u64 = "2000", ms(0, 60_000);
    }
}

section! {
    /// The operator's page at `/admin` of the internal listener.
    "admin" Admin {
        /// Serve the page. Who signs in needs an API key with the scope `operate`.
        enabled: bool = "true", Kind::Switch;
        /// Names under which the page is opened, beside `localhost` and loopback addresses: what stands in the
        /// browser's address bar, without the port. Requests under other names are refused, so that no page elsewhere
        /// can reach this one by a name of its own.
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
    /// Who is in a channel.
    "presence" Presence {
        /// The node collects joins and leaves of a channel for this long and announces them together.
        delay_ms: u64 = "100", ms(0, 60_000);
        /// When a user's last session in a channel drops, the node waits this long for the user to come back, on any
        /// node, before it announces `left`. A `@@hub/leave` is announced at once. 0: a dropped socket is, too.
        left_grace_ms: u64 = "5000", ms(0, 600_000);
        /// The answer to a join names who is in the channel, up to so many users; of more it says how many there are.
        /// 0: it says only that.
        members_max: usize = "100", count(0, 1000);
        /// In a channel with more users than this `joined` and `left` are not told: sessions there are told how many
        /// users there are, at most once a second.
        named_max: usize = "1000", count(0, 100_000);
        /// Users that one `@@hub/presence` answer lists; clients ask for the next page.
        page_max: usize = "1000", count(1, 10_000);
        /// Longest state (JSON) that a user shows of itself in a channel. Each member of a channel with up to
        /// `members_max` users gets those of all others when it joins.
        state_bytes: usize = "1024", bytes(2, 65_536);
        /// How long a user's profile (`@@hub/profile`) is kept after the user set it or joined a channel. 0: users
        /// have no profiles.
        profile_ttl_s: u64 = "7776000", seconds(0, DECADE_S);
        /// Note when users were there last, and tell whoever may ask or watches. It is remembered for 90 days. All
        /// nodes of a cluster need the same value.
        last_seen: bool = "false", Kind::Switch;
        /// Keep who is in each organisation and team, for `@@hub/presence` at `org:` and `team:` and for who
        /// watches an organisation. It costs a step of the broker for each session that enters or leaves. All nodes
        /// of a cluster need the same value.
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
        /// `TYPE=MILLISECONDS`: of what a session sends to an address, the first is told at once and of those that
        /// follow within this time the last, when it is over.
        throttle: Vec<String> = "", PACES;
        /// `TYPE=MILLISECONDS ENDING`: when a session that sent such an action was silent for so long, left the
        /// channel or is gone, the node sends an ephemeral action of the type ENDING in its user's name.
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
        /// Publications of which the node remembers who sent them and to how many sessions it wrote them: the last ones
        /// that it accepted or delivered, in its memory, about 400 bytes each. 0: none, except while somebody tails.
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
        /// Of the stories of sessions, one in so many is written: all of its lines, or none.
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
