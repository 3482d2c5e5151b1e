//! The append lane: one ordered queue whose content is sent in one pipeline at a time.
//!
//! Load batches by itself: while a pipeline is under way, the next one gathers. The next is not sent before all of the
//! former is decided, so calls for one stream take effect in call order, repeats included.

use super::super::BackendError;
use super::command::{Command, Fault, Outcome};
use super::run::REPEAT_PAUSE;
use super::stats::BackendStats;
use super::wires::{Wire, Wires};
use redis::Value;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// How long after its time an answer is waited for: the connection itself gives up at that time, and knows more.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a call in the lane may do after a fault.
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
    pub(super) fn append(&self, command: Command, repeat: Repeat) -> Waiting {
        self.push(command.storing(), repeat)
    }

    /// Queues a publish.
    pub(super) fn publish(&self, command: Command) -> Waiting {
        self.push(command, Repeat::IfNotExecuted)
    }

    fn push(&self, command: Command, repeat: Repeat) -> Waiting {
        if let Some(fault) = self.wires.too_few_replicas(command.slot).filter(|_| command.stores) {
            return Waiting::Failed(fault.into());
        }
        let (reply, answer) = oneshot::channel();
        let until = Instant::now() + self.wires.config.response_timeout;
        match self.queue.try_send(Call { command, repeat, until, reply }) {
            Ok(()) => {
                BackendStats::add(&self.wires.stats.lane_depth, 1);
                Waiting::For { answer, until }
            }
            Err(_) => Waiting::Failed(BackendError::Overloaded),
        }
    }
}

/// A call in the lane, or why it is not there.
pub(super) enum Waiting {
    For { answer: oneshot::Receiver<Result<Value, BackendError>>, until: Instant },
    Failed(BackendError),
}

impl Waiting {
    pub(super) async fn answer(self) -> Result<Value, BackendError> {
        match self {
            Waiting::Failed(error) => Err(error),
            // the lane may be about to send it once more: whoever asked does not wait for that
            Waiting::For { answer, until } => match tokio::time::timeout_at(until + PATIENCE, answer).await {
                Ok(answer) => answer.unwrap_or_else(|_| Err(super::reply::stopped())),
                Err(_) => {
                    Err(BackendError::Unavailable { reason: "no answer in time; it may have been stored".into() })
                }
            },
        }
    }
}

async fn serve(wires: Rc<Wires>, mut calls: mpsc::Receiver<Call>) {
    let mut batch = Vec::new();
    while calls.recv_many(&mut batch, wires.config.batch_max.max(1)).await > 0 {
        let taken = batch.len() as u64;
        while !batch.is_empty() {
            let commands: Vec<&Command> = batch.iter().map(|call| &call.command).collect();
            let outcomes = wires.send(Wire::Lane, &commands).await;
            batch =
                batch.into_iter().zip(outcomes).filter_map(|(call, outcome)| decide(&wires, call, outcome)).collect();
            if !batch.is_empty() {
                tokio::time::sleep(REPEAT_PAUSE).await;
            }
        }
        wires.stats.lane_depth.fetch_sub(taken, Relaxed);
    }
}

/// Answers a call, or returns it to be repeated.
fn decide(wires: &Wires, call: Call, outcome: Outcome) -> Option<Call> {
    let fault = match outcome {
        Ok(value) => {
            if call.command.stores {
                wires.note_writes(None);
            }
            // whoever dropped the future does not want to know
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
