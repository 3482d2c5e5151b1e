//! The server API of one node, and its health and metrics.

use super::settings::API_KEY;
use super::Login;
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// Asks one node.
pub struct Api {
    base: String,
    key: String,
    agent: ureq::Agent,
}

/// A status with the body, null when it is no JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Decoded body.
    pub body: Value,
}

impl Api {
    /// The API on a loopback port, with the key nodes under test accept.
    pub fn new(port: u16) -> Api {
        let timeout = Some(Duration::from_secs(10));
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(timeout).build();
        Api { base: format!("http://127.0.0.1:{port}"), key: API_KEY.into(), agent: config.into() }
    }

    /// The same with another key.
    pub fn with_key(mut self, key: &str) -> Api {
        self.key = key.into();
        self
    }

    /// Publishes; the reply is the ack.
    pub fn publish(&self, to: &str, kind: &str, payload: Value) -> Value {
        self.ok(self.post("/v1/publish", json!({ "to": to, "type": kind, "payload": payload })))
    }

    /// A one-time ticket.
    pub fn ticket(&self, login: &Login) -> String {
        self.ticket_for(json!({ "user": login.name(), "orgs": login.orgs() }))
    }

    /// A one-time ticket for what the request says.
    pub fn ticket_for(&self, request: Value) -> String {
        let body = self.ok(self.post("/v1/tickets", request));
        body["ticket"].as_str().unwrap_or_else(|| panic!("no ticket: {body}")).to_string()
    }

    /// How many sessions a user has in the cluster.
    pub fn session_count(&self, user: &str) -> usize {
        let body = self.ok(self.get(&format!("/v1/users/{user}/sessions")));
        body["sessions"].as_array().unwrap_or_else(|| panic!("no sessions: {body}")).len()
    }

    /// Closes all sessions of a user with a code.
    pub fn disconnect_with(&self, user: &str, code: u16) -> Value {
        self.ok(self.post(&format!("/v1/users/{user}/disconnect"), json!({ "code": code })))
    }

    /// Closes all sessions of a user.
    pub fn disconnect(&self, user: &str) -> Value {
        self.ok(self.post(&format!("/v1/users/{user}/disconnect"), json!({})))
    }

    /// Who is in a channel, or whether a user is there: user and number of sessions.
    pub fn presence(&self, query: &str) -> Vec<(String, Option<u64>)> {
        let body = self.ok(self.get(&format!("/v1/presence?{query}")));
        super::Action(json!({ "payload": body })).users()
    }

    /// POST with a JSON body.
    pub fn post(&self, path: &str, body: Value) -> Reply {
        let request = self.agent.post(format!("{}{path}", self.base)).header("Authorization", self.authorization());
        reply(request.send_json(body).unwrap_or_else(|error| panic!("POST {path}: {error}")))
    }

    /// POST with a JSON body and one more header.
    pub fn post_with(&self, path: &str, header: (&str, &str), body: Value) -> Reply {
        let request = self.agent.post(format!("{}{path}", self.base)).header("Authorization", self.authorization());
        let sent = request.header(header.0, header.1).send_json(body);
        reply(sent.unwrap_or_else(|error| panic!("POST {path}: {error}")))
    }

    /// GET.
    pub fn get(&self, path: &str) -> Reply {
        let request = self.agent.get(format!("{}{path}", self.base)).header("Authorization", self.authorization());
        reply(request.call().unwrap_or_else(|error| panic!("GET {path}: {error}")))
    }

    /// PUT with a JSON body.
    pub fn put(&self, path: &str, body: Value) -> Reply {
        let request = self.agent.put(format!("{}{path}", self.base)).header("Authorization", self.authorization());
        reply(request.send_json(body).unwrap_or_else(|error| panic!("PUT {path}: {error}")))
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Reply {
        let request = self.agent.delete(format!("{}{path}", self.base)).header("Authorization", self.authorization());
        reply(request.call().unwrap_or_else(|error| panic!("DELETE {path}: {error}")))
    }

    /// The status of an unauthenticated GET; `None` while nobody listens.
    pub fn try_status(&self, path: &str) -> Option<u16> {
        Some(self.agent.get(format!("{}{path}", self.base)).call().ok()?.status().as_u16())
    }

    /// The body of an unauthenticated GET with its content type.
    pub fn text(&self, path: &str) -> (String, String) {
        let mut response = self.agent.get(format!("{}{path}", self.base)).call().unwrap();
        assert_eq!(response.status().as_u16(), 200, "GET {path}");
        let content_type = response.headers()["content-type"].to_str().unwrap().to_string();
        (content_type, response.body_mut().read_to_string().unwrap())
    }

    /// The sum of a metric's samples; 0 when there is none.
    pub fn metric(&self, name: &str) -> f64 {
        let (_, page) = self.text("/metrics");
        let families = super::prometheus_text::parse(&page).unwrap_or_else(|broken| panic!("{broken}\n{page}"));
        families.get(name).map_or(0.0, |family| family.samples.iter().map(|sample| sample.value).sum())
    }

    /// All metrics by name, samples of one name added up; `None` while nobody answers.
    pub fn try_metrics(&self) -> Option<BTreeMap<String, f64>> {
        let mut response = self.agent.get(format!("{}/metrics", self.base)).call().ok()?;
        let page = response.body_mut().read_to_string().ok()?;
        let families = super::prometheus_text::parse(&page).unwrap_or_else(|broken| panic!("{broken}\n{page}"));
        let sum = |family: super::prometheus_text::Family| family.samples.iter().map(|sample| sample.value).sum();
        Some(families.into_iter().map(|(name, family)| (name, sum(family))).collect())
    }

    fn authorization(&self) -> String {
        format!("Bearer {}", self.key)
    }

    /// The body of an answer that must be a success.
    pub fn ok(&self, reply: Reply) -> Value {
        assert!((200..300).contains(&reply.status), "{reply:?}");
        reply.body
    }
}

fn reply(mut response: ureq::http::Response<ureq::Body>) -> Reply {
    let text = response.body_mut().read_to_string().unwrap();
    Reply { status: response.status().as_u16(), body: serde_json::from_str(&text).unwrap_or_default() }
}
