//! A page of a stream's past, for the endpoints of other protocols.

use super::{overloaded, stopping, Node};
use crate::backend::Entry;
use crate::mail;
use crate::words::answer::Asker;
use crate::words::log_reader::{Ask, PageStart, Question};
use crate::words::outcome::{Found, Refusal};
use hubwire_protocol::{Address, Position};
use tokio::sync::oneshot;

impl Node {
    /// At most `limit` publications of a stream, in the direction of `from`, and the top of its log before the read.
    pub async fn past(
        &self,
        stream: Address,
        from: PageStart,
        limit: usize,
    ) -> Result<(Vec<Entry>, Position), Refusal> {
        let (answer, outcome) = oneshot::channel();
        let question = Question::History { stream, from, limit, top: true };
        let ask = Ask { question, payer: None, asker: Asker::Api(answer) };
        mail::tell(self.log_reader(), ask).map_err(|_| overloaded())?;
        match outcome.await.map_err(|_| stopping())?? {
            Found::History { entries, top, .. } => Ok((entries, top.unwrap_or(Position::START))),
            _ => Ok((Vec::new(), Position::START)), // was not asked for
        }
    }
}
