//! The past of streams, for the server API.

use super::{overloaded, stopping, Node};
use crate::backend::{Entry, Erased};
use crate::mail;
use crate::words::answer::{Answer, Asker};
use crate::words::bridge::{Errand, PutSnapshot};
use crate::words::log_reader::{Ask, PageStart, Question};
use crate::words::outcome::{Found, Refusal};
use bytes::Bytes;
use hubwire_protocol::event::Ack;
use hubwire_protocol::{Address, Position, UserId};
use tokio::sync::oneshot;

impl Node {
    /// One page of a stream, oldest first, and whether there are more in its direction.
    pub async fn history(&self, stream: Address, from: PageStart, limit: usize) -> Result<(Vec<Entry>, bool), Refusal> {
        let (answer, outcome) = oneshot::channel();
        let question = Question::History { stream, from, limit, top: false };
        let ask = Ask { question, payer: None, asker: Asker::Api(answer) };
        mail::tell(self.log_reader(), ask).map_err(|_| overloaded())?;
        match outcome.await.map_err(|_| stopping())?? {
            Found::History { mut entries, more, oldest_first, .. } => {
                if !oldest_first {
                    entries.reverse();
                }
                Ok((entries, more))
            }
            _ => Ok((Vec::new(), false)), // was not asked for
        }
    }

    /// Removes publications of a stream: up to a position, or all. Returns their number.
    pub async fn purge(&self, stream: Address, up_to: Option<Position>) -> Result<usize, Refusal> {
        self.errand(|answer| Errand::Purge { stream, up_to, answer }).await
    }

    /// Stores the snapshot of a channel, JSON.
    pub async fn put_snapshot(&self, channel: Address, pos: Position, payload: Bytes) -> Result<Ack, Refusal> {
        let (answer, outcome) = oneshot::channel();
        let put = PutSnapshot { channel, pos, payload, payer: None, answer: Answer::Api(answer) };
        mail::tell(self.bridge(), put).map_err(|_| overloaded())?;
        outcome.await.map_err(|_| stopping())?
    }

    /// Removes the stored data of a user, except its sessions.
    pub async fn erase(&self, user: UserId) -> Result<Erased, Refusal> {
        self.errand(|answer| Errand::Erase { user, answer }).await
    }
}
