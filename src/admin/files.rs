//! The files of the page.

use super::door::Shut;
use crate::embedded::{self, files, policy, File};
use crate::http::{Failure, HttpState};
use actix_web::http::header::{LOCATION, VARY};
use actix_web::{web, HttpRequest, HttpResponse};

const INDEX: &[u8] = include_bytes!("page/index.html");

/// The files below `/admin/`. A test compares the list with the directory.
const FILES: &[File] = files![
    "api.js",
    "app.js",
    "audit.js",
    "channel.js",
    "cluster.js",
    "icon.svg",
    "parts.js",
    "publish.js",
    "settings.js",
    "signin.js",
    "style.css",
    "tail.js",
    "user.js",
];

/// The only library, built for the demo.
const PREACT: File = File { name: "preact.js", content: include_bytes!("../demo/page/preact.js") };

const POLICY: &str = policy!("'self'");

/// Redirects to the page.
pub async fn to_the_page() -> HttpResponse {
    HttpResponse::Found().insert_header((LOCATION, "/admin/")).insert_header((VARY, "Accept")).finish()
}

/// The page.
pub async fn index(state: web::Data<HttpState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    // answered before anything is typed
    match state.door.is_named(request.headers()) {
        true => Ok(embedded::page(POLICY, INDEX)),
        false => Err(Shut::Host.into()),
    }
}

/// One of its files.
pub async fn show(name: web::Path<String>) -> Result<HttpResponse, Failure> {
    let found = FILES.iter().chain([&PREACT]).find(|file| file.name == name.as_str());
    let file = found.ok_or_else(|| Failure::NotFound { message: format!("the page has no file {name}") })?;
    Ok(embedded::file(POLICY, file))
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
