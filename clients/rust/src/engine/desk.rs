//! The engine's output: frames for the socket, requests awaiting answers, and events for the application.

use super::errand::Errand;
use super::router::Told;
use crate::error::{Code, HubError};
use crate::event::Event;
use hubwire_protocol::Address;
use serde_json::{json, Value};
use std::collections::{HashMap, VecDeque};
use tokio::sync::oneshot;

/// Most requests awaiting answers; further ones are refused with `queue_full`.
const QUESTIONS_MAX: usize = 1_024;

/// Receives the text of the node's answer, or its error.
pub type Answer = oneshot::Sender<Result<String, HubError>>;

/// What to do with the answer to a request.
pub enum Pending {
    /// Pass it to a waiting caller.
    Asked(Answer),
    /// Handle it as the answer to a membership's join or view.
    Join(u64),
    /// Handle it as a list of a membership's members.
    List(u64),
    /// Handle it as the users of a watch that are online.
    Watch(u64),
    /// Start with the list of a watched organisation.
    WatchOrg(u64),
    /// Handle it as a page of an organisation's members.
    OrgList(u64),
    /// A report to the node; only an error matters.
    Told,
    /// Nothing: the request tests that the node is alive, or informs it.
    Nothing,
}

/// See the module documentation.
pub struct Desk {
    /// Frames to be written to the socket.
    pub out: VecDeque<String>,
    questions: HashMap<String, Pending>,
    told: Vec<Told>,
    errands: Vec<Errand>,
    ids: String,
    count: u64,
}

impl Desk {
    /// `ids` is the common prefix of the ids of requests.
    pub fn new(ids: &str) -> Self {
        Desk {
            out: VecDeque::new(),
            questions: HashMap::new(),
            told: Vec::new(),
            errands: Vec::new(),
            ids: format!("{ids}-c"),
            count: 0,
        }
    }

    /// Emits an event to the application.
    pub fn tell(&mut self, event: Event) {
        self.told.push(Told::Event(event));
    }

    /// Ends feeds, or emits an event to some of them.
    pub fn tell_feeds(&mut self, told: Told) {
        self.told.push(told);
    }

    /// Takes what is to be emitted since the last call.
    pub fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    /// Asks the application to do something for this connection.
    pub fn errand(&mut self, errand: Errand) {
        self.errands.push(errand);
    }

    /// Takes the errands since the last call.
    pub fn take_errands(&mut self) -> Vec<Errand> {
        std::mem::take(&mut self.errands)
    }

    /// Whether there are errands.
    pub fn has_errands(&self) -> bool {
        !self.errands.is_empty()
    }

    /// An id for a request.
    pub fn next_id(&mut self) -> String {
        self.count += 1;
        format!("{}{}", self.ids, self.count)
    }

    /// Queues a protocol action, with what to do with its answer.
    pub fn ask(&mut self, kind: &str, to: Option<&Address>, payload: Option<Value>, pending: Pending) {
        let id = self.next_id();
        self.ask_as(id, kind, to, payload, pending);
    }

    /// The same with a given id: what the request stores is stored once, however often it is sent.
    pub fn ask_as(&mut self, id: String, kind: &str, to: Option<&Address>, payload: Option<Value>, pending: Pending) {
        if self.questions.len() >= QUESTIONS_MAX {
            if let Pending::Asked(answer) = pending {
                // the caller may be gone
                let _ = answer.send(Err(HubError::new(Code::QueueFull, "too many questions wait for their answers")));
            }
            return;
        }
        self.out.push_back(question(&id, kind, to, payload));
        self.questions.insert(id, pending);
    }

    /// Queues the first action of a session; only the *welcome* answers it.
    pub fn introduce(&mut self, kind: &str, payload: Option<Value>) {
        let id = self.next_id();
        self.out.push_back(question(&id, kind, None, payload));
    }

    /// Takes what to do with the answer to a request.
    pub fn answered(&mut self, id: &str) -> Option<Pending> {
        self.questions.remove(id)
    }

    /// Whether somebody waits for an answer. Anything received answers a ping, and reports need no answer: neither
    /// justifies reading on while the application has no room.
    pub fn has_questions(&self) -> bool {
        self.questions.values().any(|pending| !matches!(pending, Pending::Nothing))
    }

    /// The connection ended: discards frames and rejects pending requests.
    pub fn disconnected(&mut self) {
        self.out.clear();
        self.errands.clear();
        for (_, pending) in self.questions.drain() {
            if let Pending::Asked(answer) = pending {
                // the caller may be gone
                let _ = answer.send(Err(HubError::disconnected()));
            }
        }
    }
}

fn question(id: &str, kind: &str, to: Option<&Address>, payload: Option<Value>) -> String {
    let mut hub = json!({ "id": id });
    if let Some(to) = to {
        hub["to"] = json!(to);
    }
    let mut action = json!({ "type": kind, "meta": { "hub": hub } });
    if let Some(payload) = payload {
        action["payload"] = payload;
    }
    action.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Otherwise a client that believes it was asleep reads more than the application has room for, and reports a gap.
    #[test]
    fn a_ping_is_no_reason_to_read_on() {
        let mut desk = Desk::new("t");
        desk.ask("@@hub/ping", None, None, Pending::Nothing);
        assert!(!desk.has_questions());
        desk.ask("@@hub/resume", None, None, Pending::Told);
        assert!(desk.has_questions());
    }
}
