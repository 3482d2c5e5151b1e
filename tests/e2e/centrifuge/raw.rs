//! A client of the protocol that sends arbitrary messages, valid or not, and returns each document it receives.

use crate::support::eventually::{DEADLINE, POLL};
use crate::support::Login;
use futures_util::{SinkExt, StreamExt};
use serde_json::{json, Value};
use std::collections::VecDeque;
use tokio::net::TcpStream;
use tokio::time::{timeout, Instant};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{connect_async, MaybeTlsStream, WebSocketStream};

pub struct Raw {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    inbox: VecDeque<Value>,
}

impl Raw {
    pub async fn open(url: &str) -> Raw {
        let (socket, _) = connect_async(url).await.expect("the upgrade is accepted");
        Raw { socket, inbox: VecDeque::new() }
    }

    /// Opens a socket and connects; the second value is the reply.
    pub async fn connect(url: &str, login: &Login) -> (Raw, Value) {
        Raw::connect_with(url, login, json!({})).await
    }

    /// The same with more in the `connect`.
    pub async fn connect_with(url: &str, login: &Login, mut connect: Value) -> (Raw, Value) {
        let mut raw = Raw::open(url).await;
        connect["token"] = json!(login.token());
        raw.send(&json!({ "id": 1, "connect": connect }).to_string()).await;
        let connected = raw.reply(1).await["connect"].clone();
        (raw, connected)
    }

    /// The same, again and again as clients do, while the node has no broker.
    pub async fn come_back(url: &str, login: &Login, mut connect: Value) -> (Raw, Value) {
        connect["token"] = json!(login.token());
        let until = Instant::now() + DEADLINE;
        loop {
            let mut raw = Raw::open(url).await;
            raw.send(&json!({ "id": 1, "connect": connect }).to_string()).await;
            if let Message::Text(text) = raw.message("an answer").await {
                let mut documents = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
                let connected = documents.next().unwrap()["connect"].clone();
                raw.inbox.extend(documents);
                return (raw, connected);
            }
            assert!(Instant::now() < until, "it is let in");
            tokio::time::sleep(POLL).await;
        }
    }

    pub async fn send(&mut self, text: &str) {
        self.send_message(Message::text(text)).await;
    }

    pub async fn send_message(&mut self, message: Message) {
        self.socket.send(message).await.expect("the socket is open");
    }

    /// The next document that matches; others are dropped.
    pub async fn next(&mut self, what: &str, matches: impl Fn(&Value) -> bool) -> Value {
        loop {
            while let Some(document) = self.inbox.pop_front() {
                if matches(&document) {
                    return document;
                }
            }
            match self.message(what).await {
                Message::Text(text) => {
                    self.inbox.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
                }
                other => panic!("{other:?} instead of {what}"),
            }
        }
    }

    /// The answer to a command.
    pub async fn reply(&mut self, id: u64) -> Value {
        self.next(&format!("reply {id}"), |it| it["id"] == id).await
    }

    /// The next push of a kind: the content of `push`.
    pub async fn push(&mut self, kind: &str) -> Value {
        self.next(kind, |it| !it["push"][kind].is_null()).await["push"].clone()
    }

    /// Sends a command and waits for its answer.
    pub async fn ask(&mut self, id: u64, kind: &str, body: Value) -> Value {
        self.send(&json!({ "id": id, kind: body }).to_string()).await;
        self.reply(id).await
    }

    /// Waits until the node says or does something.
    pub async fn next_or_closed(&mut self) {
        self.message("anything").await;
    }

    /// The code the socket is closed with.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match self.message("close").await {
                Message::Close(frame) => return frame.map_or(1005, |frame| frame.code.into()),
                _ => continue,
            }
        }
    }

    async fn message(&mut self, what: &str) -> Message {
        let next = timeout(DEADLINE, self.socket.next()).await;
        next.unwrap_or_else(|_| panic!("no {what} in time")).expect("the socket is open").expect(what)
    }
}
