//! The operator's page at `/admin` of the internal listener: its files and its sign-in.
//!
//! The page calls only the documented endpoints. An operator who signs in with an API key of the scope `operate` gets a
//! random cookie that stands for that key on this node; [`door`] checks the cookie wherever a key is required.

pub(crate) mod door;
mod files;
mod sign_in;

use crate::embedded;
use crate::http::HttpState;
use actix_web::{guard, web};

/// Adds the page to the internal listener; nothing when it is disabled.
pub fn internal_routes(state: HttpState) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        if !state.door.is_open() {
            return;
        }
        let read = || guard::fn_guard(embedded::reads);
        config
            .service(web::resource("/").guard(guard::fn_guard(embedded::wants_html)).to(files::to_the_page))
            .service(web::resource("/admin").guard(read()).to(files::to_the_page))
            .service(web::resource("/admin/").guard(read()).to(files::index))
            .service(web::resource("/admin/{file}").guard(read()).to(files::show))
            .service(
                web::resource("/v1/admin/session")
                    .route(web::get().to(sign_in::who))
                    .route(web::post().to(sign_in::sign_in))
                    .route(web::delete().to(sign_in::sign_out)),
            );
    }
}
