//! Look-ups in the broker for operators.

use super::LogReader;
use crate::backend::{Backend, BackendError, Reply};
use crate::context::Context;
use crate::core::Core;
use crate::words::log_reader::Lookup;
use crate::words::outcome::Refusal;
use crate::words::status::{LiveNode, StreamStatus};
use bytes::Bytes;
use futures_util::future::{try_join3, try_join_all};
use hubwire_protocol::{Address, DeviceId, Position, UserId};
use std::rc::Rc;
use tokio::sync::oneshot;

impl LogReader {
    pub(super) fn look_up(&mut self, lookup: Lookup, _: &mut Context<Self>) {
        let (core, turns) = (self.core.clone(), self.questions.clone());
        // a task of its own: an actor polls everything that it spawned with every message
        actix::spawn(async move {
            let Ok(_turn) = super::questions::turn(&turns).await else {
                return lookup.refuse(&BackendError::Overloaded.into());
            };
            match lookup {
                Lookup::Nodes(answer) => give(answer, nodes(&core).await),
                Lookup::Stream { stream, answer } => give(answer, stream_status(&*core.backend, stream).await),
                Lookup::Cursors { user, devices, answer } => give(answer, cursors(&core, user, devices).await),
                Lookup::Occupancy { channels, answer } => give(answer, occupancy(&core, channels).await),
                Lookup::Publication { stream, pos, answer } => {
                    give(answer, publication(&*core.backend, stream, pos).await);
                }
                Lookup::Advice(answer) => give(answer, core.backend.advice().await),
            }
        });
    }
}

fn give<T>(answer: oneshot::Sender<Result<T, Refusal>>, found: Result<T, BackendError>) {
    drop(answer.send(found.map_err(Refusal::from))); // a caller that went away wants none
}

async fn nodes(core: &Rc<Core>) -> Result<Vec<LiveNode>, BackendError> {
    let mut leases = core.backend.leases().await?;
    leases.sort_unstable_by_key(|(incarnation, _)| *incarnation);
    let labels = core.backend.labels(leases.iter().map(|(incarnation, _)| *incarnation).collect()).await?;
    let node = |((incarnation, left), label)| LiveNode { incarnation, label, left };
    Ok(leases.into_iter().zip(labels).map(node).collect())
}

async fn stream_status(backend: &dyn Backend, stream: Address) -> Result<StreamStatus, BackendError> {
    let oldest = backend.history_after(stream.clone(), Position::START, 1, 1);
    let (tops, length, oldest) = try_join3(backend.tops(vec![stream.clone()]), backend.length(stream), oldest).await?;
    let top = tops.into_iter().next().unwrap_or(Position::START);
    Ok(StreamStatus { top, length, oldest: oldest.first().map(|entry| entry.pos) })
}

/// The publication at exactly this position.
async fn publication(backend: &dyn Backend, stream: Address, pos: Position) -> Result<Option<Bytes>, BackendError> {
    let before = Position { seq: pos.seq.saturating_sub(1), nonce: Position::NONCE_MAX };
    let found = backend.history_after(stream, before, 1, 1).await?;
    Ok(found.into_iter().find(|entry| entry.pos == pos).map(|entry| entry.envelope))
}

/// The cursors of each device, in order.
async fn cursors(
    core: &Rc<Core>,
    user: UserId,
    devices: Vec<DeviceId>,
) -> Result<Vec<Vec<(Address, Position)>>, BackendError> {
    try_join_all(devices.into_iter().map(|device| core.backend.cursors(user.clone(), device))).await
}

/// How many users are in each channel and where its log stands, in order.
async fn occupancy(core: &Rc<Core>, channels: Vec<Address>) -> Result<Vec<(usize, Position)>, BackendError> {
    let rosters: Vec<Reply<_>> = channels.iter().map(|channel| core.backend.roster(channel.clone(), 0)).collect();
    let tops = core.backend.tops(channels).await?;
    let rosters = try_join_all(rosters).await?;
    Ok(rosters.into_iter().map(|roster| roster.count).zip(tops).collect())
}
