//! A real redis-server in a directory of its own.

use super::{guarded, ports, process::Process};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// A running redis-server.
pub struct RedisServer {
    process: Process,
    port: u16,
    /// In the guarded environment.
    guarded: Option<guarded::Redis>,
}

/// A connection without a client library.
pub trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

impl RedisServer {
    /// Starts one on a free port and waits until it answers.
    pub async fn start() -> RedisServer {
        RedisServer::start_on(ports::free()).await
    }

    /// Starts one on a port of the caller's and waits until it answers.
    pub async fn start_on(port: u16) -> RedisServer {
        RedisServer::start_with(port, &[]).await
    }

    /// Starts one on a port and with the copy of its data in a directory, and waits until it answers.
    pub async fn start_from(port: u16, directory: &str) -> RedisServer {
        RedisServer::start_with(port, &["--dir", directory]).await
    }

    async fn start_with(port: u16, own: &[&str]) -> RedisServer {
        let guarded = guarded::is_on().then(guarded::Redis::new);
        let mut arguments = match &guarded {
            Some(guarded) => guarded.arguments(port),
            None => vec!["--port".to_owned(), port.to_string()],
        };
        let further = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"];
        arguments.extend(further.iter().chain(own).map(|it| (*it).to_owned()));
        let process = Process::start("redis-server", "redis-server", arguments, &[]);
        let server = RedisServer { process, port, guarded };
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
        redis::Client::open(self.look_url()).unwrap().get_connection().unwrap()
    }

    /// Changes the password of nodes; returns where they find it then.
    pub fn change_password(&self, connection: &mut redis::Connection, password: &str) -> String {
        if self.guarded.is_some() {
            let rule = format!(">{password}");
            redis::cmd("ACL").arg("SETUSER").arg("hub").arg("resetpass").arg(rule).exec(connection).unwrap();
            return format!("rediss://hub:{password}@127.0.0.1:{}", self.port);
        }
        redis::cmd("CONFIG").arg("SET").arg("requirepass").arg(password).exec(connection).unwrap();
        format!("redis://:{password}@127.0.0.1:{}", self.port)
    }

    /// A connection to speak with by hand.
    pub fn stream(&self, patience: Duration) -> Box<dyn Stream> {
        let Some(guarded) = &self.guarded else {
            let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
            stream.set_read_timeout(Some(patience)).unwrap();
            return Box::new(stream);
        };
        let mut stream = UnixStream::connect(guarded.socket()).unwrap();
        stream.set_read_timeout(Some(patience)).unwrap();
        stream.write_all(guarded::Redis::greeting().as_bytes()).unwrap();
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"+OK\r\n");
        Box::new(stream)
    }

    fn look_url(&self) -> String {
        self.guarded.as_ref().map_or_else(|| self.url(), guarded::Redis::url)
    }

    /// Sends its process a signal by its name: `STOP`, `CONT`.
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    fn answers(&self) -> bool {
        let connection = redis::Client::open(self.look_url()).unwrap().get_connection();
        connection.and_then(|mut it| redis::cmd("PING").query::<String>(&mut it)).is_ok()
    }
}

/// The URL of a redis-server on a loopback port.
pub fn url(port: u16) -> String {
    if guarded::is_on() {
        return guarded::broker_url(port);
    }
    format!("redis://127.0.0.1:{port}")
}
