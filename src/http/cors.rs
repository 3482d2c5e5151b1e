//! Cross-origin requests of pages to the endpoints that browsers use (Fetch standard, "CORS protocol"). The list of
//! allowed origins is that of sockets: an origin that may open a socket may also get a ticket for it.

use super::state::HttpState;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{web, Error, HttpResponse};

/// How long a browser may cache the answer to a preflight, in seconds.
const PREFLIGHT_AGE_S: HeaderValue = HeaderValue::from_static("600");

/// Like [`share`], but the browser may also store a cookie.
pub async fn share_with_cookies(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut response = share(request, next).await?;
    let headers = response.headers_mut();
    if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Answers preflights, and adds the CORS headers to answers for pages that may connect. Answers for other pages have no
/// such header, so the browser hides them from the page.
pub async fn share(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let origin = permitted_origin(&request);
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match preflight {
        true => request.into_response(HttpResponse::NoContent().finish()),
        false => next.call(request).await?.map_into_boxed_body(),
    };
    let headers = response.headers_mut();
    // a cache must not serve the answer for one page to another
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if preflight {
            allow(headers);
        }
    }
    Ok(response)
}

fn allow(headers: &mut HeaderMap) {
    let values: [(HeaderName, HeaderValue); 3] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type")),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE_S),
    ];
    for (name, value) in values {
        headers.insert(name, value);
    }
}

fn permitted_origin(request: &ServiceRequest) -> Option<HeaderValue> {
    let state = request.app_data::<web::Data<HttpState>>()?;
    let origin = request.headers().get(header::ORIGIN)?;
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    state.pages.load().permit(origin.to_str().ok(), host).then(|| origin.clone())
}
