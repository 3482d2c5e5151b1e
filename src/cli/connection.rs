//! A socket to a node, for the commands that are clients.

use super::error::CliError;
use super::received::{payload, refusal, Received};
use clap::{Args, ValueEnum};
use hubwire_client::connection::{Connection as Socket, ConnectionError, Request};
pub use hubwire_client::percent_encode;
use hubwire_client::socket::SocketError;
use hubwire_client::{SocketUrl, Trust};
use hubwire_protocol::{Codec, DeviceId, UserId};
use serde_json::{json, Value};
use std::time::Duration;

/// The address and the credentials.
#[derive(Debug, Args)]
pub struct Client {
    /// Socket address of a node, or of its load balancer; wss:// with TLS.
    #[arg(long, value_name = "URL", env = "HUBWIRE_URL", default_value = "ws://127.0.0.1:8080/ws")]
    url: SocketUrl,
    #[command(flatten)]
    authorities: Authorities,
    /// Token to authenticate with.
    #[arg(long, value_name = "JWT", env = "HUBWIRE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// One-time ticket to authenticate with, instead of a token.
    // a ticket may begin with a hyphen
    #[arg(long, value_name = "TICKET", conflicts_with = "user", allow_hyphen_values = true)]
    ticket: Option<String>,
    /// User name, on a node started with --dev.
    #[arg(long, value_name = "USER")]
    user: Option<UserId>,
    /// Organisations of the user, on a node started with --dev; separated by commas.
    #[arg(long, value_name = "ORGS", requires = "user")]
    orgs: Option<String>,
    /// Stable id of this device; its cursors and ids of actions belong to it.
    #[arg(long, value_name = "DEVICE")]
    device: Option<DeviceId>,
    /// Encoding on the socket.
    #[arg(long, value_enum, default_value_t = CodecName::Json)]
    codec: CodecName,
    /// Give up if a connection or an answer takes longer than this.
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    answer_timeout_ms: u64,
}

/// Authorities that `wss://` trusts.
#[derive(Debug, Args)]
pub struct Authorities {
    /// Trust the certificate authorities in this PEM file with wss://, and no others. Default: those of the web.
    #[arg(long, value_name = "FILE", value_parser = |path: &str| Trust::pem_file(path))]
    ca: Option<Trust>,
}

impl Authorities {
    /// The authorities.
    pub fn trust(&self) -> Trust {
        self.ca.clone().unwrap_or_default()
    }
}

/// The names of codecs on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum CodecName {
    /// JSON in text frames.
    Json,
    /// MessagePack in binary frames.
    Msgpack,
}

impl CodecName {
    /// The codec with that name.
    pub fn codec(self) -> Codec {
        match self {
            CodecName::Json => Codec::Json,
            CodecName::Msgpack => Codec::MsgPack,
        }
    }
}

impl Client {
    /// Whether it has a device, and so a cursor.
    pub fn has_device(&self) -> bool {
        self.device.is_some()
    }

    /// Opens a socket and authenticates; streams resume from the positions in `resume` (an object, or null). Also
    /// returns the text of `@@hub/welcome`.
    pub async fn connect(&self, resume: Value) -> Result<(Connection, String), CliError> {
        let failed = |error: SocketError| CliError::Connection { url: self.url.to_string(), error: Box::new(error) };
        let request = Request { url: self.address(), headers: Vec::new(), trust: self.authorities.trust() };
        let opening = Socket::open(&request, self.codec.codec());
        let timeout = Duration::from_millis(self.answer_timeout_ms);
        let late = |_| CliError::Timeout { what: "no connection", timeout_ms: self.answer_timeout_ms };
        let socket = tokio::time::timeout(timeout, opening).await.map_err(late)?.map_err(failed)?;
        let mut connection = Connection { socket, url: self.url.to_string(), timeout };
        let resume = resume.as_object().filter(|positions| !positions.is_empty()).cloned();
        let credentials = self.credentials();
        let authenticates = credentials.is_some();
        if let Some(mut payload) = credentials {
            if let Some(positions) = &resume {
                payload["resume"] = json!(positions);
            }
            connection.send(json!({ "type": "@@hub/auth", "payload": payload }).to_string()).await?;
        }
        let welcome = connection.wait_for("no welcome", |received| received.kind == "@@hub/welcome").await?;
        if let (false, Some(positions)) = (authenticates, resume) {
            let action = json!({ "type": "@@hub/resume", "payload": { "positions": positions } });
            connection.send(action.to_string()).await?;
        }
        Ok((connection, welcome))
    }

    /// The address, for a node in development mode with the user. Secrets are sent in the first message, not here.
    fn address(&self) -> String {
        let Some(user) = &self.user else { return self.url.to_string() };
        let mut query = format!("user={}", percent_encode(user.as_str()));
        for (key, value) in [("orgs", self.orgs.as_deref()), ("device", self.device.as_ref().map(DeviceId::as_str))] {
            if let Some(value) = value {
                query += &format!("&{key}={}", percent_encode(value));
            }
        }
        self.url.with_query(&query)
    }

    fn credentials(&self) -> Option<Value> {
        let mut payload = match (&self.user, &self.ticket, &self.token) {
            (Some(_), ..) => return None,
            (None, Some(ticket), _) => json!({ "ticket": ticket }),
            (None, None, Some(token)) => json!({ "token": token }),
            (None, None, None) => return None,
        };
        if let Some(device) = &self.device {
            payload["device"] = json!(device);
        }
        Some(payload)
    }
}

/// An open socket that the node has welcomed.
pub struct Connection {
    socket: Socket,
    url: String,
    timeout: Duration,
}

impl Connection {
    /// Sends an action that is a JSON text.
    pub async fn send(&mut self, action: String) -> Result<(), CliError> {
        self.socket.outgoing.send(&action).await.map_err(|error| self.failed(error))
    }

    /// The JSON text of the next action. A socket that closes is an error.
    pub async fn next(&mut self) -> Result<String, CliError> {
        self.socket.incoming.next().await.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: ConnectionError) -> CliError {
        let url = self.url.clone();
        match error {
            ConnectionError::Socket(error) => CliError::Connection { url, error: Box::new(error) },
            ConnectionError::Closed { code, reason } => CliError::Closed { url, code, reason },
            ConnectionError::Wire(error) => error.into(),
        }
    }

    /// Sends an action and waits for its answer: the text of the action with `meta.hub.re` = `id`.
    pub async fn answer(&mut self, action: String, id: &str) -> Result<String, CliError> {
        self.send(action).await?;
        self.wait_for("no answer", |received| received.meta.hub.re.as_deref() == Some(id)).await
    }

    /// Like [`Connection::answer`]: the payload of the answer.
    pub async fn ask(&mut self, action: String, id: &str) -> Result<Value, CliError> {
        Ok(payload(&Received::parse(&self.answer(action, id).await?)?))
    }

    /// Closes the connection without waiting for the node's close frame.
    pub async fn close(mut self) {
        if self.socket.outgoing.close(1000, "").await.is_ok() {
            let _ = tokio::time::timeout(self.timeout, self.socket.incoming.next()).await;
        }
    }

    /// The text of the first action that is `wanted`. An error of the node for this or for no action ends the wait.
    async fn wait_for(
        &mut self,
        what: &'static str,
        wanted: impl Fn(&Received<'_>) -> bool,
    ) -> Result<String, CliError> {
        let timeout = self.timeout;
        let waiting = async {
            loop {
                let text = self.next().await?;
                let received = Received::parse(&text)?;
                match (wanted(&received), refusal(&received)) {
                    (is_wanted, Some(refusal)) if is_wanted || received.meta.hub.re.is_none() => return Err(refusal),
                    (true, _) => return Ok(text),
                    (false, _) => {}
                }
            }
        };
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        tokio::time::timeout(timeout, waiting).await.map_err(|_| CliError::Timeout { what, timeout_ms })?
    }
}
