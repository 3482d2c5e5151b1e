//! Pages embedded in the program: their files, and the headers that prevent them from running or fetching anything
//! else.

use actix_web::guard::GuardContext;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL};
use actix_web::http::Method;
use actix_web::HttpResponse;

/// A file of a page.
pub struct File {
    /// The name in its URL.
    pub name: &'static str,
    /// Its bytes.
    pub content: &'static [u8],
}

/// Files of the directory `page/` of the calling module.
macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$($crate::embedded::File { name: $name, content: include_bytes!(concat!("page/", $name)) }),+]
    };
}
pub(crate) use files;

/// Allows only scripts, styles and requests of this origin (Content Security Policy Level 3; `'self'` covers its
/// sockets). No other directive covers the targets of forms, so `form-action` is needed.
macro_rules! policy {
    ($form_action:literal) => {
        concat!(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; ",
            "base-uri 'none'; form-action ",
            $form_action,
            "; frame-ancestors 'none'"
        )
    };
}
pub(crate) use policy;

/// Whether a request reads and accepts HTML explicitly: `*/*` gets the JSON that has always been at `/`.
pub fn wants_html(context: &GuardContext<'_>) -> bool {
    let accept = context.head().headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    reads(context) && accept.is_some_and(|accept| accept.contains("text/html"))
}

/// `GET` or `HEAD`.
pub fn reads(context: &GuardContext<'_>) -> bool {
    [Method::GET, Method::HEAD].contains(&context.head().method)
}

/// The page itself.
pub fn page(policy: &'static str, content: &'static [u8]) -> HttpResponse {
    answer(policy, "text/html; charset=utf-8", content)
}

/// One of its files.
pub fn file(policy: &'static str, file: &File) -> HttpResponse {
    let content_type = match file.name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    };
    answer(policy, content_type, file.content)
}

fn answer(policy: &'static str, content_type: &'static str, content: &'static [u8]) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Content-Security-Policy", policy))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Referrer-Policy", "no-referrer"))
        // the files are part of the binary and change with it
        .insert_header((CACHE_CONTROL, "no-cache"))
        .content_type(content_type)
        .body(content)
}
