//! The append lane: one ordered queue, sent in one pipeline at a time.
//!
//! Batches form by themselves under load: while a pipeline is in flight, the next one gathers. The next is not sent
//! before all calls of the former are decided, so calls for one stream take effect in call order, repeats included.

use super::super::BackendError;
use super::command::{Command, Fault, Outcome};
use super::run::REPEAT_PAUSE;
use super::stats::BackendStats;
use super::wires::{Wire, Wires};
use redis::Value;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Bytes after which a pipeline is sent even if more calls wait, so that it can be answered within the response
/// timeout.
const BATCH_BYTES: usize = 1 << 20;
/// How long the lane waits beyond the timeout for an answer: the connection itself gives up at the timeout, and its
/// error says more.
const PATIENCE: Duration = Duration::from_millis(100);

/// Whether a call in the lane may be repeated after a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// An append with an idempotency key, which may be repeated even if it was executed.
    Always,
    /// An append or a publish without one: repeated only if it was certainly not executed, and not for long.
    IfNotExecuted,
}

struct Call {
    command: Command,
    repeat: Repeat,
    until: Instant,
    reply: oneshot::Sender<Result<Value, BackendError>>,
    room: Room,
}

/// A call's share of the lane's capacity, returned when dropped.
struct Room {
    bytes: usize,
    stats: Arc<BackendStats>,
}

impl Room {
    /// `None` when there is no room; a call larger than the whole lane is admitted alone.
    fn take(wires: &Wires, bytes: usize) -> Option<Room> {
        let stats = Arc::clone(&wires.stats);
        let taken = stats.lane_bytes.load(Relaxed) as usize;
        if taken > 0 && taken + bytes > wires.config.queue_bytes_max {
            return None;
        }
        BackendStats::add(&stats.lane_bytes, bytes);
        Some(Room { bytes, stats })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.stats.lane_bytes.fetch_sub(self.bytes as u64, Relaxed);
    }
}

/// The sending side of the lane.
pub(super) struct Lane {
    wires: Rc<Wires>,
    queue: mpsc::Sender<Call>,
}

impl Lane {
    /// The lane and the task that serves it.
    pub(super) fn new(wires: Rc<Wires>) -> (Self, impl std::future::Future<Output = ()>) {
        let (queue, calls) = mpsc::channel(wires.config.queue_max.max(1));
        (Lane { wires: Rc::clone(&wires), queue }, serve(wires, calls))
    }

    /// Queues an append.
    pub(super) fn append(&self, command: Command, repeat: Repeat) -> LaneCall {
        self.push(command.storing(), repeat)
    }

    /// Queues a publish.
    pub(super) fn publish(&self, command: Command) -> LaneCall {
        self.push(command, Repeat::IfNotExecuted)
    }

    fn push(&self, command: Command, repeat: Repeat) -> LaneCall {
        if let Some(fault) = self.wires.too_few_replicas(command.slot).filter(|_| command.stores) {
            return LaneCall::Failed(fault.into());
        }
        let Some(room) = Room::take(&self.wires, command.bytes()) else {
            return LaneCall::Failed(BackendError::Overloaded);
        };
        let (reply, answer) = oneshot::channel();
        let until = Instant::now() + self.wires.config.response_timeout;
        match self.queue.try_send(Call { command, repeat, until, reply, room }) {
            Ok(()) => {
                BackendStats::add(&self.wires.stats.lane_depth, 1);
                LaneCall::For { answer, until }
            }
            Err(_) => LaneCall::Failed(BackendError::Overloaded),
        }
    }
}

/// A call in the lane, or why it was not admitted.
pub(super) enum LaneCall {
    For { answer: oneshot::Receiver<Result<Value, BackendError>>, until: Instant },
    Failed(BackendError),
}

impl LaneCall {
    pub(super) async fn answer(self) -> Result<Value, BackendError> {
        match self {
            LaneCall::Failed(error) => Err(error),
            // the lane may be about to repeat it: the caller does not wait for that
            LaneCall::For { answer, until } => match tokio::time::timeout_at(until + PATIENCE, answer).await {
                Ok(answer) => answer.unwrap_or_else(|_| Err(super::reply::stopped())),
                Err(_) => {
                    Err(BackendError::Unavailable { reason: "no answer in time; it may have been stored".into() })
                }
            },
        }
    }
}

async fn serve(wires: Rc<Wires>, mut calls: mpsc::Receiver<Call>) {
    let mut taken = Vec::new();
    while calls.recv_many(&mut taken, wires.config.batch_max.max(1)).await > 0 {
        let count = taken.len() as u64;
        let mut waiting: VecDeque<Call> = taken.drain(..).collect();
        while !waiting.is_empty() {
            let mut batch = next_batch(&mut waiting);
            while !batch.is_empty() {
                batch = send(&wires, batch).await;
                if !batch.is_empty() {
                    tokio::time::sleep(REPEAT_PAUSE).await;
                }
            }
        }
        wires.stats.lane_depth.fetch_sub(count, Relaxed);
    }
}

/// The calls for the next pipeline. Calls whose time is over are answered with an error first: their callers have given
/// up, and after an outage fresh calls would have to wait behind them.
fn next_batch(waiting: &mut VecDeque<Call>) -> Vec<Call> {
    let (mut batch, mut bytes, now) = (Vec::new(), 0, Instant::now());
    while let Some(call) = waiting.pop_front() {
        if call.until <= now {
            let reason = "the broker was not reached in time; nothing was stored".into();
            let _ = call.reply.send(Err(BackendError::Unavailable { reason })); // as in `decide`
            continue;
        }
        bytes += call.room.bytes;
        batch.push(call);
        if bytes >= BATCH_BYTES {
            break;
        }
    }
    batch
}

/// Sends calls; returns those to be repeated.
async fn send(wires: &Wires, batch: Vec<Call>) -> Vec<Call> {
    let commands: Vec<&Command> = batch.iter().map(|call| &call.command).collect();
    let outcomes = wires.send(Wire::Lane, &commands).await;
    batch.into_iter().zip(outcomes).filter_map(|(call, outcome)| decide(wires, call, outcome)).collect()
}

/// Answers a call, or returns it to be repeated.
fn decide(wires: &Wires, call: Call, outcome: Outcome) -> Option<Call> {
    let fault = match outcome {
        Ok(value) => {
            if call.command.stores {
                wires.note_writes(None);
            }
            // the caller may have dropped its future
            let _ = call.reply.send(Ok(value));
            return None;
        }
        Err(fault) => fault,
    };
    if let Fault::Full { reason } = &fault {
        wires.note_writes(Some(reason));
    }
    let repeatable = match (&fault, call.repeat) {
        (Fault::TooFewReplicas { .. } | Fault::Refused { .. } | Fault::WrongType { .. } | Fault::Full { .. }, _) => {
            false
        }
        (Fault::NoScript | Fault::Moved { .. } | Fault::Ask { .. }, _) => true,
        (_, Repeat::Always) => true,
        (_, Repeat::IfNotExecuted) => false,
    };
    if repeatable && Instant::now() < call.until {
        return Some(match fault {
            Fault::Lost { .. } | Fault::NotReplicated { .. } => {
                let command = call.command.again(wires.environment.nonce());
                Call { command, ..call }
            }
            _ => call,
        });
    }
    let _ = call.reply.send(Err(fault.into()));
    None
}
