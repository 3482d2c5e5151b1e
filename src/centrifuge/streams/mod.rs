//! The same conversations without WebSockets: the node sends one long response, and the client posts to any node
//! ("emulation"); also those of clients that only receive.

mod forms;
mod open;
mod post;

pub use open::Streams;

use crate::http::share_with_cookies;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

/// The paths that open responses, and the path for posts.
pub(super) fn routes(config: &mut ServiceConfig) {
    let shared = |path: &str| web::resource(path.to_owned()).wrap(from_fn(share_with_cookies));
    config
        .service(shared("/connection/http_stream").route(web::post().to(open::http_stream)))
        .service(shared("/connection/sse").route(web::get().to(open::sse)))
        .service(shared("/emulation").route(web::post().to(post::post)))
        .service(
            shared("/connection/uni_sse")
                .route(web::get().to(open::uni_sse))
                .route(web::post().to(open::uni_sse_posted)),
        )
        .service(shared("/connection/uni_http_stream").route(web::post().to(open::uni_http_stream)));
}
