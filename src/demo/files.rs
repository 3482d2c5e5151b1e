//! The files of the page.

use crate::embedded::{self, files, policy, File};
use crate::http::Failure;
use actix_web::http::header::{ACCEPT, VARY};
use actix_web::{web, HttpResponse};

const INDEX: &[u8] = include_bytes!("page/index.html");

/// The files below `/demo/`. A test compares the list with the directory.
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

const POLICY: &str = policy!("'none'");

/// The page.
pub async fn index() -> HttpResponse {
    let mut response = embedded::page(POLICY, INDEX);
    response.headers_mut().insert(VARY, ACCEPT.into());
    response
}

/// One of its files.
pub async fn show(name: web::Path<String>) -> Result<HttpResponse, Failure> {
    let found = FILES.iter().find(|file| file.name == name.as_str());
    let file = found.ok_or_else(|| Failure::NotFound { message: format!("the demo has no file {name}") })?;
    Ok(embedded::file(POLICY, file))
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
