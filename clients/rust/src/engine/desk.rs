//! What leaves the engine: frames for the socket, questions whose answers are awaited, and what is told the
//! application.

use super::errand::Errand;
use super::router::Told;
use crate::error::{Code, HubError};
use crate::event::Event;
use hubwire_protocol::Address;
use serde_json::{json, Value};
use std::collections::{HashMap, VecDeque};
use tokio::sync::oneshot;

/// Questions that may wait for their answers at once; one more is refused with `queue_full`.
const QUESTIONS_MAX: usize = 1_024;

/// The asker: gets the text of the node's action, or its error.
pub type Answer = oneshot::Sender<Result<String, HubError>>;

/// What follows from the answer to a question.
pub enum Pending {
    /// Somebody waits for it.
    Asked(Answer),
    /// The join or view of a membership.
    Join(u64),
    /// The list of who is in a channel, of a membership.
    List(u64),
    /// Users of a watch that are online.
    Watch(u64),
    /// An organisation is watched from now on.
    WatchOrg(u64),
    /// A page of who is in an organisation, of a watch.
    OrgList(u64),
    /// A report to the node; only an error matters.
    Told,
    /// Nothing: it shows that the node lives, or tells it something.
    Nothing,
}

/// See the module.
pub struct Desk {
    /// Frames that wait for the socket.
    pub out: VecDeque<String>,
    questions: HashMap<String, Pending>,
    told: Vec<Told>,
    errands: Vec<Errand>,
    ids: String,
    count: u64,
}

impl Desk {
    /// `ids` is what all ids of questions begin with.
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

    /// Tells the application something.
    pub fn tell(&mut self, event: Event) {
        self.told.push(Told::Event(event));
    }

    /// Ends feeds, or tells them something of their own.
    pub fn tell_feeds(&mut self, told: Told) {
        self.told.push(told);
    }

    /// Takes what is to be emitted since the last call.
    pub fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    /// Has the application do something for this connection.
    pub fn errand(&mut self, errand: Errand) {
        self.errands.push(errand);
    }

    /// What it is to do since.
    pub fn take_errands(&mut self) -> Vec<Errand> {
        std::mem::take(&mut self.errands)
    }

    /// Whether there is something for it to do.
    pub fn has_errands(&self) -> bool {
        !self.errands.is_empty()
    }

    /// An id for a question.
    pub fn next_id(&mut self) -> String {
        self.count += 1;
        format!("{}{}", self.ids, self.count)
    }

    /// Queues an action of the protocol's own, and says what follows from its answer.
    pub fn ask(&mut self, kind: &str, to: Option<&Address>, payload: Option<Value>, pending: Pending) {
        let id = self.next_id();
        self.ask_as(id, kind, to, payload, pending);
    }

    /// The same with an id: what is stored by the question is stored once, however often it is asked.
    pub fn ask_as(&mut self, id: String, kind: &str, to: Option<&Address>, payload: Option<Value>, pending: Pending) {
        if self.questions.len() >= QUESTIONS_MAX {
            if let Pending::Asked(answer) = pending {
                // who asked may have gone
                let _ = answer.send(Err(HubError::new(Code::QueueFull, "too many questions wait for their answers")));
            }
            return;
        }
        self.out.push_back(question(&id, kind, to, payload));
        self.questions.insert(id, pending);
    }

    /// The first action of a session; nothing but the *welcome* answers it.
    pub fn introduce(&mut self, kind: &str, payload: Option<Value>) {
        let id = self.next_id();
        self.out.push_back(question(&id, kind, None, payload));
    }

    /// Takes what follows from the answer to a question.
    pub fn answered(&mut self, id: &str) -> Option<Pending> {
        self.questions.remove(id)
    }

    /// Whether somebody waits for an answer. A ping is answered by whatever comes, and what was told needs no answer:
    /// neither is a reason to read on while the application has no room.
    pub fn has_questions(&self) -> bool {
        self.questions.values().any(|pending| !matches!(pending, Pending::Nothing))
    }

    /// The connection ended: nothing is written, and nothing answered any more.
    pub fn disconnected(&mut self) {
        self.out.clear();
        self.errands.clear();
        for (_, pending) in self.questions.drain() {
            if let Pending::Asked(answer) = pending {
                // who asked may have gone
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

    // Else a client that takes itself for asleep reads past what the application has room for, and announces a gap.
    #[test]
    fn a_ping_is_no_reason_to_read_on() {
        let mut desk = Desk::new("t");
        desk.ask("@@hub/ping", None, None, Pending::Nothing);
        assert!(!desk.has_questions());
        desk.ask("@@hub/resume", None, None, Pending::Told);
        assert!(desk.has_questions());
    }
}
