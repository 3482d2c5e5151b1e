//! A process that is nothing but WS-HUB, with a configuration file of its own.

use crate::support::redis_server::RedisServer;
use crate::support::{ports, Process};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// A running `hubwire wshub`.
pub struct Hub {
    pub process: Process,
    pub address: SocketAddr,
    pub internal: SocketAddr,
}

/// The values of the file that tests change.
#[derive(Clone)]
pub struct Options {
    pub write_wait: f64,
    pub pong_wait: f64,
    pub message_bytes_max: usize,
    /// Further lines.
    pub more: &'static str,
}

impl Default for Options {
    fn default() -> Self {
        Options { write_wait: 10.0, pong_wait: 60.0, message_bytes_max: 128, more: "" }
    }
}

impl Hub {
    /// Starts one as the contract's example configures it.
    pub async fn start(redis: &RedisServer) -> Hub {
        Hub::start_with(redis, Options::default()).await
    }

    /// Starts one with the port of a Redis that may not be running yet.
    pub async fn start_on_port(redis: u16) -> Hub {
        Hub::spawn(redis, Options::default()).await
    }

    /// Starts one with other values.
    pub async fn start_with(redis: &RedisServer, options: Options) -> Hub {
        Hub::spawn(redis.port(), options).await
    }

    /// Waits until it serves.
    async fn spawn(redis: u16, options: Options) -> Hub {
        let (port, internal_port) = (ports::free(), ports::free());
        let text = yaml(redis, port, internal_port, &options);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let arguments = ["wshub".as_ref(), "--config".as_ref(), file.path().as_os_str()];
        let process = Process::start("wshub", env!("CARGO_BIN_EXE_hubwire"), arguments, &[]);
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let hub = Hub { process, address: at(port), internal: at(internal_port) };
        assert_eventually!(hub.try_get("/status").is_some(), "the node serves; {}", hub.process.output());
        hub
    }

    /// The status and the body of a request to the public listener.
    pub fn get(&self, path: &str) -> (u16, String) {
        self.try_get(path).expect("an answer")
    }

    fn try_get(&self, path: &str) -> Option<(u16, String)> {
        request(self.address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
    }

    /// The JSON of a report on the internal listener.
    pub fn report(&self, path: &str) -> serde_json::Value {
        let text = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let (status, body) = request(self.internal, &text).expect("an answer");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// How many connections the node says it has.
    pub fn connections(&self) -> usize {
        let (status, body) = self.get("/status");
        assert_eq!(status, 200);
        body.strip_suffix('\n').expect("a line").parse().unwrap()
    }
}

/// Sends a whole request and reads until the end; the status and the body.
pub fn request(address: SocketAddr, text: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(crate::support::eventually::DEADLINE)).unwrap();
    stream.write_all(text.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

fn yaml(redis: u16, port: u16, internal_port: u16, options: &Options) -> String {
    let Options { write_wait, pong_wait, message_bytes_max, more } = options;
    format!(
        r#"
address: "127.0.0.1:{port}"
internalAddress: "127.0.0.1:{internal_port}"
clientKey: "session_key"
serverUrl: "/ws"
{more}
redis:
  address: "127.0.0.1:{redis}"
  timeout: 120
  idleConn: 4
  channelPrefix: "ws-hub:"
webSocket:
  writeWait: {write_wait}
  pongWait: {pong_wait}
  maxMessageSize: {message_bytes_max}
"#
    )
}
