//! Calls the application for a client that connects without a token.

use super::asking::{ask, Asker, Decision, Question};
use super::handshake::Handshake;
use super::proxies::Proxies;
use crate::ws::UpgradeRequest;
use hubwire_protocol::centrifuge::command::Connect;
use hubwire_protocol::centrifuge::Format;
use hyper::header::{HeaderName, HeaderValue};
use hyper::HeaderMap;
use serde_json::Value;

/// Longest value of a forwarded header.
const HEADER_BYTES_MAX: usize = 8 * 1024;

/// The identity that the application answered with.
pub(in crate::centrifuge) enum Met {
    /// The fields of the result.
    Known(Value),
    /// The error for the command.
    Refused { code: u32, message: String },
    /// The connection ends.
    Away { code: u16, reason: String },
    /// The application gave no answer: the client may try again.
    Later,
}

impl Proxies {
    /// The headers of a request that are forwarded.
    pub fn headers(&self, request: &UpgradeRequest<'_>) -> HeaderMap {
        let value = |name: &HeaderName| {
            let value = request.header(name.as_str()).filter(|value| value.len() <= HEADER_BYTES_MAX)?;
            Some((name.clone(), HeaderValue::from_str(value).ok()?))
        };
        self.headers.iter().filter_map(value).collect()
    }

    /// Asks the application about a client; `None`: no proxy is configured.
    pub async fn meet(
        &self,
        connect: &Connect<'_>,
        format: Format,
        client: &str,
        handshake: &Handshake,
    ) -> Option<Met> {
        let target = self.connect.as_ref().filter(|_| connect.token.is_empty())?;
        let data = connect.data.as_deref().and_then(|data| serde_json::from_str(data).ok());
        let asker = Asker::new(client, handshake, format, None);
        let question = Question { name: &connect.name, data, ..Question::of(asker) };
        Some(match ask(target, handshake.headers.clone(), question.printed()).await {
            Decision::Result(result) => Met::Known(result),
            Decision::Error { code, message } => Met::Refused { code, message },
            Decision::Disconnect { code, reason } => Met::Away { code, reason },
            Decision::Failed => Met::Later,
        })
    }
}
