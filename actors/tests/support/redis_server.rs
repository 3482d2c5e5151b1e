//! Real Redis processes on loopback, which die with the test.

use super::PATIENCE;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A `redis-server` (or a sentinel, which is one) with a directory of its own. Killed when dropped.
pub struct RedisServer {
    child: Child,
    pub port: u16,
    arguments: Vec<String>,
    directory: TempDir,
}

impl RedisServer {
    /// A server without persistence, and whatever else the arguments say.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_on(free_port(), arguments)
    }

    pub fn start_on(port: u16, arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let arguments: Vec<String> = ["--save", ""].iter().chain(arguments).map(|text| text.to_string()).collect();
        let child = spawn(port, &directory, None, &arguments);
        let server = RedisServer { child, port, arguments, directory };
        server.wait();
        server
    }

    /// A sentinel that watches a master as `hub`.
    pub fn start_sentinel(master: u16, quorum: usize) -> Self {
        Self::start_sentinel_with(master, quorum, &[])
    }

    /// The same with further arguments.
    pub fn start_sentinel_with(master: u16, quorum: usize, further: &[String]) -> Self {
        let port = free_port();
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("sentinel.conf");
        let text = format!(
            "sentinel monitor hub 127.0.0.1 {master} {quorum}\nsentinel down-after-milliseconds hub 500\n\
             sentinel failover-timeout hub 3000\n"
        );
        std::fs::write(&config, text).unwrap();
        let mut arguments = vec!["--sentinel".to_owned()];
        arguments.extend_from_slice(further);
        let child = spawn(port, &directory, Some(config), &arguments);
        let server = RedisServer { child, port, arguments, directory };
        server.wait();
        server
    }

    /// Kills it and starts it again, on the same port.
    pub fn restart(&mut self) {
        self.kill();
        self.resume();
    }

    /// Starts it again after a kill, on the same port.
    pub fn resume(&mut self) {
        self.child = spawn(self.port, &self.directory, None, &self.arguments);
        self.wait();
    }

    pub fn kill(&mut self) {
        // a process that has ended already is as good as killed
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A plain connection, to look behind the backend's back.
    pub fn connection(&self) -> redis::Connection {
        redis::Client::open(self.url()).unwrap().get_connection().unwrap()
    }

    pub fn command(&self, words: &[&str]) -> redis::Value {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query(&mut self.connection()).unwrap()
    }

    fn wait(&self) {
        until("redis-server answers", || {
            let client = redis::Client::open(self.url()).unwrap();
            let connection = client.get_connection_with_timeout(Duration::from_secs(1));
            connection.is_ok_and(|mut connection| redis::cmd("PING").exec(&mut connection).is_ok())
        });
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits, blocking, until something is so.
pub fn until(what: &str, mut is: impl FnMut() -> bool) {
    #[allow(clippy::disallowed_methods)] // waits for another process, in real time
    let now = Instant::now;
    let deadline = now() + PATIENCE;
    while !is() {
        assert!(now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn spawn(port: u16, directory: &TempDir, config: Option<PathBuf>, arguments: &[String]) -> Child {
    let mut command = Command::new("redis-server");
    command.args(config).args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--protected-mode", "no"]);
    command.arg("--dir").arg(directory.path()).args(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("redis-server must be installed")
}

/// A free port, low enough that the port 10,000 above it, which a cluster needs, exists.
pub fn free_port() -> u16 {
    loop {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if port < 55_000 && TcpListener::bind(("127.0.0.1", port + 10_000)).is_ok() {
            return port;
        }
    }
}
