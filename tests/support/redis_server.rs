//! A real redis-server in a directory of its own.

use super::{ports, process::Process};

/// A running redis-server.
pub struct RedisServer {
    process: Process,
    port: u16,
}

impl RedisServer {
    /// Starts one on a free port and waits until it answers.
    pub async fn start() -> RedisServer {
        RedisServer::start_on(ports::free()).await
    }

    /// Starts one on a port of the caller's and waits until it answers.
    pub async fn start_on(port: u16) -> RedisServer {
        let text = port.to_string();
        let arguments =
            ["--port", &text, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"];
        let process = Process::start("redis-server", "redis-server", arguments, &[]);
        let server = RedisServer { process, port };
        assert_eventually!(server.answers(), "redis-server answers on port {port}");
        server
    }

    /// Where nodes find it.
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A connection for a test to look with.
    pub fn connection(&self) -> redis::Connection {
        redis::Client::open(self.url()).unwrap().get_connection().unwrap()
    }

    /// Sends its process a signal by its name: `STOP`, `CONT`.
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    fn answers(&self) -> bool {
        let connection = redis::Client::open(self.url()).unwrap().get_connection();
        connection.and_then(|mut it| redis::cmd("PING").query::<String>(&mut it)).is_ok()
    }
}

/// The URL of a redis-server on a loopback port.
pub fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}
