//! Counts HTTP requests by route, so that names in paths do not become labels of metrics. At debug level it logs a line
//! for each, with the request id of the caller.

use super::state::HttpState;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{web, Error};
use prometheus::{IntCounterVec, Opts, Registry};
use tokio::time::Instant;

/// Methods that are counted by name; clients may send any other name.
const METHODS: [Method; 6] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];
/// The label of all unknown paths and methods.
const OTHER: &str = "other";

/// The log target: `log.level = "info,hubwire::api=debug"` turns the lines on.
const TARGET: &str = "hubwire::api";
/// The header with the id of a request, for logs here and at the caller.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest request id, in bytes; a longer one is ignored.
const REQUEST_ID_MAX: usize = 128;

/// The counters of both listeners; see the module.
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

    /// Counts a request to an unknown path.
    pub(super) fn count_nowhere(&self) {
        self.0.with_label_values(&[OTHER, OTHER, "404"]).inc();
    }
}

/// Counts the answer to a request, by the pattern of its route.
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

/// The id of a request, if it is a single word.
fn request_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_word = !id.is_empty() && id.len() <= REQUEST_ID_MAX && id.bytes().all(|byte| byte.is_ascii_graphic());
    is_word.then_some(id)
}
