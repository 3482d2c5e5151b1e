//! Every route of the server API with a key of every scope, compared with docs/access.md.

use super::keys::{only, SCOPES};
use super::*;
use crate::http::routes::INTERNAL;
use actix_web::http::Method;
use std::collections::{BTreeMap, BTreeSet};

/// Method and path of each documented route, with the scope that opens it.
fn documented() -> BTreeMap<(String, String), String> {
    let page = include_str!("../../../docs/access.md");
    let table = page.split("<!-- routes: begin").nth(1).and_then(|rest| rest.split("<!-- routes: end").next()).unwrap();
    let mut routes = BTreeMap::new();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let words: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        let (scope, opens) = words.split_first().unwrap();
        for route in opens {
            let (method, path) = route.split_once(' ').unwrap();
            let former = routes.insert((method.to_owned(), path.to_owned()), (*scope).to_owned());
            assert_eq!(former, None, "{route} is there twice");
        }
    }
    routes
}

fn request(method: &str, path: &str, key: Option<&str>) -> TestRequest {
    let path = path
        .replace("{user}", "u1")
        .replace("{channel}", "ch:acme%2Fx")
        .replace("{stream}", "ch:acme%2Fx")
        .replace("{pos}", "1-1")
        .replace("{session}", "0190a5b2-7c41-8abc-9def-0123456789ab")
        .replace("{incarnation}", "000000000000005");
    let request = TestRequest::default().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(&path);
    match key {
        Some(key) => request.insert_header(("x-api-key", key)),
        None => request,
    }
}

#[actix_rt::test]
async fn every_route_is_opened_by_the_scope_of_the_table_and_by_no_other() {
    let documented = documented();
    let served: BTreeSet<(String, String)> = INTERNAL
        .iter()
        .flat_map(|(path, methods)| methods.iter().map(|method| (method.to_string(), path.to_string())))
        .collect();
    assert_eq!(documented.keys().cloned().collect::<BTreeSet<_>>(), served, "each route stands in the table");
    let fake = Fake::default();
    let app = init_service(App::new().configure(internal(fake.state()))).await;
    let mut wrong = Vec::new();
    for ((method, path), scope) in &documented {
        let keys = SCOPES.iter().map(|scope| Some(*scope)).chain([None]);
        for of in keys {
            let key = of.map(only);
            let asked = request(method, path, key.as_deref()).to_request();
            // not read: a tail never ends
            let status = call_service(&app, asked).await.status();
            let is_right = match of {
                None => status == StatusCode::UNAUTHORIZED,
                Some(of) if of == scope => ![StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status),
                Some(_) => status == StatusCode::FORBIDDEN,
            };
            if !is_right {
                wrong.push(format!("{method} {path} with {of:?}: {status}, the table says {scope}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
