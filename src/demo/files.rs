//! The files of the page, each with the headers that keep it from running or fetching anything else.

use crate::http::Failure;
use actix_web::guard::GuardContext;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, VARY};
use actix_web::http::Method;
use actix_web::{web, HttpResponse};

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

/// What is served below `/demo/`. A test holds it against the directory.
const FILES: &[File] = files![
    "app.js",
    "bar.js",
    "colleagues.js",
    "conversation.js",
    "frames.js",
    "hub.js",
    "hubwire.js",
    "icon.svg",
    "inbox.js",
    "lobby.js",
    "order-log.js",
    "order-model.js",
    "order-view.js",
    "orders.js",
    "preact.js",
    "seed.js",
    "signin.js",
    "store.js",
    "style.css",
    "toasts.js",
];

/// Scripts, styles and requests of this origin alone (Content Security Policy Level 3; `'self'` covers its sockets).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Whether a request reads, and its client asks for HTML by name: `*/*` gets the JSON that was always at `/`.
pub fn wants_html(context: &GuardContext<'_>) -> bool {
    let accept = context.head().headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    reads(context) && accept.is_some_and(|accept| accept.contains("text/html"))
}

/// `GET` or `HEAD`.
pub fn reads(context: &GuardContext<'_>) -> bool {
    [Method::GET, Method::HEAD].contains(&context.head().method)
}

/// The page.
pub async fn index() -> HttpResponse {
    let mut response = answer("text/html; charset=utf-8", INDEX);
    response.headers_mut().insert(VARY, ACCEPT.into());
    response
}

/// One of its files.
pub async fn show(name: web::Path<String>) -> Result<HttpResponse, Failure> {
    let found = FILES.iter().find(|file| file.name == name.as_str());
    let file = found.ok_or_else(|| Failure::NotFound { message: format!("the demo has no file {name}") })?;
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
        // the files come with the binary and change with it; loopback is fast enough to ask each time
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
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/page");
        let entries = std::fs::read_dir(directory).unwrap();
        let there: BTreeSet<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let served = FILES.iter().map(|file| file.name).chain(["index.html"]).map(String::from).collect();
        assert_eq!(there, served);
    }
}
