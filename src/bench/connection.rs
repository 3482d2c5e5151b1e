//! A session of the load tool: a light socket and a codec.

use super::error::BenchError;
use super::target::Target;
use super::wire::{self, Arrived};
use hubwire_client::light::{open_light, LightReader, LightRequest, LightSocket, ReadBuffer, ServerFrame};
use hubwire_protocol::Codec;
use serde_json::{json, Value};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// An open, welcomed session.
pub struct Connection {
    /// For sending.
    pub socket: Rc<LightSocket>,
    /// The user.
    pub user: String,
    codec: Codec,
    reader: LightReader,
    url: String,
    timeout: Duration,
}

/// How long the steps of opening took.
#[derive(Debug, Clone, Copy)]
pub struct Steps {
    /// TCP and the WebSocket handshake, with authentication.
    pub open: Duration,
    /// From there to the welcome.
    pub welcome: Duration,
}

impl Connection {
    /// Opens the session of the user with this index; connections use the nodes in turn.
    pub async fn open(target: &Target, index: usize, buffer: &ReadBuffer) -> Result<(Self, Steps), BenchError> {
        Self::open_at(target, index, index, buffer).await
    }

    /// The same on another node.
    pub async fn open_at(
        target: &Target,
        turn: usize,
        index: usize,
        buffer: &ReadBuffer,
    ) -> Result<(Self, Steps), BenchError> {
        let begun = Instant::now();
        let request = target.request(turn, index)?;
        let url = target.urls[turn % target.urls.len()].to_string();
        let failed = |error| BenchError::Connection { url: url.clone(), error };
        let request = LightRequest {
            url: &request.url,
            subprotocol: target.codec.subprotocol(),
            is_binary: target.codec == Codec::MsgPack,
            headers: &request.headers,
            trust: &target.trust,
        };
        let opening = async { open_light(&request, buffer).await.map_err(failed) };
        let (socket, reader) = within(target.timeout, "no connection", opening).await?;
        let opened = Instant::now();
        let (codec, timeout) = (target.codec, target.timeout);
        let mut connection = Connection { socket: Rc::new(socket), reader, user: String::new(), codec, url, timeout };
        connection.user = connection
            .answer("no welcome", |it| it.kind == "@@hub/welcome", |it| it.payload.as_ref()?.user.clone())
            .await?
            .unwrap_or_default();
        Ok((connection, Steps { open: opened - begun, welcome: opened.elapsed() }))
    }

    /// Joins a channel. Returns the top of its stream.
    pub async fn join(&mut self, channel: &str) -> Result<String, BenchError> {
        self.send("@@hub/join", Some(channel), json!({ "presence": false })).await?;
        let position = |it: &Arrived<'_>| it.payload.as_ref().and_then(|it| it.pos.clone()).unwrap_or_default();
        self.answer("no answer to a join", |it| it.meta.hub.re.as_deref() == Some("@@hub/join"), position).await
    }

    /// Joins a channel and receives joins and leaves from then on.
    pub async fn join_presence(&mut self, channel: &str) -> Result<(), BenchError> {
        self.send("@@hub/join", Some(channel), json!({ "presence": true })).await?;
        self.answer("no answer to a join", |it| it.meta.hub.re.as_deref() == Some("@@hub/join"), |_| ()).await
    }

    /// Views a channel instead of the one viewed before.
    pub async fn view(&mut self, channel: &str) -> Result<(), BenchError> {
        self.send("@@hub/view", Some(channel), json!({ "presence": false })).await?;
        self.answer("no answer to a view", |it| it.meta.hub.re.as_deref() == Some("@@hub/view"), |_| ()).await
    }

    /// Sends a control action.
    pub async fn send(&self, kind: &str, to: Option<&str>, payload: Value) -> Result<(), BenchError> {
        self.socket.push(&wire::control(self.codec, kind, to, payload)?);
        self.flush().await
    }

    /// Waits until all queued output is written.
    pub async fn flush(&self) -> Result<(), BenchError> {
        self.socket.flush().await.map_err(|error| BenchError::Connection { url: self.url.clone(), error })
    }

    /// Reads once and passes what arrived, with the time, to `each`. A close by the node is an error.
    pub async fn read(&mut self, mut each: impl FnMut(&Arrived<'_>, Instant)) -> Result<(), BenchError> {
        let Connection { socket, reader, codec, url, .. } = self;
        let (mut closed, mut now) = (None, None);
        let going_on = reader
            .read(socket, |frame| match frame {
                ServerFrame::Message(bytes) => {
                    let now = *now.get_or_insert_with(Instant::now);
                    if let Some(arrived) = wire::read(*codec, bytes) {
                        each(&arrived, now);
                    }
                }
                ServerFrame::Close { code, reason } => closed = Some((code.unwrap_or(1005), reason.to_owned())),
                ServerFrame::Ping(_) | ServerFrame::Pong => {}
            })
            .await;
        match (closed, going_on) {
            (Some((code, reason)), _) => Err(BenchError::Closed { url: url.clone(), code, reason }),
            (None, Ok(true)) => Ok(()),
            (None, Ok(false)) => Err(BenchError::Closed { url: url.clone(), code: 1006, reason: String::new() }),
            (None, Err(error)) => Err(BenchError::Connection { url: url.clone(), error }),
        }
    }

    /// Ends the connection with a reset.
    pub fn cut(self) {
        // nothing else holds the socket of a session that is to be cut; otherwise the close would be an orderly one
        if let Ok(socket) = Rc::try_unwrap(self.socket) {
            socket.cut();
        }
    }

    /// Waits for an answer. An error of the node ends the wait.
    async fn answer<T>(
        &mut self,
        what: &'static str,
        is_wanted: impl Fn(&Arrived<'_>) -> bool,
        take: impl Fn(&Arrived<'_>) -> T,
    ) -> Result<T, BenchError> {
        let timeout = self.timeout;
        within(timeout, what, async {
            let mut outcome = None;
            while outcome.is_none() {
                self.read(|arrived, _| {
                    if let Some(refusal) = wire::refusal(arrived) {
                        outcome.get_or_insert(Err(refusal));
                    } else if is_wanted(arrived) {
                        outcome.get_or_insert(Ok(take(arrived)));
                    }
                })
                .await?;
            }
            outcome.unwrap_or_else(|| unreachable!("the loop ends with an outcome"))
        })
        .await
    }
}

async fn within<T>(
    timeout: Duration,
    what: &'static str,
    work: impl Future<Output = Result<T, BenchError>>,
) -> Result<T, BenchError> {
    let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    tokio::time::timeout(timeout, work).await.map_err(|_| BenchError::Timeout { what, timeout_ms })?
}
