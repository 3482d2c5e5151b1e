//! Sessions without WebSockets: server-sent events down, sequential posts up.

mod events;
mod http;

use crate::socket::{SocketError, SocketMessage, Trust};
use events::{EventReader, ServerEvent};
use http::Exchange;
use serde::Deserialize;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::http::Uri;

/// How often a post refused for lack of room is tried, and the pause in between.
const POST_ATTEMPTS: u32 = 5;
const POST_PAUSE: Duration = Duration::from_millis(300);

/// The receiving half.
pub struct StreamReader {
    down: Exchange,
    events: EventReader,
}

/// The sending half.
pub struct StreamWriter {
    url: Uri,
    trust: Trust,
    headers: Vec<(String, String)>,
    target: String,
    key: String,
    up: Option<Exchange>,
}

#[derive(Deserialize)]
struct Named {
    session: String,
    key: String,
}

#[derive(Deserialize)]
struct Closed {
    code: u16,
    #[serde(default)]
    reason: String,
}

/// Opens a session over HTTP: for `ws://host/ws?…` the node serves it at `http://host/stream?…`.
pub async fn open(
    url: &str,
    headers: &[(String, String)],
    trust: &Trust,
) -> Result<(StreamReader, StreamWriter), SocketError> {
    let url: Uri = url.parse().map_err(|_| SocketError::Scheme(url.to_owned()))?;
    let path = url.path().trim_end_matches('/');
    let path = format!("{}/stream", path.strip_suffix("/ws").unwrap_or(path));
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut down = Exchange::open(&url, trust).await?;
    let accepts = [("Accept", "text/event-stream"), ("Cache-Control", "no-store")];
    let head = head("GET", &format!("{path}{query}"), &url, headers, &accepts);
    match down.ask(&head, b"").await? {
        200 => {}
        status => {
            let retry_after_s = down.retry_after_s;
            return Err(SocketError::Refused { status, retry_after_s, body: String::new() });
        }
    }
    let mut reader = StreamReader { down, events: EventReader::default() };
    let none = || SocketError::Frame("a stream that does not begin with its session".into());
    let first = reader.event().await?.filter(|event| event.kind == "session").ok_or_else(none)?;
    let Named { session, key } = serde_json::from_str(&first.data).map_err(|_| none())?;
    let (trust, headers, target) = (trust.clone(), headers.to_vec(), format!("{path}/{session}"));
    Ok((reader, StreamWriter { url, trust, headers, target, key, up: None }))
}

fn head(method: &str, target: &str, url: &Uri, headers: &[(String, String)], further: &[(&str, &str)]) -> String {
    let host = url.authority().map_or("", |authority| authority.as_str());
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n");
    let given = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in given.chain(further.iter().copied()) {
        // writing to a string cannot fail
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head + "\r\n"
}

impl StreamReader {
    /// The next action. Must not be called after [`SocketMessage::Closed`].
    pub async fn next(&mut self) -> Result<SocketMessage, SocketError> {
        loop {
            match self.event().await? {
                Some(event) if event.kind == "message" => return Ok(SocketMessage::Text(event.data)),
                Some(event) if event.kind == "close" => {
                    let closed: Closed =
                        serde_json::from_str(&event.data).map_err(|error| SocketError::Frame(error.to_string()))?;
                    return Ok(SocketMessage::Closed { code: Some(closed.code), reason: closed.reason });
                }
                Some(_) => {}
                None => return Ok(SocketMessage::Closed { code: None, reason: String::new() }),
            }
        }
    }

    async fn event(&mut self) -> Result<Option<ServerEvent>, SocketError> {
        loop {
            if let Some(event) = self.events.next() {
                return Ok(Some(event));
            }
            let Some(piece) = self.down.piece().await? else { return Ok(None) };
            self.events.feed(&piece);
        }
    }
}

impl StreamWriter {
    /// Posts a frame. If it is unknown whether the node accepted a post, it is not repeated: the connection is given
    /// up.
    pub async fn text(&mut self, text: &str) -> Result<(), SocketError> {
        for attempt in 1.. {
            match self.ask("POST", text.as_bytes()).await? {
                202 => return Ok(()),
                503 if attempt < POST_ATTEMPTS => sleep(POST_PAUSE * attempt).await,
                status => return Err(SocketError::Refused { status, retry_after_s: None, body: String::new() }),
            }
        }
        Ok(())
    }

    /// Ends the session on the node, because a proxy may delay the end of the response.
    pub async fn close(&mut self) -> Result<(), SocketError> {
        self.ask("DELETE", b"").await.map(drop)
    }

    async fn ask(&mut self, method: &str, body: &[u8]) -> Result<u16, SocketError> {
        let (authorization, length) = (format!("Bearer {}", self.key), body.len().to_string());
        let further = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/json"),
            ("Content-Length", length.as_str()),
        ];
        let head = head(method, &self.target, &self.url, &self.headers, &further);
        let mut up = match self.up.take() {
            Some(up) => up,
            None => Exchange::open(&self.url, &self.trust).await?,
        };
        let status = up.ask(&head, body).await?;
        if up.finish().await? {
            self.up = Some(up);
        }
        Ok(status)
    }
}
