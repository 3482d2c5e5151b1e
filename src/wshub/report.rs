//! Lists connections for operators: JSON, on the internal listener only, because keys may be secrets.

use super::endpoint::WsHubHandle;
use actix_web::{web, HttpResponse};
use hubwire_actors::words::wshub::{ClientReport, CountConnections, ReportClients};
use serde_json::{json, Map, Value};
use std::collections::BTreeMap;

/// `GET /status`: the number of connections as a line of text. Served on the public listener, too.
pub(super) async fn status(handle: web::Data<WsHubHandle>) -> HttpResponse {
    match handle.hub.send(CountConnections).await {
        Ok(count) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(format!("{count}\n")),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// `GET /status`, `/clients`, `/groups` and `/sessions`. Keys that are not valid UTF-8 are converted lossily.
pub fn report_routes(handle: WsHubHandle) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config
            .app_data(web::Data::new(handle))
            .route("/status", web::get().to(status))
            .route("/clients", web::get().to(|handle| report(handle, clients)))
            .route("/groups", web::get().to(|handle| report(handle, groups)))
            .route("/sessions", web::get().to(|handle| report(handle, sessions)));
    }
}

async fn report(handle: web::Data<WsHubHandle>, print: fn(&[ClientReport]) -> Value) -> HttpResponse {
    match handle.hub.send(ReportClients).await {
        Ok(clients) => HttpResponse::Ok().json(print(&clients)),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// `{"<key>": {"connections": 1, "groups": ["news"], "answered": true}}`.
fn clients(clients: &[ClientReport]) -> Value {
    let entry = |client: &ClientReport| {
        let groups: Vec<String> = client.groups.iter().map(|group| shown(group)).collect();
        (
            shown(&client.key),
            json!({"connections": client.peers.len(), "groups": groups, "answered": client.is_answered}),
        )
    };
    Value::Object(clients.iter().map(entry).collect::<Map<_, _>>())
}

/// `{"<group>": ["<key>"]}`.
fn groups(clients: &[ClientReport]) -> Value {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for client in clients {
        for group in &client.groups {
            groups.entry(shown(group)).or_default().push(shown(&client.key));
        }
    }
    json!(groups)
}

/// `[{"key": "<key>", "peer": "127.0.0.1:50000"}]`, one per connection.
fn sessions(clients: &[ClientReport]) -> Value {
    let sessions = clients
        .iter()
        .flat_map(|client| client.peers.iter().map(|peer| json!({"key": shown(&client.key), "peer": &**peer})));
    Value::Array(sessions.collect())
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
