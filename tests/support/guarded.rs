//! The guarded environment: any test of a cluster, on what production has. With `HUBWIRE_TEST_GUARDED=1` each Redis
//! takes TLS with certificates only and knows the documented user with the least rights, and each node is behind an
//! HAProxy that speaks the PROXY protocol, version 2. Tests do not know where they run.

use super::certificates::{Authority, Signed};
use super::{ports, process::Process};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// The user of nodes, and of tests that look at what is stored.
const PASSWORD: &str = "password-of-the-nodes";
const LOOKER: &str = "password-of-the-tests";

/// Whether tests run there.
pub fn is_on() -> bool {
    std::env::var_os("HUBWIRE_TEST_GUARDED").is_some_and(|value| value == "1")
}

/// The certificates of this test process.
struct Certificates {
    authority: Authority,
    redis: Signed,
    node: Signed,
}

fn certificates() -> &'static Certificates {
    static CERTIFICATES: OnceLock<Certificates> = OnceLock::new();
    CERTIFICATES.get_or_init(|| {
        let authority = Authority::new();
        let (redis, node) = (authority.sign("redis"), authority.sign("node"));
        Certificates { authority, redis, node }
    })
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Where nodes find a Redis on a port.
pub fn broker_url(port: u16) -> String {
    format!("rediss://hub:{PASSWORD}@127.0.0.1:{port}")
}

/// What a node needs besides to be let in there.
pub fn broker_settings(url: &str) -> Vec<(&'static str, String)> {
    if !is_on() || !url.starts_with("rediss://hub:") {
        return Vec::new();
    }
    let Certificates { authority, node, .. } = certificates();
    vec![
        ("HUBWIRE_BROKER_TLS_AUTHORITIES", text(&authority.certificate())),
        ("HUBWIRE_BROKER_TLS_CERTIFICATE", text(&node.certificate)),
        ("HUBWIRE_BROKER_TLS_KEY", text(&node.key)),
    ]
}

/// The files of a guarded Redis, and the socket by which tests look at it.
pub struct Redis {
    directory: TempDir,
}

impl Redis {
    /// Its users are those of the shipped file, but for one that tests have.
    pub fn new() -> Redis {
        const USERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/production/users.acl");
        let directory = tempfile::Builder::new().prefix("hubwire-redis").tempdir().unwrap();
        let users = std::fs::read_to_string(USERS).unwrap().replace("PASSWORD", PASSWORD);
        let users = format!("{users}\nuser looker on >{LOOKER} allkeys allchannels +@all\n");
        std::fs::write(directory.path().join("users.acl"), users).unwrap();
        Redis { directory }
    }

    /// Arguments of redis-server in place of `--port`.
    pub fn arguments(&self, port: u16) -> Vec<String> {
        let Certificates { authority, redis, .. } = certificates();
        let (users, socket) = (self.directory.path().join("users.acl"), self.socket());
        let (certificate, key, authority) = (&redis.certificate, &redis.key, authority.certificate());
        let given = [
            ("--port", "0".into()),
            ("--tls-port", port.to_string()),
            ("--tls-cert-file", text(certificate)),
            ("--tls-key-file", text(key)),
            ("--tls-ca-cert-file", text(&authority)),
            ("--tls-auth-clients", "yes".into()),
            ("--aclfile", text(&users)),
            ("--unixsocket", text(&socket)),
        ];
        given.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
    }

    /// Where tests look.
    pub fn url(&self) -> String {
        format!("redis+unix://{}?user=looker&pass={LOOKER}", self.socket().display())
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("redis.sock")
    }

    /// What a test says first on the socket.
    pub fn greeting() -> String {
        format!("AUTH looker {LOOKER}\r\n")
    }
}

/// HAProxy in front of one node.
pub struct Front {
    process: Process,
    port: u16,
    _directory: TempDir,
}

impl Front {
    /// In front of the node that has, or will have, this port.
    pub fn start(node: u16) -> Front {
        let (port, directory) = (ports::free(), tempfile::tempdir().unwrap());
        let file = directory.path().join("haproxy.cfg");
        let text = format!(
            "defaults\n    mode tcp\n    timeout connect 5s\n    timeout client 1h\n    timeout server 1h\n\
             listen node\n    bind 127.0.0.1:{port}\n    server node 127.0.0.1:{node} send-proxy-v2\n"
        );
        std::fs::write(&file, text).unwrap();
        let process = Process::start("haproxy", "haproxy", ["-db", "-f", file.to_str().unwrap()], &[]);
        Front { process, port, _directory: directory }
    }

    /// Whether it takes connections.
    pub fn listens(&self) -> bool {
        std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }

    /// Where clients connect.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The settings of the node behind it.
    pub fn settings() -> [(&'static str, String); 2] {
        [
            ("HUBWIRE_LISTEN_TRUSTED_PROXIES", "127.0.0.1".into()),
            ("HUBWIRE_LISTEN_CLIENT_ADDRESS", "proxy_protocol".into()),
        ]
    }
}
