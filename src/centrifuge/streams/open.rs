//! From a request to a session whose replies are the response.

use super::forms;
use crate::centrifuge::endpoint::CentrifugeEndpoint;
use crate::centrifuge::greeting::Turned;
use crate::centrifuge::uni;
use crate::sse::{queue, refused, respond, Entrance, EventBody, Form, Key, PostedIncoming};
use crate::ws::{Line, Refusal, UpgradeRequest};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use bytes::Bytes;
use hubwire_actors::outbox::Incoming;
use hubwire_protocol::centrifuge::codes::{self, Disconnect};
use hubwire_protocol::centrifuge::reply::{Body, Reply};
use hubwire_protocol::centrifuge::Format;
use serde::Deserialize;
use std::rc::Rc;

/// The streams of one worker.
pub struct Streams {
    endpoint: Rc<CentrifugeEndpoint>,
    entrance: Entrance,
}

/// The query of a request without a body.
#[derive(Deserialize)]
pub(super) struct Opened {
    #[serde(default)]
    cf_connect: String,
}

/// `POST /connection/http_stream`: the body holds the first commands.
pub(super) async fn http_stream(streams: Data<Streams>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    match content_type.starts_with(forms::MESSAGES.content_type) {
        true => streams.open(&request, body, Format::Protobuf, &forms::MESSAGES, Way::Posts("http_stream")).await,
        false => streams.open(&request, body, Format::Json, &forms::LINES, Way::Posts("http_stream")).await,
    }
}

/// `GET /connection/sse`: the query holds the first commands.
pub(super) async fn sse(streams: Data<Streams>, request: HttpRequest, opened: Query<Opened>) -> HttpResponse {
    let frame = opened.into_inner().cf_connect.into();
    streams.open(&request, frame, Format::Json, &forms::EVENTS, Way::Posts("sse")).await
}

/// `GET /connection/uni_sse`: the query has the content of a `connect`.
pub(super) async fn uni_sse(streams: Data<Streams>, request: HttpRequest, opened: Query<Opened>) -> HttpResponse {
    let frame = uni::connect(opened.cf_connect.as_bytes());
    streams.open(&request, frame, Format::Json, &forms::UNI_EVENTS, Way::Listens("uni_sse")).await
}

/// `POST /connection/uni_sse`: the body has it.
pub(super) async fn uni_sse_posted(streams: Data<Streams>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    streams.open(&request, uni::connect(&body), Format::Json, &forms::UNI_EVENTS, Way::Listens("uni_sse")).await
}

/// `POST /connection/uni_http_stream`: the body has it.
pub(super) async fn uni_http_stream(streams: Data<Streams>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    streams.open(&request, uni::connect(&body), Format::Json, &forms::UNI_LINES, Way::Listens("uni_http_stream")).await
}

/// The abilities of a client, and the name of its transport in questions to the application.
#[derive(Clone, Copy)]
enum Way {
    Posts(&'static str),
    Listens(&'static str),
}

impl Streams {
    /// Streams in addition to the sockets of an endpoint.
    pub(crate) fn new(endpoint: Rc<CentrifugeEndpoint>, entrance: Entrance) -> Self {
        Streams { endpoint, entrance }
    }

    async fn open(
        &self,
        request: &HttpRequest,
        frame: Bytes,
        format: Format,
        form: &'static Form,
        way: Way,
    ) -> HttpResponse {
        match self.begin(request, frame, format, form, way).await {
            Ok(response) => response,
            Err(refusal) => refused(&refusal),
        }
    }

    async fn begin(
        &self,
        request: &HttpRequest,
        frame: Bytes,
        format: Format,
        form: &'static Form,
        way: Way,
    ) -> Result<HttpResponse, Refusal> {
        let (peer, admission) = self.entrance.place(request)?;
        let upgrade = UpgradeRequest::of(request.head(), peer);
        if let Some(denied) = self.endpoint.denied(&upgrade) {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden", denied.refusal().message));
        }
        if let Some(message) = self.endpoint.refused_origin(&upgrade) {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden", message));
        }
        self.entrance.turn(Line::Unknown).await?;
        let (Way::Posts(transport) | Way::Listens(transport)) = way;
        let greeting = self.endpoint.greeting(&upgrade, format, transport);
        let known = match greeting.admit(&frame).await {
            Ok(known) => known,
            Err(turned) => return Ok(respond(form).body(turned_away(&turned, format, form))),
        };
        let outbox = self.entrance.outbox(form, admission);
        let (sender, posts) = queue();
        let read = if format == Format::Protobuf { encoded } else { Incoming::Text };
        let incoming = PostedIncoming::new(outbox.clone(), posts, read);
        let key = matches!(way, Way::Posts(_)).then(|| Key::new(rand::random()));
        let text = key.as_ref().map(|key| key.text().to_owned());
        let session = greeting.start(known, frame, text, outbox.clone(), incoming);
        let registration = key.map(|key| self.entrance.posts().register(session, key, sender));
        Ok(respond(form).body(EventBody::new(outbox, registration)))
    }
}

/// Decodes a post that another node has forwarded as text.
fn encoded(post: Bytes) -> Incoming {
    // an invalid text is not a valid message either
    Incoming::Binary(STANDARD.decode(&post).unwrap_or_default().into())
}

/// The complete response to a client that gets no session.
fn turned_away(turned: &Turned, format: Format, form: &Form) -> Bytes {
    match turned {
        Turned::Away(Disconnect { code, reason }) => (form.close)(*code, reason),
        Turned::Answered(id) => {
            let reply = format.frame(&[Reply { id: *id, body: Body::Error(codes::TOKEN_EXPIRED) }]);
            let Disconnect { code, reason } = codes::EXPIRED;
            [(form.messages)(&reply), (form.close)(code, reason)].concat().into()
        }
        Turned::ByProxy { answer, code, reason } => {
            let close = (form.close)(*code, reason);
            let Some((id, body)) = answer.as_deref() else { return close };
            let reply = format.frame(&[Reply { id: *id, body: body.clone() }]);
            [(form.messages)(&reply), close].concat().into()
        }
    }
}
