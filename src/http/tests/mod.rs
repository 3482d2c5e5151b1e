//! Both applications over a fake cluster: the calls that requests lead to, and the form of answers.

mod admin_page;
mod audit;
mod demo_page;
mod denylist;
mod documents;
mod fake;
mod fake_inspect;
mod inspection;
mod internal_api;
mod key_scopes;
mod keys;
mod probes;
mod public_api;
mod server_publish;
mod session_cookie;
mod watching;
mod wrong_keys;

use super::routes::{internal, public};
use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use actix_web::test::{call_service, init_service, TestRequest};
use actix_web::App;
use fake::Fake;
use serde_json::Value;

/// A read answer.
struct Answer {
    status: StatusCode,
    headers: actix_web::http::header::HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The stable code in the body of an error.
    fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }

    fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap().to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask_internal(fake: &Fake, request: TestRequest) -> Answer {
    let app = init_service(App::new().configure(internal(fake.state()))).await;
    read(call_service(&app, request.to_request()).await).await
}

async fn ask_public(fake: &Fake, request: TestRequest) -> Answer {
    let app = init_service(App::new().configure(public(fake.state()))).await;
    read(call_service(&app, request.to_request()).await).await
}

async fn read(response: actix_web::dev::ServiceResponse) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = to_bytes(response.into_body()).await.unwrap();
    Answer { status, headers, text: String::from_utf8(bytes.into()).unwrap() }
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header(("x-api-key", fake::KEY))
}

fn post(path: &str, body: &str) -> TestRequest {
    let request = TestRequest::post().uri(path).insert_header(("authorization", format!("Bearer {}", fake::KEY)));
    request.insert_header(("content-type", "application/json")).set_payload(body.to_owned())
}
