//! The four channels over HTTP, for listeners and services of a node without Redis.
//!
//! `POST /v1/wshub/<channel>` publishes the body; `GET /v1/wshub/<channel>` subscribes and streams server-sent events.
//! Channels are named without the prefix: `client-new`, `groups-new:<key>`, `group-data:<group>`, `client-data:<key>`;
//! keys and groups are percent-encoded. When subscribing, a `*` at the end matches any rest of the name.

use super::endpoint::WsHubHandle;
use super::key::decode;
use super::report::report_routes;
use actix_web::{web, HttpRequest, HttpResponse, Scope};
use base64::engine::general_purpose::STANDARD as BASE64;
use base64::Engine;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use hubwire_actors::backend::plain::{PlainEvent, Subscription};
use hubwire_actors::backend::BackendError;
use hubwire_actors::words::wshub::{Listen, PublishPlain};
use hubwire_actors::wshub::ChannelNames;
use serde_json::json;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

const PREFIX: &str = "/v1/wshub/";
/// Longest message that may be published, in bytes.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Messages that may wait for one listener. Beyond it some are dropped, and a `complete` event marks the gap.
const EVENTS_MAX: usize = 4096;
/// A listener that was sent nothing for this long gets a comment, so that a dead connection is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The channels and the reports below `/v1/wshub/`, for an internal listener. The caller checks the authorization.
pub fn internal_scope(handle: WsHubHandle) -> Scope {
    let channels = web::resource("/{channel:.*}")
        .app_data(web::PayloadConfig::new(BODY_BYTES_MAX))
        .route(web::post().to(publish))
        .route(web::get().to(listen));
    web::scope(PREFIX.trim_end_matches('/')).configure(report_routes(handle)).service(channels)
}

async fn publish(handle: web::Data<WsHubHandle>, request: HttpRequest, payload: Bytes) -> HttpResponse {
    let names = ChannelNames::new(handle.config.hub.channel_prefix.clone());
    let channel = decode(channel_in(&request), false).and_then(|name| names.named(&name));
    let Some(channel) = channel else { return no_such_channel() };
    let (answer, outcome) = oneshot::channel();
    if handle.hub.try_send(PublishPlain { channel, payload, answer }).is_err() {
        return failed(&BackendError::Overloaded);
    }
    match outcome.await {
        Ok(Ok(receivers)) => HttpResponse::Ok().json(json!({ "receivers": receivers })),
        Ok(Err(error)) => failed(&error),
        Err(_) => failed(&BackendError::Unavailable { reason: "the node stops".into() }),
    }
}

async fn listen(handle: web::Data<WsHubHandle>, request: HttpRequest) -> HttpResponse {
    let prefix = handle.config.hub.channel_prefix.clone();
    let Some(subscription) = subscription(&prefix, channel_in(&request)) else { return no_such_channel() };
    let (sender, events) = mpsc::channel(EVENTS_MAX);
    if handle.hub.try_send(Listen { subscription, events: sender }).is_err() {
        return failed(&BackendError::Overloaded);
    }
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("Cache-Control", "no-store"))
        .streaming(event_stream(prefix, events))
}

fn channel_in(request: &HttpRequest) -> &str {
    request.uri().path().strip_prefix(PREFIX).unwrap_or_default()
}

fn subscription(prefix: &Bytes, channel: &str) -> Option<Subscription> {
    let names = ChannelNames::new(prefix.clone());
    match channel.strip_suffix('*') {
        Some(begin) => names.named(&decode(begin, false)?).map(Subscription::Prefix),
        None => names.named(&decode(channel, false)?).map(Subscription::Channel),
    }
}

fn event_stream(prefix: Bytes, events: mpsc::Receiver<PlainEvent>) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold((prefix, events), |(prefix, mut events)| async move {
        let text = match timeout(KEEP_ALIVE, events.recv()).await {
            Ok(event) => print(&prefix, event?),
            Err(_) => ":\n\n".into(),
        };
        Some((Ok(Bytes::from(text)), (prefix, events)))
    })
}

/// An event in the format of server-sent events; JSON text contains no line breaks.
fn print(prefix: &[u8], event: PlainEvent) -> String {
    match event {
        PlainEvent::Complete => "event: complete\ndata: {}\n\n".into(),
        PlainEvent::Message { channel, payload } => {
            let channel = String::from_utf8_lossy(channel.strip_prefix(prefix).unwrap_or(&channel));
            let message = match std::str::from_utf8(&payload) {
                Ok(text) => json!({ "channel": channel, "data": text }),
                Err(_) => json!({ "channel": channel, "base64": BASE64.encode(&payload) }),
            };
            format!("data: {message}\n\n")
        }
    }
}

fn no_such_channel() -> HttpResponse {
    let message = "channels are client-new, client-gone, groups-new:<key>, group-data:<group>, client-data:<key>";
    HttpResponse::NotFound().json(json!({ "code": "not_found", "message": message }))
}

fn failed(error: &BackendError) -> HttpResponse {
    let code = if matches!(error, BackendError::Overloaded) { "overloaded" } else { "broker_unavailable" };
    HttpResponse::ServiceUnavailable().json(json!({ "code": code, "message": error.to_string() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_at_the_end_is_the_rest_of_the_name_and_an_encoded_one_is_a_star() {
        let prefix = Bytes::from("ws-hub:");
        let exact = |name: &'static str| Some(Subscription::Channel(Bytes::from(name)));
        assert_eq!(subscription(&prefix, "client-new"), exact("ws-hub:client-new"));
        assert_eq!(subscription(&prefix, "client-data:%2A"), exact("ws-hub:client-data:*"));
        let all = Subscription::Prefix(Bytes::from("ws-hub:client-data:"));
        assert_eq!(subscription(&prefix, "client-data:*"), Some(all));
        assert_eq!(subscription(&prefix, "*"), None);
        assert_eq!(subscription(&prefix, "client-data:%4"), None);
    }
}
