//! Paths and their endpoints.

use super::endpoint::Endpoint;
use super::handshake;
use actix_web::{web, HttpResponse, Resource};
use std::rc::Rc;

/// The paths of sockets. One value per worker.
#[derive(Default, Clone)]
pub struct Routes(Vec<(String, Rc<dyn Endpoint>)>);

impl Routes {
    /// Adds an endpoint on a path. One trailing slash makes no difference.
    pub fn with(self, path: &str, endpoint: impl Endpoint + 'static) -> Self {
        self.with_shared(path, Rc::new(endpoint))
    }

    /// The same with an endpoint that other code of the worker uses, too.
    pub fn with_shared(mut self, path: &str, endpoint: Rc<dyn Endpoint>) -> Self {
        self.0.push((without_slash(path).to_owned(), endpoint));
        self
    }

    /// The endpoint of a path.
    pub(super) fn find(&self, path: &str) -> Option<&Rc<dyn Endpoint>> {
        let path = without_slash(path);
        self.0.iter().find(|(known, _)| known == path).map(|(_, endpoint)| endpoint)
    }
}

/// A resource for the ordinary application: tells a plain request that the path is for sockets (426).
pub fn upgrade_required(path: &str) -> Resource {
    let path = without_slash(path);
    let refusal = handshake::upgrade_required();
    web::resource([path.to_owned(), format!("{path}/")]).default_service(web::to(move || {
        let mut response = HttpResponse::build(refusal.status);
        for (name, value) in &refusal.headers {
            response.insert_header((*name, value.as_str()));
        }
        std::future::ready(response.content_type("application/json").body(refusal.body()))
    }))
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}
