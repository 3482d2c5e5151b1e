//! Questions that nodes ask each other for an operator, over the node channel.
//!
//! Neither the asker nor the answerer is an actor: the bridge puts a question into a queue and passes an answer to its
//! waiting asker, so no mailbox is held up. Pub/sub may lose either message; the asker waits for a bounded time, and a
//! node that did not answer is shown as silent.

use bytes::Bytes;
use hubwire_protocol::Incarnation;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{mpsc, oneshot};

/// Questions of other nodes that wait to be answered; further ones are dropped, and the asker takes the node for
/// silent.
pub const QUESTIONS_MAX: usize = 64;
/// Questions of this node that may be in flight.
const ASKED_MAX: usize = 1024;

/// A question of another node.
#[derive(Debug)]
pub struct Inquiry {
    /// The node that asks; may be this one.
    pub from: Incarnation,
    /// The asker's id of the question.
    pub id: u64,
    /// The encoded question.
    pub question: Bytes,
}

/// The questions of one node, both asked and received.
#[derive(Clone)]
pub struct Inquiries(Arc<Inner>);

struct Inner {
    asked: Mutex<HashMap<u64, oneshot::Sender<Bytes>>>,
    inbox: mpsc::Sender<Inquiry>,
    outlet: Mutex<Option<mpsc::Receiver<Inquiry>>>,
}

/// A question in flight. When dropped, it is forgotten, and a later answer is ignored.
pub struct Asked {
    id: u64,
    inquiries: Inquiries,
    answer: oneshot::Receiver<Bytes>,
}

impl Default for Inquiries {
    fn default() -> Self {
        let (inbox, outlet) = mpsc::channel(QUESTIONS_MAX);
        Inquiries(Arc::new(Inner { asked: Mutex::default(), inbox, outlet: Mutex::new(Some(outlet)) }))
    }
}

impl Inquiries {
    /// Questions to this node. For one caller: a second one gets nothing.
    pub fn questions(&self) -> Option<mpsc::Receiver<Inquiry>> {
        self.0.outlet.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take()
    }

    /// Registers a question of this node. `None`: too many are in flight.
    pub(crate) fn ask(&self, id: u64) -> Option<Asked> {
        let mut asked = self.asked();
        if asked.len() >= ASKED_MAX {
            return None;
        }
        let (sender, answer) = oneshot::channel();
        asked.insert(id, sender);
        Some(Asked { id, inquiries: self.clone(), answer })
    }

    /// Queues a received question. If there is no room, it is not answered.
    pub(crate) fn take(&self, inquiry: Inquiry) {
        if let Err(error) = self.0.inbox.try_send(inquiry) {
            log::debug!("question of another node not queued error={error}");
        }
    }

    /// Passes an answer to its asker. An answer for nobody is dropped.
    pub(crate) fn answered(&self, id: u64, answer: Bytes) {
        if let Some(waiting) = self.asked().remove(&id) {
            drop(waiting.send(answer)); // who asked may just have given up
        }
    }

    fn asked(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Bytes>>> {
        // each change of the map is whole, even if a thread panicked while it held the lock
        self.0.asked.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Asked {
    /// Waits for the answer.
    pub(crate) async fn answer(mut self) -> Option<Bytes> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.inquiries.asked().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_reaches_who_asked_and_one_given_up_is_forgotten() {
        let inquiries = Inquiries::default();
        let asked = inquiries.ask(7).unwrap();
        inquiries.answered(8, Bytes::from_static(b"of another question"));
        inquiries.answered(7, Bytes::from_static(b"yes"));
        assert_eq!(asked.answer().await.as_deref(), Some(&b"yes"[..]));
        drop(inquiries.ask(9));
        assert!(inquiries.asked().is_empty());
    }

    #[tokio::test]
    async fn a_flood_of_questions_takes_no_more_room_than_there_is() {
        let inquiries = Inquiries::default();
        let inquiry = |id| Inquiry { from: Incarnation::from_random(1), id, question: Bytes::new() };
        (0..1000).for_each(|id| inquiries.take(inquiry(id)));
        let mut questions = inquiries.questions().unwrap();
        assert_eq!(questions.len(), QUESTIONS_MAX);
        assert_eq!(questions.recv().await.unwrap().id, 0);
        assert!(inquiries.questions().is_none());
        let under_way: Vec<_> = (0..).map_while(|id| inquiries.ask(id)).take(2 * ASKED_MAX).collect();
        assert_eq!(under_way.len(), ASKED_MAX);
    }
}
