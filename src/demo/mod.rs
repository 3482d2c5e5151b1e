//! The demo: an order-management page at `/` of a development node, or of a node with `node.demo`.
//!
//! Its files are embedded in the binary. `files` serves them, `development` signs people in, `people` lists them.

mod development;
mod files;
mod people;

use crate::embedded;
use crate::http::HttpState;
use actix_web::{guard, web};

/// Adds the demo to the public listener: nothing unless `shown`, and the sign-in only in development. Must precede the
/// routes of `http`, which answer `/` for clients that do not ask for HTML.
pub fn public_routes(state: HttpState, shown: bool) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        if !shown {
            return;
        }
        config.service(web::resource("/").guard(guard::fn_guard(embedded::wants_html)).to(files::index));
        config.service(web::resource("/demo/{file}").guard(guard::fn_guard(embedded::reads)).to(files::show));
        if state.pages.load().dev {
            let scope = web::scope("/dev")
                .app_data(web::Data::new(state))
                .route("/people", web::get().to(development::people))
                .route("/ticket", web::post().to(development::ticket))
                .route("/drain", web::post().to(development::drain));
            config.service(scope);
        }
    }
}
