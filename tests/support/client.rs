//! One socket of one user, over tokio-tungstenite.
//!
//! What arrives is kept in order until a test asks for it. No test waits for silence: [`Client::fence`] proves that
//! something did not arrive, because an action's answer follows everything delivered before it.

use super::{action, eventually::DEADLINE, Action, Codec, Login};
use futures_util::{SinkExt, StreamExt};
use serde_json::{json, Value};
use std::collections::VecDeque;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderName};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{connect_async, MaybeTlsStream, WebSocketStream};

/// What a client says in its upgrade request.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// `Authorization: Bearer …`.
    pub token: Option<String>,
    /// Appended to the URL.
    pub query: String,
    /// `Origin`, as a browser would.
    pub origin: Option<String>,
    /// `Sec-WebSocket-Protocol`.
    pub subprotocols: Vec<String>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
}

impl Offer {
    /// Just a codec.
    pub fn codec(codec: Codec) -> Offer {
        Offer { subprotocols: vec![codec.subprotocol().into()], ..Offer::default() }
    }

    /// A codec and a token.
    pub fn login(codec: Codec, login: &Login) -> Offer {
        Offer { token: Some(login.token()), ..Offer::codec(codec) }
    }
}

/// A connected client.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    codec: Codec,
    inbox: VecDeque<Action>,
    welcome: Option<Action>,
    subprotocol: Option<String>,
    asked: u64,
    close_reason: String,
}

impl Client {
    /// Connects and waits for the welcome.
    pub async fn connect(url: &str, codec: Codec, login: &Login) -> Client {
        let mut client = Client::open(url, codec, &Offer::login(codec, login)).await.expect("the upgrade is accepted");
        client.welcomed().await;
        client
    }

    /// Upgrades and no more; the HTTP status when it is refused.
    pub async fn open(url: &str, codec: Codec, offer: &Offer) -> Result<Client, u16> {
        let mut request = format!("{url}{}", offer.query).into_client_request().unwrap();
        let headers = request.headers_mut();
        if let Some(token) = &offer.token {
            headers.insert("Authorization", format!("Bearer {token}").parse().unwrap());
        }
        if let Some(origin) = &offer.origin {
            headers.insert("Origin", origin.parse().unwrap());
        }
        for (name, value) in &offer.headers {
            headers.append(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        if !offer.subprotocols.is_empty() {
            headers.insert("Sec-WebSocket-Protocol", offer.subprotocols.join(", ").parse().unwrap());
        }
        let upgrade = tokio::time::timeout(DEADLINE, connect_async(request)).await.expect("an answer to the upgrade");
        match upgrade {
            Ok((socket, response)) => {
                let subprotocol = subprotocol(response.headers());
                let inbox = VecDeque::new();
                Ok(Client { socket, codec, inbox, welcome: None, subprotocol, asked: 0, close_reason: String::new() })
            }
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{url}: {error}"),
        }
    }

    /// The subprotocol the node chose.
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Waits for the welcome.
    pub async fn welcomed(&mut self) -> &Action {
        let welcome = self.next_of("@@hub/welcome").await;
        self.welcome.insert(welcome)
    }

    /// The welcome's payload.
    pub fn welcome(&self) -> &Value {
        self.welcome.as_ref().expect("welcomed").payload()
    }

    /// Label of the node the socket is on.
    pub fn node(&self) -> &str {
        self.welcome()["node"].as_str().unwrap()
    }

    /// Where a stream stood when the session began.
    pub fn position_at_welcome(&self, stream: &str) -> String {
        let resume = &self.welcome()["resume"];
        resume[stream].as_str().unwrap_or_else(|| panic!("no position of {stream} in {resume}")).to_string()
    }

    /// Sends an action, or an array of them, as it is.
    pub async fn send(&mut self, value: &Value) {
        self.send_frame(self.codec.frame(value)).await;
    }

    /// Sends a frame as it is.
    pub async fn send_frame(&mut self, message: Message) {
        self.try_send_frame(message).await.unwrap();
    }

    /// The same where the node may have closed already.
    pub async fn try_send_frame(&mut self, message: Message) -> Result<(), Error> {
        self.socket.send(message).await
    }

    /// Sends an action with an id of its own and returns the answer to it: ack, error, joined, ….
    pub async fn ask(&mut self, mut action: Value) -> Action {
        if action["meta"]["hub"]["id"].is_null() {
            self.asked += 1;
            action["meta"]["hub"]["id"] = json!(format!("ask-{}", self.asked));
        }
        let id = action["meta"]["hub"]["id"].clone();
        self.send(&action).await;
        self.next(&format!("the answer to {action}"), |it| *it.hub("re") == id).await
    }

    /// Publishes and returns the ack.
    pub async fn publish(&mut self, to: &str, kind: &str, payload: Value) -> Action {
        let answer = self.ask(action::publication(to, kind, payload)).await;
        assert_eq!(answer.kind(), "@@hub/ack", "{answer:?}");
        answer
    }

    /// Joins a channel and returns the answer.
    pub async fn join(&mut self, channel: &str) -> Action {
        let answer = self.ask(action::control_at(channel, "@@hub/join", json!({}))).await;
        assert_eq!((answer.kind(), answer.to()), ("@@hub/joined", channel), "{answer:?}");
        answer
    }

    /// The first action not yet taken that matches. `what` says what was awaited when it does not come.
    pub async fn next(&mut self, what: &str, matches: impl Fn(&Action) -> bool) -> Action {
        let mut at = 0;
        let until = Instant::now() + DEADLINE;
        loop {
            while at == self.inbox.len() {
                assert!(self.receive(what, until).await.is_none(), "closed before {what}; had {:?}", self.inbox);
            }
            if matches(&self.inbox[at]) {
                return self.inbox.remove(at).unwrap();
            }
            at += 1;
        }
    }

    /// The first action of a type not yet taken.
    pub async fn next_of(&mut self, kind: &str) -> Action {
        self.next(kind, |it| it.kind() == kind).await
    }

    /// The answer to a resume for one stream. Publications of that stream before it are void: they come again.
    pub async fn resumed(&mut self, stream: &str) -> Action {
        let what = format!("resumed of {stream}");
        loop {
            let next = self.next(&what, |it| it.to() == stream).await;
            if next.kind() == "@@hub/resumed" {
                return next;
            }
        }
    }

    /// Drops what has arrived and was not taken.
    pub fn forget(&mut self) {
        self.inbox.clear();
    }

    /// Everything that was delivered up to now and not taken, in order: a ping's ack follows it.
    pub async fn fence(&mut self) -> Vec<Action> {
        let ack = self.ask(action::control("@@hub/ping", json!({}))).await;
        assert_eq!(ack.kind(), "@@hub/ack", "{ack:?}");
        self.inbox.drain(..).collect()
    }

    /// The application's actions not yet taken up to and including the first of a type, in order: as (type, payload).
    pub async fn publications_until(&mut self, kind: &str) -> Vec<(String, Value)> {
        let mut taken = Vec::new();
        while taken.last().is_none_or(|(last, _): &(String, Value)| last != kind) {
            let next = self.next(&format!("publications until {kind}, after {taken:?}"), |it| !it.is_control()).await;
            taken.push((next.kind().to_string(), next.payload().clone()));
        }
        taken
    }

    /// Waits for the close and returns its code; what arrived before it stays to be taken.
    pub async fn closed(&mut self) -> u16 {
        let until = Instant::now() + DEADLINE;
        loop {
            if let Some(code) = self.receive("the close", until).await {
                return code;
            }
        }
    }

    /// As [`Client::closed`], with the reason beside the code.
    pub async fn closed_with_reason(&mut self) -> (u16, String) {
        (self.closed().await, std::mem::take(&mut self.close_reason))
    }

    /// Sends an action again and again, as often as it is answered, until the node closes. Returns the code.
    pub async fn send_until_closed(&mut self, value: &Value) -> u16 {
        let until = Instant::now() + DEADLINE;
        loop {
            // the close may be on its way
            let _ = self.try_send_frame(self.codec.frame(value)).await;
            if let Some(code) = self.receive("an answer, or the close", until).await {
                return code;
            }
            self.forget();
        }
    }

    /// Waits for anything: an action, or the close.
    pub async fn next_or_closed(&mut self) {
        let until = Instant::now() + DEADLINE;
        while self.inbox.is_empty() && self.receive("anything", until).await.is_none() {}
    }

    /// Closes the socket and waits until the node closed it too.
    pub async fn close(mut self) {
        self.socket.close(None).await.unwrap();
        self.closed().await;
    }

    /// Takes the next frame into the inbox; `Some` with the code when it was the close (1006: there was none).
    /// The deadline is the caller's: the node's pings come for as long as the socket is open.
    async fn receive(&mut self, what: &str, until: Instant) -> Option<u16> {
        let frame = tokio::time::timeout_at(until, self.socket.next()).await;
        let frame = frame.unwrap_or_else(|_| panic!("not within the deadline: {what}; had {:?}", self.inbox));
        match frame {
            Some(Ok(Message::Close(close))) => Some(close.map_or(1005, |frame| {
                self.close_reason = frame.reason.to_string();
                frame.code.into()
            })),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => None,
            Some(Ok(message)) => {
                self.inbox.extend(self.codec.actions(&message).into_iter().map(Action));
                None
            }
            Some(Err(_)) | None => Some(1006),
        }
    }
}

fn subprotocol(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("Sec-WebSocket-Protocol")?.to_str().unwrap().to_string())
}
