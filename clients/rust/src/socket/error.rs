//! Why a socket could not be opened, or ended.

use tokio_tungstenite::tungstenite::http::header::{InvalidHeaderName, InvalidHeaderValue};
use tokio_tungstenite::tungstenite::Error;

/// See the module documentation.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// The URL starts with neither `ws://` nor `wss://`.
    #[error("{0}: the address of sockets begins with ws:// or wss://")]
    Scheme(String),
    /// The node refused the upgrade.
    #[error("upgrade refused with HTTP {status}: {body}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Seconds to wait before the next attempt, from `Retry-After`.
        retry_after_s: Option<u64>,
        /// The body of the response, as far as it is text.
        body: String,
    },
    /// A header name that HTTP does not allow.
    #[error(transparent)]
    HeaderName(#[from] InvalidHeaderName),
    /// A header value that HTTP does not allow.
    #[error(transparent)]
    HeaderValue(#[from] InvalidHeaderValue),
    /// TLS failed: most often the certificate is not trusted or is for another name.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The connection failed.
    #[error(transparent)]
    Connection(Box<Error>),
    /// The response is not that of a hubwire WebSocket.
    #[error("not a WebSocket of hubwire: {0}")]
    Frame(String),
}

impl From<std::io::Error> for SocketError {
    fn from(error: std::io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(tls) => SocketError::Tls(tls.clone()),
            None => SocketError::Connection(Box::new(Error::Io(error))),
        }
    }
}

impl From<Error> for SocketError {
    fn from(error: Error) -> Self {
        match error {
            Error::Http(response) => SocketError::Refused {
                status: response.status().as_u16(),
                retry_after_s: response
                    .headers()
                    .get("retry-after")
                    .and_then(|value| value.to_str().ok()?.trim().parse().ok()),
                body: String::from_utf8_lossy(response.body().as_deref().unwrap_or_default()).into_owned(),
            },
            Error::Io(error) => error.into(),
            error => SocketError::Connection(Box::new(error)),
        }
    }
}
