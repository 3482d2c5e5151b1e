//! The documented way to several machines: nodes on addresses of their own, and in front of them the files of `deploy/` as
//! they are shipped. Each loopback address stands for a machine.

#[path = "../support/mod.rs"]
#[macro_use]
mod support;

use support::redis_server::RedisServer;
use support::{ports, settings, Client, Codec, Login, Offer, Process};

/// The addresses of the three machines.
const MACHINES: [&str; 3] = ["127.0.0.2", "127.0.0.3", "127.0.0.4"];

/// Three machines with a node each, on the same ports as the README has it, and Redis between them.
struct Machines {
    public: u16,
    internal: u16,
    nodes: Vec<Process>,
    _redis: RedisServer,
}

impl Machines {
    async fn start() -> Machines {
        let redis = RedisServer::start().await;
        let (public, internal) = (ports::free(), ports::free());
        let node = |machine: &&str| {
            let environment = [
                ("HUBWIRE_BROKER_URL", redis.url()),
                ("HUBWIRE_AUTH_JWT_SECRETS", settings::JWT_SECRET.to_string()),
                ("HUBWIRE_AUTH_API_KEYS", settings::API_KEY.to_string()),
                ("HUBWIRE_LISTEN_PUBLIC", format!("{machine}:{public}")),
                ("HUBWIRE_LISTEN_INTERNAL", format!("{machine}:{internal}")),
                ("HUBWIRE_NODE_LABEL", machine.to_string()),
            ];
            Process::start(machine, env!("CARGO_BIN_EXE_hubwire"), ["serve"], &environment)
        };
        let nodes = MACHINES.iter().map(node).collect();
        for machine in MACHINES {
            assert_eventually!(
                status(&format!("http://{machine}:{internal}/readyz")) == Some(200),
                "{machine} is ready"
            );
        }
        Machines { public, internal, nodes, _redis: redis }
    }

    /// Ends the node of a machine as a crash would. Returns its label.
    fn kill(&mut self, machine: usize) -> &'static str {
        self.nodes[machine].kill();
        MACHINES[machine]
    }
}

fn status(url: &str) -> Option<u16> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    agent.get(url).call().ok().map(|answer| answer.status().as_u16())
}

/// A page that the balancer serves may connect, a foreign one may not, and when a machine dies the others take over.
async fn serves_pages_and_survives_a_machine(balancer: u16, machines: &mut Machines) {
    let url = format!("ws://127.0.0.1:{balancer}/ws");
    let page = |origin: String| Offer { origin: Some(origin), ..Offer::codec(Codec::Json) };
    let mut nodes = std::collections::BTreeSet::new();
    let mut open = Vec::new();
    for _ in 0..12 {
        let offer = Offer { token: Some(Login::user("ada").token()), ..page(format!("http://127.0.0.1:{balancer}")) };
        let mut client = Client::open(&url, Codec::Json, &offer).await.expect("a page of the same origin connects");
        client.welcomed().await;
        nodes.insert(client.node().to_string());
        open.push(client);
    }
    assert_eq!(nodes.len(), MACHINES.len(), "every machine gets clients: {nodes:?}");
    let mut foreign = Client::open(&url, Codec::Json, &page("http://127.0.0.1:1".into())).await.unwrap();
    assert_eq!(foreign.closed().await, 4403);

    let dead = machines.kill(0);
    let offer = Offer { token: Some(Login::user("ada").token()), ..Offer::codec(Codec::Json) };
    for _ in 0..6 {
        let mut client = Client::open(&url, Codec::Json, &offer).await.expect("another machine takes over");
        client.welcomed().await;
        assert_ne!(client.node(), dead);
    }
}

#[tokio::test]
async fn haproxy_finds_three_machines_and_their_health() {
    let mut machines = Machines::start().await;
    let balancer = ports::free();
    let mut environment = vec![("LB_BIND", format!("127.0.0.1:{balancer}"))];
    let names = [("N1_HOST", "N1_PORT", "N1_READY_PORT"), ("N2_HOST", "N2_PORT", "N2_READY_PORT")];
    for ((host, port, ready), machine) in
        names.into_iter().chain([("N3_HOST", "N3_PORT", "N3_READY_PORT")]).zip(MACHINES)
    {
        environment.extend([
            (host, machine.to_string()),
            (port, machines.public.to_string()),
            (ready, machines.internal.to_string()),
        ]);
    }
    // as the README has it, nobody answers where the agent would be
    environment.extend(["N1_AGENT_PORT", "N2_AGENT_PORT", "N3_AGENT_PORT"].map(|name| (name, "1".to_string())));
    let haproxy = Process::start("haproxy", "haproxy", ["-db", "-f", support::haproxy::CONFIGURATION], &environment);
    let url = format!("http://127.0.0.1:{balancer}/");
    assert_eventually!(status(&url) == Some(200), "haproxy has servers:\n{}", haproxy.output());
    serves_pages_and_survives_a_machine(balancer, &mut machines).await;
}

#[tokio::test]
async fn nginx_finds_three_machines() {
    let mut machines = Machines::start().await;
    let balancer = ports::free();
    let mut text = include_str!("../../deploy/nginx/nginx.conf").to_string();
    for (name, machine) in ["hubwire-1:8080", "hubwire-2:8080", "hubwire-3:8080"].into_iter().zip(MACHINES) {
        assert!(text.contains(name), "{name} stands in the file");
        text = text.replace(name, &format!("{machine}:{}", machines.public));
    }
    assert!(text.contains("listen 8080;"));
    text = text.replace("listen 8080;", &format!("listen 127.0.0.1:{balancer};"));
    let dir = tempfile::Builder::new().prefix("hubwire-nginx").tempdir().unwrap();
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let scratch: String = kinds.map(|kind| format!("{kind}_temp_path {}/{kind};\n", dir.path().display())).concat();
    text = text.replace("http {", &format!("http {{\naccess_log off;\n{scratch}"));
    let file = dir.path().join("nginx.conf");
    std::fs::write(&file, text).unwrap();
    let globals = format!("daemon off; pid {}/pid;", dir.path().display());
    let arguments = ["-e", "stderr", "-g", &globals, "-c", file.to_str().unwrap()];
    let nginx = Process::start("nginx", "nginx", arguments, &[]);
    let url = format!("http://127.0.0.1:{balancer}/");
    assert_eventually!(status(&url) == Some(200), "nginx answers:\n{}", nginx.output());
    serves_pages_and_survives_a_machine(balancer, &mut machines).await;
}
