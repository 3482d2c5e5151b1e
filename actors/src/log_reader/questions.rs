//! Questions of sessions and the server API: the members of a channel, whether a user is online, the history of a
//! stream.

use super::{conversations, history, people, LogReader};
use crate::backend::BackendError;
use crate::context::Context;
use crate::online::online;
use crate::words::log_reader::{Ask, Question};
use crate::words::outcome::{Found, Refusal};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Questions of sessions and the server API that may be in flight at once on a node; others wait for their turn.
pub(super) const QUESTIONS_MAX: usize = 32;
/// Longest wait for a turn; after it a question is answered with `overloaded`.
const TURN_MAX: Duration = Duration::from_secs(2);

/// Waits for a turn, for a bounded time.
pub(super) async fn turn(turns: &Semaphore) -> Result<impl Drop + '_, BackendError> {
    let turn = timeout(TURN_MAX, turns.acquire()).await;
    turn.ok().and_then(Result::ok).ok_or(BackendError::Overloaded) // it is never closed
}

impl LogReader {
    pub(super) fn ask(&mut self, message: Ask, _: &mut Context<Self>) {
        let Ask { question, payer, asker } = message;
        let core = self.core.clone();
        let (class, asked_for) = (question.class(), question.cost());
        if let Some(Err(refusal)) = payer.as_ref().map(|payer| core.act(payer, class)) {
            return asker.give(Err(refusal));
        }
        let backend = self.core.backend.clone();
        let paying = core.clone();
        let (questions, crowds) = (self.questions.clone(), self.crowds.clone());
        let found = async move {
            let _turn = turn(&questions).await?;
            Ok(match question {
                Question::Members { channel, page } => crowds.page(&core, channel, page).await?,
                Question::User { user, within } => {
                    if let Some(within) = within {
                        if !backend.reaches(user.clone(), within).await? {
                            return Err(BackendError::OutOfReach);
                        }
                    }
                    let mut found = online(&core, std::slice::from_ref(&user)).await?;
                    found.retain(|occupant| occupant.sessions > 0 || occupant.last_seen.is_some());
                    found.iter_mut().for_each(|occupant| occupant.says_online = false);
                    Found::Users(found)
                }
                Question::Users { users, strangers } => {
                    core.demand_reach(strangers).await?;
                    Found::Users(online(&core, &users).await?)
                }
                Question::People { user, query } => people::page(&*backend, user, query).await?,
                Question::Conversations { user, limit } => conversations::newest(&*backend, &user, limit).await?,
                Question::Beginning { channel, recent, snapshot } => {
                    let snapshot = if snapshot { backend.snapshot(channel.clone()).await? } else { None };
                    let bytes = core.settings.outbox_bytes_max / 2;
                    let entries = match recent {
                        0 => Vec::new(),
                        recent => history::newest(&*backend, channel, recent, bytes).await?,
                    };
                    Found::Beginning { entries, snapshot }
                }
                Question::Publication { stream, named } => history::named(&*backend, stream, &named).await?,
                Question::History { stream, from, limit, top } => {
                    // the top first: a publication that arrives in between is on the page and after the top, never
                    // missing from both
                    let top = match top {
                        true => backend.tops(vec![stream.clone()]).await?.into_iter().next(),
                        false => None,
                    };
                    let bytes_max = core.settings.outbox_bytes_max / 2;
                    history::page(&*backend, stream, from, limit, bytes_max).await?.standing_at(top)
                }
            })
        };
        // a task of its own: an actor polls everything that it spawned with every message
        actix::spawn(async move {
            let found: Result<Found, BackendError> = found.await;
            if let (Some(payer), Ok(found)) = (&payer, &found) {
                paying.charge(payer, class, asked_for + found.cost());
            }
            asker.give(found.map_err(Refusal::from));
        });
    }
}
