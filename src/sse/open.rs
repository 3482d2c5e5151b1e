//! `GET /stream`: from a request to a session whose frames are events of the response.

use super::body::EventBody;
use super::event::{self, Form, EVENTS};
use super::incoming::PostedIncoming;
use super::outbox::EventOutbox;
use super::posts::{queue, Key, Posts};
use crate::endpoint::HubEndpoint;
use crate::listener::{client_address, TrustedProxies};
use crate::ws::{Admission, Line, OpenSockets, Pace, Proof, Refusal, ServerSettings, SocketSettings, UpgradeRequest};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use arc_swap::ArcSwap;
use hubwire_actors::outbox::Incoming;
use hubwire_actors::session::Opening;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The entrance for streams of one worker: they count as sockets, have the same pace and the same limits.
#[derive(Clone)]
pub(crate) struct Entrance {
    open: OpenSockets,
    pace: Pace,
    proxies: Arc<ArcSwap<TrustedProxies>>,
    admit_timeout: Duration,
    socket: Rc<SocketSettings>,
    posts: Posts,
}

impl Entrance {
    pub(crate) fn new(open: OpenSockets, pace: Pace, settings: &ServerSettings, posts: Posts) -> Self {
        let (proxies, admit_timeout) = (settings.door.proxies.clone(), settings.admit_timeout);
        Entrance { open, pace, proxies, admit_timeout, socket: Rc::new(settings.socket.clone()), posts }
    }

    /// A place for a client, and its address. It does not take a turn yet.
    pub(crate) fn place(&self, request: &HttpRequest) -> Result<(SocketAddr, Admission), Refusal> {
        let gone = || Refusal::new(StatusCode::BAD_REQUEST, "gone", "the connection ended");
        let peer = request.peer_addr().ok_or_else(gone)?;
        let peer = client_address(peer, request.head().headers(), &self.proxies.load());
        Ok((peer, self.open.admit(peer.ip())?))
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self, line: Line) -> Result<(), Refusal> {
        Ok(self.pace.turn(line).await?)
    }

    /// The write side of a stream.
    pub(crate) fn outbox(&self, form: &'static Form, admission: Admission) -> Rc<EventOutbox> {
        Rc::new(EventOutbox::new(form, self.socket.clone(), admission))
    }

    /// The registered streams, for posts.
    pub(crate) fn posts(&self) -> &Posts {
        &self.posts
    }
}

/// The streams of one worker.
pub(crate) struct Streams {
    hub: Rc<HubEndpoint>,
    entrance: Entrance,
}

impl Streams {
    /// Streams in addition to the sockets of `hub`.
    pub(crate) fn new(hub: Rc<HubEndpoint>, entrance: Entrance) -> Self {
        Streams { hub, entrance }
    }

    async fn admit(&self, request: &HttpRequest) -> Result<(Opening, Admission), Refusal> {
        let (peer, admission) = self.entrance.place(request)?;
        let asked = UpgradeRequest::of(request.head(), peer);
        let late = |_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "it was not decided in time");
        let within = self.entrance.admit_timeout;
        let after = match self.hub.proof_of(&asked) {
            Proof::Whole => Some(Line::Known),
            Proof::LookedUp(is_good) => {
                if timeout(within, is_good).await.map_err(late)? {
                    self.entrance.turn(Line::Known).await?;
                }
                None
            }
            Proof::Later => {
                self.entrance.turn(Line::Unknown).await?;
                None
            }
        };
        let opening = timeout(within, self.hub.admit_stream(&asked)).await.map_err(late)??;
        if let Some(line) = after {
            self.entrance.turn(line).await?;
        }
        Ok((opening, admission))
    }

    fn begin(&self, opening: Opening, admission: Admission) -> EventBody {
        let outbox = self.entrance.outbox(&EVENTS, admission);
        let (sender, posts) = queue();
        let incoming = PostedIncoming::new(outbox.clone(), posts, Incoming::Text);
        let session = self.hub.start(opening, outbox.clone(), incoming);
        let key = Key::new(rand::random());
        outbox.push(event::session(session, key.text()));
        EventBody::new(outbox, Some(self.entrance.posts().register(session, key, sender)))
    }
}

/// The head of an endless response.
pub(crate) fn respond(form: &Form) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    // buffering proxies would hold events back
    response.content_type(form.content_type).insert_header((CACHE_CONTROL, "no-store, no-transform"));
    response.insert_header(("X-Accel-Buffering", "no"));
    response
}

/// Opens a stream, or answers with a refusal.
pub(crate) async fn open(streams: &Streams, request: &HttpRequest) -> HttpResponse {
    let mut response = respond(&EVENTS);
    if request.method() == Method::HEAD {
        return response.finish();
    }
    match streams.admit(request).await {
        Ok((opening, admission)) => response.body(streams.begin(opening, admission)),
        Err(refusal) => refused(&refusal),
    }
}

pub(crate) fn refused(refusal: &Refusal) -> HttpResponse {
    let mut response = HttpResponse::build(refusal.status);
    for (name, value) in &refusal.headers {
        response.insert_header((*name, value.as_str()));
    }
    response.content_type("application/json").body(refusal.body())
}
