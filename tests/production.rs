//! The files of `deploy/production` together: HAProxy that ends TLS, nodes, a Redis with TLS and a user of its own.
//! Only addresses, paths and secrets are those of this test.

#[macro_use]
mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use support::certificates::{Authority, Signed};
use support::tunnel::{connector, Tunnel};
use support::{ports, settings, Api, Client, Codec, Login, Offer, Process};
use tempfile::TempDir;

const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/production");
/// The limit of sockets per address, as configured in the load balancer here.
const SOCKETS: usize = 4;

fn shipped(file: &str) -> String {
    std::fs::read_to_string(Path::new(DEPLOY).join(file)).unwrap()
}

/// A text in which each of these stands, with something else in its place.
fn with(mut text: String, changes: &[(&str, &str)]) -> String {
    for (shipped, changed) in changes {
        assert!(text.contains(shipped), "{shipped} is not in the file");
        text = text.replace(shipped, changed);
    }
    text
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What runs. Ends with the value.
struct Production {
    redis: Process,
    node: Process,
    haproxy: Process,
    internal: u16,
    balanced: u16,
    authority: Authority,
    directory: TempDir,
}

fn redis(directory: &Path, port: u16, authority: &Authority, signed: &Signed) -> Process {
    let acl = directory.join("users.acl");
    std::fs::write(&acl, with(shipped("users.acl"), &[("PASSWORD", "s3cret-of-redis")])).unwrap();
    let conf = directory.join("redis.conf");
    let changes = [
        ("tls-port 6380", format!("tls-port {port}\nbind 127.0.0.1\ndir {}", directory.display())),
        ("/etc/redis/redis.pem", path(&signed.certificate).to_owned()),
        ("/etc/redis/redis.key", path(&signed.key).to_owned()),
        ("/etc/redis/ca.pem", path(&authority.certificate()).to_owned()),
        ("/etc/redis/users.acl", path(&acl).to_owned()),
    ];
    let changes: Vec<(&str, &str)> = changes.iter().map(|(shipped, changed)| (*shipped, changed.as_str())).collect();
    std::fs::write(&conf, with(shipped("redis.conf"), &changes)).unwrap();
    serve(&conf)
}

fn serve(conf: &Path) -> Process {
    Process::start("redis", "redis-server", [path(conf)], &[])
}

impl Production {
    async fn start() -> Production {
        let (authority, directory) = (Authority::new(), tempfile::tempdir().unwrap());
        let (redis_port, public, internal, balanced) = (ports::free(), ports::free(), ports::free(), ports::free());
        let redis = redis(directory.path(), redis_port, &authority, &authority.sign("redis"));
        let own = authority.sign("node");
        let environment = [
            ("HUBWIRE_LISTEN_PUBLIC", format!("127.0.0.1:{public}")),
            ("HUBWIRE_LISTEN_INTERNAL", format!("127.0.0.1:{internal}")),
            ("HUBWIRE_LISTEN_TRUSTED_PROXIES", "127.0.0.1".into()),
            ("HUBWIRE_BROKER_URL", format!("rediss://hub:s3cret-of-redis@127.0.0.1:{redis_port}")),
            ("HUBWIRE_BROKER_TLS_AUTHORITIES", path(&authority.certificate()).into()),
            ("HUBWIRE_BROKER_TLS_CERTIFICATE", path(&own.certificate).into()),
            ("HUBWIRE_BROKER_TLS_KEY", path(&own.key).into()),
            ("HUBWIRE_AUTH_JWT_SECRETS", settings::JWT_SECRET.into()),
            ("HUBWIRE_AUTH_API_KEYS", settings::API_KEY.into()),
            ("HUBWIRE_AUTH_LIFETIME_MAX_S", "3155760000".into()), // the tokens of the tests end late
        ];
        let config = Path::new(DEPLOY).join("hubwire.toml");
        let arguments = ["serve", "--config", path(&config)];
        let node = Process::start("n1", env!("CARGO_BIN_EXE_hubwire"), arguments, &environment);
        let ready = || Api::new(internal).try_status("/readyz") == Some(200);
        assert_eventually!(ready(), "the node is ready:\n{}\n{}", node.output(), redis.output());

        let signed = authority.sign("balancer");
        let both = [signed.certificate, signed.key].map(|file| std::fs::read_to_string(file).unwrap()).concat();
        let certificate = directory.path().join("hub.pem");
        std::fs::write(&certificate, both).unwrap();
        let mut environment = vec![
            ("LB_BIND", format!("127.0.0.1:{balanced}")),
            ("LB_CERT", path(&certificate).to_owned()),
            ("PER_ADDRESS_SOCKETS", SOCKETS.to_string()),
        ];
        for (host, port) in [("N1_HOST", "N1_PORT"), ("N2_HOST", "N2_PORT"), ("N3_HOST", "N3_PORT")] {
            environment.extend([(host, "127.0.0.1".to_owned()), (port, public.to_string())]);
        }
        let file = format!("{DEPLOY}/haproxy.cfg");
        let haproxy = Process::start("haproxy", "haproxy", ["-db", "-f", &file], &environment);
        let listens = || TcpStream::connect(("127.0.0.1", balanced)).is_ok();
        assert_eventually!(listens(), "HAProxy listens:\n{}", haproxy.output());
        Production { redis, node, haproxy, internal, balanced, authority, directory }
    }

    fn tunnel(&self) -> Tunnel {
        Tunnel::to(self.balanced, connector(&self.authority.certificate(), None))
    }

    fn printed(&self) -> String {
        [&self.node, &self.haproxy, &self.redis].map(Process::output).join("\n")
    }
}

fn status(tunnel: &Tunnel, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", tunnel.port())).unwrap();
    stream.set_read_timeout(Some(crate::support::eventually::DEADLINE)).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn sockets_go_through_and_an_address_gets_no_more_than_its_share() {
    let production = Production::start().await;
    let tunnel = production.tunnel();
    let mut clients = Vec::new();
    assert_eventually!(
        {
            // HAProxy may have to see first that the nodes are there
            let offer = Offer::login(Codec::Json, &Login::member("ada"));
            let opened = Client::open(&tunnel.url(), Codec::Json, &offer).await;
            clients.extend(opened.ok());
            clients.len() == 1
        },
        "{}",
        production.printed()
    );
    clients[0].welcomed().await;
    clients[0].join("ch:acme/orders/1").await;
    clients[0].publish("ch:acme/orders/1", "order/changed", serde_json::json!(1)).await;
    assert_eq!(clients[0].next_of("order/changed").await.payload(), 1);

    // a forged header is the client's invention
    let headers = vec![("X-Forwarded-For".to_owned(), "203.0.113.7".to_owned())];
    let forged = Offer { headers, ..Offer::login(Codec::Json, &Login::member("ada").forged()) };
    assert_eq!(Client::open(&tunnel.url(), Codec::Json, &forged).await.err(), Some(401));
    assert!(!production.node.output().contains("203.0.113.7"), "{}", production.node.output());

    let mut refused = 0;
    for _ in 0..2 * SOCKETS {
        match Client::open(&tunnel.url(), Codec::Json, &Offer::login(Codec::Json, &Login::member("ada"))).await {
            Ok(client) => clients.push(client),
            Err(status) => {
                assert_eq!(status, 429);
                refused += 1;
            }
        }
    }
    assert!((1..=SOCKETS).contains(&clients.len()) && refused >= SOCKETS, "{} open, {refused} refused", clients.len());
    drop(clients);
    // what is no socket, ticket or session stays inside
    assert_eventually!(status(&tunnel, "/metrics") == "404", "{}", production.printed());
    assert_eq!(status(&tunnel, "/readyz"), "404");
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_redis_was_killed() {
    let mut production = Production::start().await;
    let api = Api::new(production.internal);
    let ack = api.publish("org:acme", "order/paid", serde_json::json!({ "order": 1842 }));
    production.redis.kill();
    production.redis = serve(&production.directory.path().join("redis.conf"));
    assert_eventually!(api.try_status("/readyz") == Some(200), "{}", production.printed());
    let history = api.ok(api.get("/v1/streams/org%3Aacme/history"));
    assert_eq!(
        history["publications"][0]["meta"]["hub"]["pos"],
        ack["pos"],
        "{history}\n{}",
        production.redis.output()
    );
}

#[test]
fn nginx_takes_its_configuration() {
    let authority = Authority::new();
    let (signed, directory) = (authority.sign("balancer"), tempfile::tempdir().unwrap());
    let changes = [
        ("/etc/nginx/hub.pem", path(&signed.certificate)),
        ("/etc/nginx/hub.key", path(&signed.key)),
        ("hubwire-1:8080", "127.0.0.1:8080"),
        ("hubwire-2:8080", "127.0.0.2:8080"),
        ("hubwire-3:8080", "127.0.0.3:8080"),
    ];
    let text = format!("pid nginx.pid;\n{}", with(shipped("nginx.conf"), &changes));
    let file = directory.path().join("nginx.conf");
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new("nginx");
    command.env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()));
    command.args(["-t", "-p", path(directory.path()), "-c", path(&file), "-e", "stderr"]);
    let output = command.output().expect("nginx is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
