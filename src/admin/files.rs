//! The files of the page, each with the headers that keep it from running or fetching anything else.

use super::door::Shut;
use super::sign_in::shut;
use crate::http::{Failure, HttpState};
use actix_web::guard::GuardContext;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, LOCATION, VARY};
use actix_web::http::Method;
use actix_web::{web, HttpRequest, HttpResponse};

/// A file of the page.
struct File {
    name: &'static str,
    content: &'static [u8],
}

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(File { name: $name, content: include_bytes!(concat!("page/", $name)) }),+]
    };
}

const INDEX: &[u8] = include_bytes!("page/index.html");

/// What is served below `/admin/`. A test holds it against the directory.
const FILES: &[File] = files![
    "api.js",
    "app.js",
    "channel.js",
    "cluster.js",
    "icon.svg",
    "parts.js",
    "settings.js",
    "signin.js",
    "style.css",
    "user.js",
];

/// The one library, built for the demo.
const PREACT: File = File { name: "preact.js", content: include_bytes!("../demo/page/preact.js") };

/// Scripts, styles and requests of this origin alone (Content Security Policy Level 3).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Whether a request reads, and its client asks for HTML by name.
pub fn wants_html(context: &GuardContext<'_>) -> bool {
    let accept = context.head().headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    reads(context) && accept.is_some_and(|accept| accept.contains("text/html"))
}

/// `GET` or `HEAD`.
pub fn reads(context: &GuardContext<'_>) -> bool {
    [Method::GET, Method::HEAD].contains(&context.head().method)
}

/// To where the page is.
pub async fn to_the_page() -> HttpResponse {
    HttpResponse::Found().insert_header((LOCATION, "/admin/")).insert_header((VARY, "Accept")).finish()
}

/// The page.
pub async fn index(state: web::Data<HttpState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    // said in words where somebody looks, before anything is typed
    match state.door.is_named(request.headers()) {
        true => Ok(answer("text/html; charset=utf-8", INDEX)),
        false => Err(shut(Shut::Host)),
    }
}

/// One of its files.
pub async fn show(name: web::Path<String>) -> Result<HttpResponse, Failure> {
    let found = FILES.iter().chain([&PREACT]).find(|file| file.name == name.as_str());
    let file = found.ok_or_else(|| Failure::NotFound { message: format!("the page has no file {name}") })?;
    Ok(answer(content_type(file.name), file.content))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    }
}

fn answer(content_type: &'static str, content: &'static [u8]) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Content-Security-Policy", POLICY))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Referrer-Policy", "no-referrer"))
        .insert_header(("Cross-Origin-Resource-Policy", "same-origin"))
        // the files come with the binary and change with it
        .insert_header((CACHE_CONTROL, "no-cache"))
        .content_type(content_type)
        .body(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_the_page_is_served() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/admin/page");
        let entries = std::fs::read_dir(directory).unwrap();
        let there: BTreeSet<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let served = FILES.iter().map(|file| file.name).chain(["index.html"]).map(String::from).collect();
        assert_eq!(there, served);
    }
}
