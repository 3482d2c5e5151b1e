//! What was asked over HTTP: counted by route, so that a name in a path makes no metric of its own; at debug a line
//! each, with the id that the caller gave the request.

use super::state::HttpState;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{web, Error};
use prometheus::{IntCounterVec, Opts, Registry};
use tokio::time::Instant;

/// Methods that are counted by name; whoever asks makes up others.
const METHODS: [Method; 6] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];
/// Stands for every path and method nothing is served at.
const OTHER: &str = "other";

/// What the lines stand under: `log.level = "info,hubwire::api=debug"` turns them on.
const TARGET: &str = "hubwire::api";
/// Names a request wherever it is written down, here and at the caller's.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A longer one is none.
const REQUEST_ID_MAX: usize = 128;

/// See the module. Shared by both listeners.
#[derive(Clone)]
pub struct Requests(IntCounterVec);

impl Requests {
    /// Registers the counter.
    ///
    /// # Errors
    /// When the name is taken: a mistake in the program.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let options = Opts::new("hubwire_api_requests_total", "HTTP requests answered, by route, method and status.");
        let requests = IntCounterVec::new(options, &["path", "method", "status"])?;
        registry.register(Box::new(requests.clone()))?;
        Ok(Requests(requests))
    }

    /// Counts a request to a path nothing is served at.
    pub(super) fn count_nowhere(&self) {
        self.0.with_label_values(&[OTHER, OTHER, "404"]).inc();
    }
}

/// Counts the answer to a request by the pattern of its route.
pub(crate) async fn count<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let (id, begun) = (request_id(request.headers()).map(str::to_owned), Instant::now());
    let mut response = next.call(request).await?;
    let request = response.request();
    if let Some(state) = request.app_data::<web::Data<HttpState>>() {
        let method = METHODS.iter().find(|method| *method == request.method()).map_or(OTHER, Method::as_str);
        let path = request.match_pattern();
        let status = response.status();
        state.requests.0.with_label_values(&[path.as_deref().unwrap_or(OTHER), method, status.as_str()]).inc();
        log::debug!(
            target: TARGET,
            "request answered method={method} route={} status={} took_ms={} request_id={}",
            path.as_deref().unwrap_or(OTHER),
            status.as_u16(),
            begun.elapsed().as_millis(),
            id.as_deref().unwrap_or("-")
        );
    }
    if let Some(id) = id.and_then(|id| id.parse().ok()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(response)
}

/// The id of a request, if it is one word.
fn request_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_word = !id.is_empty() && id.len() <= REQUEST_ID_MAX && id.bytes().all(|byte| byte.is_ascii_graphic());
    is_word.then_some(id)
}
