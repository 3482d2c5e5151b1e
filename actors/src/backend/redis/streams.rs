//! Logs: appending and reading.

use super::super::*;
use super::command::{ms, Command};
use super::lane::Repeat;
use super::{reply, RedisBackend, RedisCore};
use crate::retention::StreamRetention;
use hubwire_protocol::{Address, Position, UserId};
use std::rc::Rc;
use std::time::Duration;

/// The window of a call without an idempotency key; nothing is stored for it.
const NO_WINDOW: Duration = Duration::from_secs(120);

/// The first arguments of every appending script. `own`: the retention of the sender's stream, if the script appends to
/// two.
pub(super) fn appending(
    command: Command,
    envelope: &[u8],
    nonce: u64,
    idempotency: Option<&IdempotencyKey>,
    keep: Retention,
    own: Option<Retention>,
) -> Command {
    let (key, window) = idempotency.map_or(("", NO_WINDOW), |idempotency| (&*idempotency.key, idempotency.window));
    let (ts, digest) = idempotency.map_or((0, None), |idempotency| (idempotency.ts, idempotency.digest));
    let digest = digest.map_or_else(String::new, |digest| format!("{digest:016x}"));
    let command = command.arg(envelope).nonce(nonce).arg(key).arg(ms(window).max(1)).arg(ts).arg(digest);
    // if they differ, each bound is two numbers, the sender's first
    let bound = |of: fn(&Retention) -> u64| match own.filter(|own| *own != keep) {
        Some(own) => format!("{} {}", of(&own).max(1), of(&keep).max(1)),
        None => of(&keep).max(1).to_string(),
    };
    command.arg(bound(|keep| keep.count as u64)).arg(bound(|keep| ms(keep.age))).arg(bound(|keep| keep.bytes as u64))
}

pub(super) fn repeat(idempotency: Option<&IdempotencyKey>) -> Repeat {
    match idempotency {
        Some(_) => Repeat::Always,
        None => Repeat::IfNotExecuted,
    }
}

impl Log for RedisBackend {
    fn append(&self, append: Append) -> Reply<Appended> {
        if self.core.watermark.is_above() {
            return Box::pin(std::future::ready(Err(BackendError::Full)));
        }
        self.core.append(append)
    }

    fn append_direct(&self, append: AppendDirect, tell: bool) -> Reply<DirectAppended> {
        if self.core.watermark.is_above() {
            return Box::pin(std::future::ready(Err(BackendError::Full)));
        }
        self.core.append_direct(append, tell)
    }

    fn finish_outbox(&self, user: UserId, keep: StreamRetention) -> Reply<Vec<(UserId, DirectPart, Entry)>> {
        self.core.finish_outbox(user, keep)
    }

    fn deposit(&self, deposit: Deposit) -> Reply<Option<u64>> {
        self.core.deposit(&deposit)
    }

    fn read(&self, stream: Address, after: Position, limit: usize, bytes_max: usize) -> Reply<Range> {
        self.core.read(&stream, after, limit, bytes_max)
    }

    fn history(&self, stream: Address, before: Option<Position>, limit: usize, bytes_max: usize) -> Reply<Vec<Entry>> {
        self.core.history(&stream, before, limit, bytes_max)
    }

    fn history_after(&self, stream: Address, after: Position, limit: usize, bytes_max: usize) -> Reply<Vec<Entry>> {
        self.core.history_after(&stream, after, limit, bytes_max)
    }

    fn length(&self, stream: Address) -> Reply<usize> {
        self.core.length(&stream)
    }

    fn tops(&self, streams: Vec<Address>) -> Reply<Vec<Position>> {
        self.core.tops(streams)
    }
}

impl RedisCore {
    pub(super) fn append(self: &Rc<Self>, append: Append) -> Reply<Appended> {
        let Append { stream, envelope, nonce, idempotency, retention } = append;
        let [topic, nodes, near] = self.keys.of_topic(&stream);
        let names = [self.keys.log(&stream), self.keys.idempotency(&stream), topic, nodes, near];
        let call = self.wires.scripts.append.call(&names);
        let call = appending(call, &envelope, nonce, idempotency.as_ref(), retention, None);
        let call = self.told_at(call, &stream);
        let waiting = self.lane.append(call, repeat(idempotency.as_ref()));
        let core = Rc::clone(self);
        Box::pin(async move { reply::appended(core.heed(waiting.answer().await)?) })
    }

    pub(super) fn deposit(self: &Rc<Self>, deposit: &Deposit) -> Reply<Option<u64>> {
        let call = self.wires.scripts.deposit.call(&[self.keys.account(&deposit.holder)]);
        let call = call.arg(deposit.bytes).arg(deposit.per_second).arg(ms(deposit.ttl).max(1));
        self.ask(call, |answer| reply::value("account", answer).map(Some))
    }

    pub(super) fn read(self: &Rc<Self>, stream: &Address, after: Position, limit: usize, bytes: usize) -> Reply<Range> {
        let call = self.wires.scripts.read.call(&[self.keys.log(stream)]);
        let call = call.arg(after.to_string()).arg(limit.max(1)).arg(bytes);
        self.ask(call, reply::range)
    }

    pub(super) fn history(
        self: &Rc<Self>,
        stream: &Address,
        before: Option<Position>,
        limit: usize,
        bytes_max: usize,
    ) -> Reply<Vec<Entry>> {
        if before == Some(Position::START) {
            return Box::pin(std::future::ready(Ok(Vec::new())));
        }
        let newest = before.map_or_else(|| "+".to_owned(), |before| format!("({before}"));
        self.walk(stream, ["XREVRANGE", &newest, "-"], limit, bytes_max)
    }

    pub(super) fn history_after(
        self: &Rc<Self>,
        stream: &Address,
        after: Position,
        limit: usize,
        bytes_max: usize,
    ) -> Reply<Vec<Entry>> {
        self.walk(stream, ["XRANGE", &format!("({after}"), "+"], limit, bytes_max)
    }

    /// A command that reads a log in one direction, between two ends.
    fn walk(
        self: &Rc<Self>,
        stream: &Address,
        command: [&str; 3],
        limit: usize,
        bytes_max: usize,
    ) -> Reply<Vec<Entry>> {
        let call = self.wires.scripts.walk.call(&[self.keys.log(stream)]).arg(&command[..]);
        self.ask(call.arg(limit).arg(bytes_max), reply::entries)
    }

    pub(super) fn length(self: &Rc<Self>, stream: &Address) -> Reply<usize> {
        self.ask(Command::on("XLEN", &self.keys.log(stream)), |answer| reply::value("length", answer))
    }

    pub(super) fn tops(self: &Rc<Self>, streams: Vec<Address>) -> Reply<Vec<Position>> {
        let top = |stream: &Address| self.wires.scripts.top.call(&[self.keys.log(stream)]);
        let calls: Vec<Command> = streams.iter().map(top).collect();
        self.spawn(|core| async move {
            let calls: Vec<&Command> = calls.iter().collect();
            let answers = core.scatter(&calls).await?;
            answers.into_iter().map(|answer| reply::parsed("position", answer)).collect()
        })
    }
}
