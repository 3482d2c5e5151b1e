//! A redis-server that can crash and come back with its data, or without.

use crate::support::{ports, Process};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// A redis-server whose append-only file outlives its process.
pub struct Server {
    process: Process,
    port: u16,
    dir: TempDir,
}

impl Server {
    /// Starts one on a free port, with further arguments, and waits until it answers.
    pub async fn start(arguments: &[&str]) -> Server {
        // the kernel keeps what a killed server wrote, wherever that is: a slow disk would only add stalls of its own
        let place = Path::new("/dev/shm");
        let place = if place.is_dir() { place.to_path_buf() } else { std::env::temp_dir() };
        let dir = tempfile::Builder::new().prefix("hubwire-redis").tempdir_in(place).unwrap();
        let port = ports::free();
        let server = Server { process: spawn(port, &dir, arguments), port, dir };
        server.answers().await;
        server
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Stops it (`STOP`) and continues it (`CONT`).
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Starts it again with the data it had.
    pub async fn restart(&mut self, arguments: &[&str]) {
        self.process = spawn(self.port, &self.dir, arguments);
        self.answers().await;
    }

    /// Loses all data of a server that was killed.
    pub fn wipe(&mut self) {
        for entry in std::fs::read_dir(self.dir.path()).unwrap().flatten() {
            let path = entry.path();
            let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
            removed.unwrap();
        }
    }

    /// Sends a command; `None` when it is refused, or not answered in time.
    pub fn command(&self, words: &[&str]) -> Option<redis::Value> {
        command(self.port, words)
    }

    /// What it says of its replication, of which the replica's view is `slave` and `up`.
    pub fn replication(&self) -> String {
        let info = self.command(&["INFO", "replication"]);
        info.and_then(|info| redis::from_redis_value(info).ok()).unwrap_or_default()
    }

    async fn answers(&self) {
        assert_eventually!(
            self.command(&["PING"]).is_some(),
            "redis-server answers; it said:\n{}",
            self.process.output()
        );
    }
}

/// Asks a Redis on a loopback port.
pub fn command(port: u16, words: &[&str]) -> Option<redis::Value> {
    // DEBUG SLEEP answers when it is over
    const PATIENCE: Duration = Duration::from_secs(10);
    TcpStream::connect(("127.0.0.1", port)).ok()?;
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    let mut connection = client.get_connection_with_timeout(Duration::from_secs(1)).ok()?;
    connection.set_read_timeout(Some(PATIENCE)).ok()?;
    redis::cmd(words[0]).arg(&words[1..]).query(&mut connection).ok()
}

/// With an append-only file that is written before each answer: what was acknowledged survives a crash of Redis.
fn spawn(port: u16, dir: &TempDir, arguments: &[&str]) -> Process {
    let (port, dir) = (port.to_string(), dir.path().to_str().unwrap().to_string());
    let settings = ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--enable-debug-command", "local"];
    let place = ["--port", &port, "--bind", "127.0.0.1", "--dir", &dir, "--loglevel", "warning"];
    let arguments = place.into_iter().chain(settings).chain(arguments.iter().copied());
    Process::start("redis-server", "redis-server", arguments, &[])
}
