//! `GET /stream`: from a request to a session whose frames are events of the response.

use super::body::EventBody;
use super::event;
use super::incoming::PostedIncoming;
use super::outbox::EventOutbox;
use super::posts::{queue, Key, Posts};
use crate::endpoint::HubEndpoint;
use crate::listener::{client_address, TrustedProxies};
use crate::ws::{Admission, OpenSockets, Pace, Refusal, ServerSettings, SocketSettings, UpgradeRequest};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use arc_swap::ArcSwap;
use hubwire_actors::session::Opening;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The streams of one worker.
pub(crate) struct Streams {
    hub: Rc<HubEndpoint>,
    open: OpenSockets,
    pace: Pace,
    proxies: Arc<ArcSwap<TrustedProxies>>,
    admit_timeout: Duration,
    socket: Rc<SocketSettings>,
    posts: Posts,
}

impl Streams {
    /// Streams beside the sockets of `hub`: counted with them, let in at their pace, bounded as they are.
    pub(crate) fn new(
        hub: Rc<HubEndpoint>,
        open: OpenSockets,
        pace: Pace,
        settings: &ServerSettings,
        posts: Posts,
    ) -> Self {
        let (proxies, admit_timeout) = (settings.door.proxies.clone(), settings.admit_timeout);
        Streams { hub, open, pace, proxies, admit_timeout, socket: Rc::new(settings.socket.clone()), posts }
    }

    async fn admit(&self, request: &HttpRequest) -> Result<(Opening, Admission), Refusal> {
        let gone = || Refusal::new(StatusCode::BAD_REQUEST, "gone", "the connection ended");
        let peer = request.peer_addr().ok_or_else(gone)?;
        let peer = client_address(peer, request.head().headers(), &self.proxies.load());
        let admission = self.open.admit(peer.ip())?;
        self.pace.turn().await?;
        let opening = self.hub.admit_stream(&UpgradeRequest::of(request.head(), peer));
        let late = |_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "it was not decided in time");
        Ok((timeout(self.admit_timeout, opening).await.map_err(late)??, admission))
    }

    fn begin(&self, opening: Opening, admission: Admission) -> EventBody {
        let outbox = Rc::new(EventOutbox::new(self.socket.clone(), admission));
        let (sender, frames) = queue();
        let session = self.hub.start(opening, outbox.clone(), PostedIncoming::new(outbox.clone(), frames));
        let key = Key::new(rand::random());
        outbox.push(event::session(session, key.text()));
        EventBody::new(outbox, self.posts.register(session, key, sender))
    }
}

/// Opens a stream, or answers why not.
pub(crate) async fn open(streams: &Streams, request: &HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    // proxies that buffer would hold events back
    response.content_type("text/event-stream").insert_header((CACHE_CONTROL, "no-store, no-transform"));
    response.insert_header(("X-Accel-Buffering", "no"));
    if request.method() == Method::HEAD {
        return response.finish();
    }
    match streams.admit(request).await {
        Ok((opening, admission)) => response.body(streams.begin(opening, admission)),
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> HttpResponse {
    let mut response = HttpResponse::build(refusal.status);
    for (name, value) in &refusal.headers {
        response.insert_header((*name, value.as_str()));
    }
    response.content_type("application/json").body(refusal.body())
}
