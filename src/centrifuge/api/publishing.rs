//! `publish` and `broadcast`.

use super::caller::{address, Caller};
use super::failure::{result, ApiError, Outcome};
use crate::http::as_on_a_socket;
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use futures_util::stream::{self, StreamExt};
use hubwire_actors::node::ServerPublish;
use hubwire_protocol::centrifuge::{bytes_to_json, offset_of, Epoch, BYTES, PUBLICATION};
use hubwire_protocol::Narrowing;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Channels of one request that are published to in parallel.
const AT_ONCE: usize = 64;
/// A longer key is replaced by its digest, which has this many characters.
const KEY_BYTES_MAX: usize = 64;

/// A publication, and its channel or channels.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Publish<'a> {
    channel: String,
    channels: Vec<String>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    b64data: String,
    skip_history: bool,
    tags: BTreeMap<String, String>,
    idempotency_key: String,
    version: u64,
    version_epoch: String,
}

/// The JSON to publish, and its type.
pub(super) struct Content {
    kind: &'static str,
    pub json: String,
}

/// The position; empty for a publication that is in no log.
#[derive(Serialize, Default)]
struct Published {
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<String>,
}

/// The answer for one channel of a broadcast.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    Result(Published),
    Error(ApiError),
}

/// Publishes in one channel.
pub(super) async fn publish(caller: &Caller<'_>, publish: &Publish<'_>, content: &Content) -> Outcome {
    result(&to_channel(caller, publish, &publish.channel, content).await?)
}

/// Publishes the same data in each channel.
pub(super) async fn broadcast(caller: &Caller<'_>, publish: &Publish<'_>, content: &Content) -> Outcome {
    if publish.channels.is_empty() {
        return Err(ApiError::bad("`channels` is missing"));
    }
    let responses = stream::iter(&publish.channels).map(|channel| to_channel(caller, publish, channel, content));
    let responses = responses.buffered(AT_ONCE).map(|outcome| outcome.map_or_else(Response::Error, Response::Result));
    result(&json!({ "responses": responses.collect::<Vec<_>>().await }))
}

async fn to_channel(
    caller: &Caller<'_>,
    publish: &Publish<'_>,
    channel: &str,
    Content { kind, json }: &Content,
) -> Result<Published, ApiError> {
    let publication = ServerPublish {
        to: address(channel)?,
        from: None,
        kind: (*kind).into(),
        payload: Some(json.as_str().into()),
        error: None,
        meta: publish.meta(),
        traceparent: None,
        id: publish.id(),
        ephemeral: publish.skip_history,
        narrowing: Narrowing::default(),
        key_name: caller.key.name.clone(),
    };
    as_on_a_socket(&publication, &caller.state.limits.load()).map_err(|failure| ApiError::bad(failure.to_string()))?;
    let pos = caller.node.publish(publication).await?.pos;
    Ok(pos.map_or(Published::default(), |pos| Published {
        offset: Some(offset_of(pos)),
        epoch: Some(Epoch::of(pos).to_string()),
    }))
}

impl Publish<'_> {
    /// What to publish.
    pub fn content(&self) -> Result<Content, ApiError> {
        if self.version != 0 || !self.version_epoch.is_empty() {
            return Err(ApiError::not_available(
                "versions of publications are not compared here; leave `version` and `version_epoch` out",
            ));
        }
        match self.data {
            Some(data) => Ok(Content { kind: PUBLICATION, json: data.get().to_owned() }),
            None if self.b64data.is_empty() => Err(ApiError::bad("`data` is missing")),
            None => {
                let bytes =
                    STANDARD.decode(&self.b64data).map_err(|error| ApiError::bad(format!("`b64data`: {error}")))?;
                let json = serde_json::from_slice::<&RawValue>(&bytes).map(|json| json.get().to_owned());
                Ok(match json {
                    Ok(json) => Content { kind: PUBLICATION, json },
                    Err(_) => Content { kind: BYTES, json: bytes_to_json(&bytes) },
                })
            }
        }
    }

    /// Tags are put into `meta`, where clients of every protocol see them.
    fn meta(&self) -> Option<String> {
        (!self.tags.is_empty()).then(|| json!({ "tags": self.tags }).to_string())
    }

    fn id(&self) -> Option<String> {
        match self.idempotency_key.as_str() {
            "" => None,
            key if key.len() <= KEY_BYTES_MAX => Some(key.to_owned()),
            key => Some(Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()),
        }
    }
}
