//! The path of the README with machines of their own: three nodes on three addresses, with the ports and listeners of
//! the README, behind the shipped files of HAProxy and nginx. Pages come from the balancer's own address, on its port.

#[macro_use]
mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use support::{ports, process::Process, redis_server::RedisServer, settings, Client, Codec, Login, Offer};
use tempfile::TempDir;

/// The machines.
const MACHINES: [&str; 3] = ["127.0.0.2", "127.0.0.3", "127.0.0.4"];

/// Three nodes as the README starts them: the internal listener stays on loopback, pages of the own host only.
struct Machines {
    port: u16,
    nodes: Vec<Process>,
    _redis: RedisServer,
}

impl Machines {
    async fn start() -> Machines {
        let redis = RedisServer::start().await;
        let port = ports::free();
        let nodes = MACHINES.iter().map(|address| {
            let environment = [
                ("HUBWIRE_NODE_LABEL", address.to_string()),
                ("HUBWIRE_LISTEN_PUBLIC", format!("{address}:{port}")),
                ("HUBWIRE_LISTEN_INTERNAL", format!("127.0.0.1:{}", ports::free())),
                ("HUBWIRE_BROKER_URL", redis.url()),
                ("HUBWIRE_AUTH_JWT_SECRETS", settings::JWT_SECRET.to_string()),
                ("HUBWIRE_AUTH_API_KEYS", settings::API_KEY.to_string()),
            ];
            Process::start(address, env!("CARGO_BIN_EXE_hubwire"), ["serve"], &environment)
        });
        let machines = Machines { port, nodes: nodes.collect(), _redis: redis };
        // a balancer that met a node before it was ready would leave it out for a while
        for address in MACHINES {
            assert_eventually!(
                is_ready(address, port),
                "{address} is ready; the nodes' output:\n{}",
                machines.printed()
            );
        }
        machines
    }

    /// Where three users of a page that the balancer serves end up, once all nodes take part.
    async fn users_of_pages_reach_all_nodes(&self, balanced: u16) {
        let origin = format!("http://127.0.0.1:{balanced}");
        let url = format!("ws://127.0.0.1:{balanced}/ws");
        assert_eventually!(TcpStream::connect(("127.0.0.1", balanced)).is_ok(), "the balancer listens");
        let mut clients: Vec<Client> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        assert_eventually!(
            {
                let offer = Offer { origin: Some(origin.clone()), ..Offer::login(Codec::Json, &Login::user("ada")) };
                if let Ok(mut client) = Client::open(&url, Codec::Json, &offer).await {
                    seen.insert(client.welcomed().await.payload()["node"].as_str().unwrap().to_string());
                    clients.push(client);
                }
                seen.len() == MACHINES.len()
            },
            "sockets on {seen:?}; the nodes' output:\n{}",
            self.printed()
        );
    }

    fn printed(&self) -> String {
        self.nodes.iter().map(Process::output).collect::<Vec<_>>().join("\n")
    }

    /// A page of another port of the same host is a stranger's.
    async fn a_page_of_another_port_is_refused(&self, balanced: u16) {
        let origin = Some("http://127.0.0.1:1".to_string());
        let offer = Offer { origin, ..Offer::login(Codec::Json, &Login::user("ada")) };
        let mut client = Client::open(&format!("ws://127.0.0.1:{balanced}/ws"), Codec::Json, &offer).await.unwrap();
        let (code, reason) = client.closed_with_reason().await;
        assert_eq!((code, reason.as_str()), (4403, "origin http://127.0.0.1:1 is not in auth.allowed_origins"));
    }
}

/// Whether a node says on the port of its clients that it takes them.
fn is_ready(address: &str, port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect((address, port))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

#[tokio::test]
async fn the_shipped_haproxy_file_reaches_nodes_on_machines_of_their_own() {
    let mut machines = Machines::start().await;
    let balanced = ports::free();
    let mut environment = vec![("LB_BIND", format!("127.0.0.1:{balanced}"))];
    let names = [("N1_HOST", "N1_PORT"), ("N2_HOST", "N2_PORT"), ("N3_HOST", "N3_PORT")];
    for ((host, port), machine) in names.into_iter().zip(MACHINES) {
        environment.push((host, machine.to_string()));
        environment.push((port, machines.port.to_string()));
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/haproxy/haproxy.cfg");
    let _haproxy = Process::start("haproxy", "haproxy", ["-db", "-f", file], &environment);
    machines.users_of_pages_reach_all_nodes(balanced).await;
    machines.a_page_of_another_port_is_refused(balanced).await;
    // a node that is gone is noticed by the check, without an agent
    machines.nodes[0].kill();
    for _ in 0..6 {
        Client::connect(&format!("ws://127.0.0.1:{balanced}/ws"), Codec::Json, &Login::user("bob")).await;
    }
}

#[tokio::test]
async fn the_shipped_nginx_file_reaches_nodes_on_machines_of_their_own() {
    let machines = Machines::start().await;
    let balanced = ports::free();
    let directory = tempfile::Builder::new().prefix("hubwire-nginx").tempdir().unwrap();
    let file = nginx_file(&directory, balanced, machines.port);
    let arguments = ["-p", directory.path().to_str().unwrap(), "-c", &file, "-e", "stderr", "-g", "daemon off;"];
    let _nginx = Process::start("nginx", "nginx", arguments, &[]);
    machines.users_of_pages_reach_all_nodes(balanced).await;
    machines.a_page_of_another_port_is_refused(balanced).await;
}

/// The shipped file with the addresses of this test; nothing else is changed, but where nginx keeps its own files.
fn nginx_file(directory: &TempDir, balanced: u16, port: u16) -> String {
    let shipped = include_str!("../deploy/nginx/nginx.conf");
    let mut text = shipped.replace("listen 8080;", &format!("listen 127.0.0.1:{balanced};"));
    for (name, machine) in ["hubwire-1:8080", "hubwire-2:8080", "hubwire-3:8080"].into_iter().zip(MACHINES) {
        assert!(text.contains(name));
        text = text.replace(name, &format!("{machine}:{port}"));
    }
    let own = |name: &str| format!("    {name}_temp_path {name}_temp;\n");
    let own: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(own).concat();
    let text = format!("pid nginx.pid;\n{}", text.replace("http {\n", &format!("http {{\n    access_log off;\n{own}")));
    let path: &Path = directory.path();
    std::fs::write(path.join("nginx.conf"), text).unwrap();
    path.join("nginx.conf").to_str().unwrap().to_owned()
}
