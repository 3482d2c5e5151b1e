//! The conversations of a user, read from its own stream: messages it received, and copies of those it sent.
//!
//! Sending a message writes nothing extra for conversations. So they reach back as far as the stream, and an answer
//! reads a bounded part of it.

use super::looking_back::{look_back, Looked};
use crate::backend::{Backend, BackendError, Entry};
use crate::words::outcome::{Found, Talk};
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::{Address, Position, UserId, INVITED};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// A message between a user and another one.
struct Message {
    other: UserId,
    /// The user itself sent it.
    own: bool,
}

/// The conversations that were found so far, from the newest publication on.
struct NewestConversations<'a> {
    user: &'a UserId,
    /// How far the user has read, by the other user.
    marks: HashMap<UserId, Position>,
    talks: Vec<Talk>,
    limit: usize,
    /// Whether there are further conversations.
    others: bool,
}

/// The newest conversations of a user.
pub(super) async fn newest(backend: &dyn Backend, user: &UserId, limit: usize) -> Result<Found, BackendError> {
    let marks = backend.read_marks(user.clone()).await?.into_iter().collect();
    let mut known = NewestConversations { user, marks, talks: Vec::new(), limit, others: false };
    let Looked { bytes, is_cut } = look_back(backend, Address::User(user.clone()), |entry| {
        known.look_at(entry);
        ControlFlow::Continue(())
    })
    .await?;
    Ok(Found::Conversations { more: known.others || is_cut, talks: known.talks, bytes })
}

impl NewestConversations<'_> {
    fn look_at(&mut self, entry: Entry) {
        let Some(Message { other, own }) = message(self.user, &entry) else { return };
        let at = self.talks.iter().position(|talk| talk.user == other);
        if at.is_none() && self.talks.len() >= self.limit {
            self.others = true;
            return;
        }
        let is_read = self.marks.get(&other).is_some_and(|mark| entry.pos.seq <= mark.seq);
        let talk = match at {
            Some(at) => &mut self.talks[at],
            None => {
                self.talks.push(Talk { user: other, unread: 0, answered: false, last: entry });
                let last = self.talks.len() - 1;
                &mut self.talks[last]
            }
        };
        talk.answered |= own;
        talk.unread += usize::from(!talk.answered && !is_read);
    }
}

/// `None`: not a message between the two users.
fn message(user: &UserId, entry: &Entry) -> Option<Message> {
    let envelope = Envelope::decode(&entry.envelope).ok()?;
    if envelope.kind == INVITED {
        return None;
    }
    let from: UserId = envelope.from?.parse().ok()?;
    match envelope.to.parse().ok()? {
        Address::User(to) if from == *user => Some(Message { other: to, own: true }),
        Address::User(_) => Some(Message { other: from, own: false }),
        _ => None,
    }
}
