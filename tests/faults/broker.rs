//! A redis-server that can crash and come back with its data, or without.

use crate::support::{ports, Process};
use tempfile::TempDir;

/// A redis-server whose append-only file outlives its process.
pub struct Broker {
    process: Process,
    port: u16,
    dir: TempDir,
}

impl Broker {
    /// Starts one on a free port and waits until it answers.
    pub async fn start() -> Broker {
        let dir = tempfile::Builder::new().prefix("hubwire-redis").tempdir().unwrap();
        let port = ports::free();
        let broker = Broker { process: spawn(port, &dir), port, dir };
        broker.answers().await;
        broker
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again with the data it had.
    pub async fn restart(&mut self) {
        self.process = spawn(self.port, &self.dir);
        self.answers().await;
    }

    /// Loses all data of a broker that was killed.
    pub fn wipe(&mut self) {
        for entry in std::fs::read_dir(self.dir.path()).unwrap().flatten() {
            let path = entry.path();
            let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
            removed.unwrap();
        }
    }

    /// Sends a command; what Redis says is of no interest.
    pub fn command(&self, words: &[&str]) {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port)).unwrap();
        if let Ok(mut connection) = client.get_connection() {
            let mut command = redis::cmd(words[0]);
            command.arg(&words[1..]);
            let _ = command.query::<redis::Value>(&mut connection);
        }
    }

    async fn answers(&self) {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port)).unwrap();
        let answers = || client.get_connection().and_then(|mut it| redis::cmd("PING").query::<String>(&mut it)).is_ok();
        assert_eventually!(answers(), "redis-server answers; its output:\n{}", self.process.output());
    }
}

/// With an append-only file that is written before each answer: what was acknowledged survives a crash of Redis.
fn spawn(port: u16, dir: &TempDir) -> Process {
    let (port, dir) = (port.to_string(), dir.path().to_str().unwrap().to_string());
    let settings = ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--enable-debug-command", "local"];
    let place = ["--port", &port, "--bind", "127.0.0.1", "--dir", &dir, "--loglevel", "warning"];
    Process::start("redis-server", "redis-server", place.into_iter().chain(settings), &[])
}
