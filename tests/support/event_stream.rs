//! A session without a WebSocket: server-sent events down, posts up.

use super::eventually::DEADLINE;
use super::{Action, Login};
use serde_json::Value;
use std::io::{BufRead, BufReader};

/// See the module. Waits on its thread; the node is a process of its own.
pub struct EventStream {
    base: String,
    agent: ureq::Agent,
    lines: BufReader<ureq::BodyReader<'static>>,
    /// The id of the session.
    pub session: String,
    /// What its posts are authorised with.
    pub key: String,
}

impl EventStream {
    /// Opens one as a user.
    pub fn open(port: u16, login: &Login) -> EventStream {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(DEADLINE)).build();
        let agent: ureq::Agent = config.into();
        let base = format!("http://127.0.0.1:{port}/stream");
        let request = agent.get(&base).header("Authorization", format!("Bearer {}", login.token()));
        let response = request.call().unwrap();
        assert_eq!(response.status().as_u16(), 200);
        let lines = BufReader::new(response.into_body().into_reader());
        let mut stream = EventStream { base, agent, lines, session: String::new(), key: String::new() };
        let (kind, named) = stream.event();
        assert_eq!(kind, "session", "{named}");
        let text = |field: &str| named[field].as_str().unwrap().to_owned();
        (stream.session, stream.key) = (text("session"), text("key"));
        stream
    }

    /// Posts, and returns the status.
    pub fn post(&self, actions: &Value) -> u16 {
        self.post_as(&self.key, actions)
    }

    /// Posts with another key.
    pub fn post_as(&self, key: &str, actions: &Value) -> u16 {
        let request = self.agent.post(format!("{}/{}", self.base, self.session));
        let response = request.header("Authorization", format!("Bearer {key}")).send_json(actions);
        response.unwrap().status().as_u16()
    }

    /// Posts an action with an id, and waits for its answer.
    pub fn ask(&mut self, mut action: Value) -> Action {
        let id = "asked";
        action["meta"]["hub"]["id"] = id.into();
        assert_eq!(self.post(&action), 202, "{action}");
        loop {
            let (kind, said) = self.event();
            assert_eq!(kind, "message", "{said}");
            let said = Action(said);
            if said.hub("re") == id {
                return said;
            }
        }
    }

    /// The next event: its name and its data.
    fn event(&mut self) -> (String, Value) {
        let (mut kind, mut data) = ("message".to_owned(), String::new());
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the stream broke off");
            let line = line.trim_end_matches(['\r', '\n']);
            if let Some(name) = line.strip_prefix("event: ") {
                kind = name.to_owned();
            } else if let Some(part) = line.strip_prefix("data: ") {
                data.push_str(part);
            } else if line.is_empty() && !data.is_empty() {
                return (kind, serde_json::from_str(&data).unwrap());
            }
        }
    }
}
