//! Servers that play a node's part for one connection, by a script.

use futures_util::{SinkExt, StreamExt};
use serde_json::{json, Value};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::{frame::coding::CloseCode, CloseFrame};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::WebSocketStream;

/// The node's side of a socket.
pub struct Peer {
    socket: WebSocketStream<TcpStream>,
    is_msgpack: bool,
    /// Path and query the client asked for.
    pub path: String,
}

impl Peer {
    /// The next action of the client; `None` when it closes.
    pub async fn receive(&mut self) -> Option<Value> {
        match self.socket.next().await?.ok()? {
            Message::Text(text) => Some(serde_json::from_str(&text).unwrap()),
            Message::Binary(bytes) => Some(rmp_serde::from_slice(&bytes).unwrap()),
            _ => None,
        }
    }

    /// Sends an action.
    pub async fn send(&mut self, action: Value) {
        let message = match self.is_msgpack {
            true => Message::Binary(rmp_serde::to_vec_named(&action).unwrap().into()),
            false => Message::text(action.to_string()),
        };
        self.socket.send(message).await.unwrap();
    }

    /// Sends a text as it stands.
    pub async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Welcomes the user `u1`.
    pub async fn welcome(&mut self) {
        let payload = json!({
            "session": "00000000-0000-8000-8000-000000000000", "node": "n1", "user": "u1", "orgs": ["acme"],
            "resume": { "user:u1": "5-1", "org:acme": "9-1" },
        });
        self.send(json!({ "type": "@@hub/welcome", "payload": payload })).await;
    }

    /// Answers where the inbox of `u1` begins. Returns what was asked.
    pub async fn begin_inbox(&mut self) -> Value {
        let asked = self.receive().await.unwrap();
        let meta = json!({ "hub": { "to": "user:u1", "re": asked["meta"]["hub"]["id"] } });
        let payload = json!({ "recovered": true, "pos": "1-1", "top": "5-1" });
        self.send(json!({ "type": "@@hub/resumed", "payload": payload, "meta": meta })).await;
        asked
    }

    /// Closes with a code.
    pub async fn close(&mut self, code: u16, reason: &str) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason.to_owned().into() };
        let _ = self.socket.close(Some(frame)).await; // the client may be gone already
    }
}

/// Plays a node for one socket. Returns its URL and what the script returns.
pub fn socket<T, F>(script: impl FnOnce(Peer) -> F + Send + 'static) -> (String, JoinHandle<T>)
where
    F: std::future::Future<Output = T>,
    T: Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (stream, _) = listener.accept().unwrap();
            stream.set_nonblocking(true).unwrap();
            script(accept(TcpStream::from_std(stream).unwrap()).await).await
        })
    });
    (url, thread)
}

#[allow(clippy::result_large_err)] // the callback's type is the library's
async fn accept(stream: TcpStream) -> Peer {
    let (mut path, mut subprotocol) = (String::new(), String::new());
    let answer = |request: &Request, mut response: Response| {
        path = request.uri().to_string();
        let offered = request.headers().get("sec-websocket-protocol").unwrap().clone();
        subprotocol = offered.to_str().unwrap().to_owned();
        response.headers_mut().insert("sec-websocket-protocol", offered);
        Ok(response)
    };
    let socket = tokio_tungstenite::accept_hdr_async(stream, answer).await.unwrap();
    Peer { socket, is_msgpack: subprotocol == "hubwire.v1.msgpack", path }
}

/// What a client asked of the made-up server API.
pub struct Asked {
    /// Method and path.
    pub line: String,
    /// Headers, in lower case.
    pub headers: Vec<String>,
    /// The body, as it was sent.
    pub text: String,
}

impl Asked {
    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

/// Plays the server API for one request. Returns its URL and what was asked.
pub fn api(status: &'static str, answer: Value) -> (String, JoinHandle<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_owned()),
            }
        }
        let headers: Vec<String> = head[1..].iter().map(|line| line.to_lowercase()).collect();
        let length = headers.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let text = answer.to_string();
        let head_text = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", text.len());
        reader.into_inner().write_all((head_text + &text).as_bytes()).unwrap();
        let line = head[0].trim_end_matches(" HTTP/1.1").to_owned();
        Asked { line, headers, text: String::from_utf8(body).unwrap() }
    });
    (format!("http://{address}"), thread)
}
