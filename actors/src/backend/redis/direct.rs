//! Direct messages: one publication in two users' streams.
//!
//! If one server has both streams, one script appends to both, atomically. In a cluster the streams are in different
//! slots, so the sender's append leaves a mark in the sender's outbox, then the receiver's stream is appended to, then
//! the mark is removed. A node that finds an old mark repeats the second step. The second step is idempotent without a
//! time limit: within a window by a key made of the sender's position, later because the receiver's log is searched for
//! the nonce, which both positions share.

use super::super::*;
use super::affiliations::bounds;
use super::command::ms;
use super::command::Command;
use super::lane::{LaneCall, Repeat};
use super::reply::{AppendReply, PartReply};
use super::streams::{appending, repeat};
use super::{reply, RedisCore};
use crate::retention::StreamRetention;
use ::redis::Value;
use bytes::Bytes;
use hubwire_protocol::{Address, Position, SessionId, UserId};
use std::rc::Rc;
use std::time::Duration;

/// A mark of this age was left behind by a crashed sender: a live one gives up long before.
const ABANDONED: Duration = Duration::from_secs(15);
/// How long the second append is recognized by its key; longer than a sender repeats it.
const SECOND_WINDOW: Duration = Duration::from_secs(120);

/// Adds the bounds and the share of a direct message as arguments of a script.
fn judging(call: Command, append: &AppendDirect) -> Command {
    call.arg(append.within.as_ref().map_or_else(String::new, bounds)).arg(share(append))
}

/// The share in the form that `share.lua` reads.
fn share(append: &AppendDirect) -> String {
    let (Some(share), Some(from)) = (&append.share, &append.from) else { return String::new() };
    let org = share.org.as_ref().map_or("", |org| org.as_str());
    format!("{} {} {from} {org}", share.of.sender, share.of.org)
}

impl RedisCore {
    pub(super) fn append_direct(self: &Rc<Self>, append: AppendDirect, tell: bool) -> Reply<DirectAppended> {
        let sender = append.from.clone().filter(|from| *from != append.to);
        match sender {
            Some(from) if self.is_cluster() => {
                let may_be_beyond = append.share.is_some() && self.crowded.has(&append.to);
                match append.within.is_some() || may_be_beyond {
                    true => self.append_admitted(from, append),
                    false => self.append_apart(from, append),
                }
            }
            sender => self.append_together(sender, append, tell),
        }
    }

    /// The script publishes before replicas confirm the append; if they have to confirm it, the caller publishes
    /// afterwards.
    fn append_together(&self, sender: Option<UserId>, append: AppendDirect, tell: bool) -> Reply<DirectAppended> {
        let told = tell && !self.is_cluster() && self.wires.config.replicas_acked == 0;
        let users = || sender.iter().chain([&append.to]);
        let mut names: Vec<String> = users().flat_map(|user| self.names(user)).collect();
        let judged = (append.within.is_some() || append.share.is_some()) && sender.is_some();
        if judged && append.within.is_some() {
            names.extend(self.keys.of_reach(&append.to));
        }
        if judged {
            names.extend(self.keys.of_shares(&append.to));
        }
        let call = self.wires.scripts.direct.call(&names);
        let key = append.idempotency.as_ref();
        let own = sender.is_some().then_some(append.own_retention);
        let mut call = appending(call, &append.envelope, append.nonce, key, append.retention, own);
        if told || judged || append.share.is_some() {
            call = judging(call, &append);
        }
        if told {
            let own = SessionId::new(self.incarnation, 0).to_bytes();
            call = call.arg(&own[..8]).arg(self.keys.node_start());
            call = users().fold(call, |call, user| call.arg(Address::User(user.clone()).to_string()));
        }
        let waiting = self.lane.append(call, repeat(key));
        let has_copy = sender.is_some();
        Box::pin(async move {
            let answer = reply::list("direct append", waiting.answer().await?)?;
            let mut parts = answer.into_iter().map(reply::direct_part);
            let mut next = || parts.next().unwrap_or_else(|| Err(reply::unexpected("direct append")));
            let copy = if has_copy { Some(next()?.part) } else { None };
            Ok(DirectAppended { copy, receiver: next()?.part, told })
        })
    }

    /// The receiver's data is on another server than the sender's stream. Messages of one user are checked and appended
    /// one after the other, so that they keep their order.
    fn append_admitted(self: &Rc<Self>, from: UserId, append: AppendDirect) -> Reply<DirectAppended> {
        self.spawn(|core| async move {
            let turn = core.turn(&from).await;
            match reply::stored(core.lane.publish(core.admits(&append)).answer().await?) {
                Err(BackendError::ShareTaken) if core.is_stored(&from, &append).await? => {}
                outcome => drop(outcome?),
            }
            let appended = core.append_apart(from, append);
            drop(turn); // the lane has it
            appended.await
        })
    }

    /// Whether the message was stored before: its key is known in the sender's stream.
    async fn is_stored(&self, from: &UserId, append: &AppendDirect) -> Result<bool, BackendError> {
        let unbound = AppendDirect { to: from.clone(), within: None, share: None, ..append.clone() };
        Ok(reply::stored(self.lane.publish(self.admits(&unbound)).answer().await?)? != AppendReply::Now)
    }

    /// The call that checks whether the receiver's stream would accept it.
    fn admits(&self, append: &AppendDirect) -> Command {
        let mut names = self.names(&append.to);
        names.extend(self.keys.of_reach(&append.to).into_iter().chain(self.keys.of_shares(&append.to)));
        let key = append.idempotency.as_ref();
        let call = self.wires.scripts.admits.call(&names);
        judging(appending(call, &append.envelope, append.nonce, key, append.retention, None), append)
    }

    fn append_apart(self: &Rc<Self>, from: UserId, append: AppendDirect) -> Reply<DirectAppended> {
        let mut names = self.names(&from);
        names.push(self.keys.outbox(&from));
        let key = append.idempotency.as_ref();
        let call = self.wires.scripts.direct.call(&names);
        let call = appending(call, &append.envelope, append.nonce, key, append.own_retention, None);
        let call = call.arg(append.to.as_str()).arg(share(&append));
        let first = self.lane.append(call, repeat(key));
        self.spawn(|core| async move {
            let [copy] = reply::array("direct append", first.answer().await?)?;
            let copy = reply::direct_part(copy)?.part;
            let second = core.second(&core.wires.scripts.direct, &from, copy.appended.pos, &append);
            let [second] = reply::array("direct append", second.answer().await?)?;
            let second = reply::direct_part(second)?;
            let (mut receiver, stored) = (second.part, second.stored);
            if second.crowded {
                core.crowded.note(append.to);
            }
            if copy.appended.duplicate && stored != AppendReply::Now {
                // the acknowledgement has the nonce of the first call, which stored both
                let first_ts = copy.appended.first_ts;
                receiver.appended = Appended { prev: Position::START, duplicate: true, first_ts, ..receiver.appended };
            }
            // the mark is removed in the background: if the removal is lost, `finish_outbox` finds the publication in
            // place
            drop(core.unmark(&from, copy.appended.pos));
            Ok(DirectAppended { copy: Some(copy), receiver, told: false })
        })
    }

    pub(super) fn finish_outbox(
        self: &Rc<Self>,
        user: UserId,
        keep: StreamRetention,
    ) -> Reply<Vec<(UserId, DirectPart, Entry)>> {
        self.spawn(|core| async move {
            let log = core.keys.log(&Address::User(user.clone()));
            let call = core.wires.scripts.outbox.call(&[core.keys.outbox(&user), log]).arg(ms(ABANDONED));
            let mut finished = Vec::new();
            for mark in core.query(call).await.and_then(|marks| reply::list("outbox", marks))? {
                let [pos, to, envelope] = reply::array("outbox mark", mark)?;
                let (pos, to): (Position, UserId) = (reply::parsed("position", pos)?, reply::parsed("user", to)?);
                // an envelope that retention removed from the sender's stream need not be delivered any more
                if let Value::BulkString(envelope) = envelope {
                    let retention = keep.of(&Address::User(to.clone())).unwrap_or(keep.user);
                    finished.extend(core.finish(&user, pos, to, Bytes::from(envelope), retention).await?);
                }
                core.unmark(&user, pos).answer().await?;
            }
            Ok(finished)
        })
    }

    /// Appends to the receiver's stream unless the message is there already.
    async fn finish(
        &self,
        from: &UserId,
        pos: Position,
        to: UserId,
        envelope: Bytes,
        retention: Retention,
    ) -> Result<Option<(UserId, DirectPart, Entry)>, BackendError> {
        let append = AppendDirect {
            from: Some(from.clone()),
            to: to.clone(),
            envelope: envelope.clone(),
            nonce: pos.nonce,
            idempotency: None,
            within: None,
            share: None,
            retention,
            own_retention: retention,
        };
        let answer = self.second(&self.wires.scripts.finish, from, pos, &append).answer().await?;
        let [answer] = reply::array("direct append", answer)?;
        let PartReply { part, stored, .. } = reply::direct_part(answer)?;
        if stored == AppendReply::Before {
            return Ok(None);
        }
        let entry = Entry { pos: part.appended.pos, prev: part.appended.prev, envelope };
        Ok(Some((to, part, entry)))
    }

    /// The append to the receiver's stream, after the sender's append got the position `pos`.
    fn second(&self, script: &super::scripts::Lua, from: &UserId, pos: Position, append: &AppendDirect) -> LaneCall {
        let window = append.idempotency.as_ref().map_or(SECOND_WINDOW, |key| key.window.max(SECOND_WINDOW));
        let key = IdempotencyKey { key: format!("direct {from} {pos}"), window, digest: None, ts: 0 };
        let mut names = self.names(&append.to);
        if append.share.is_some() {
            names.extend(self.keys.of_shares(&append.to));
        }
        let call = script.call(&names);
        // both positions share their nonce
        let call = appending(call, &append.envelope, pos.nonce, Some(&key), append.retention, None).with_fixed_nonce();
        let call = if append.share.is_some() { call.arg("").arg(share(append)) } else { call };
        self.lane.append(call, Repeat::Always)
    }

    fn unmark(&self, from: &UserId, pos: Position) -> LaneCall {
        self.lane.publish(Command::on("HDEL", &self.keys.outbox(from)).arg(pos.to_string()))
    }

    /// Log, stem of idempotency keys and sessions of a user: keys of a script.
    fn names(&self, user: &UserId) -> Vec<String> {
        let stream = Address::User(user.clone());
        vec![self.keys.log(&stream), self.keys.idempotency(&stream), self.keys.sessions(user)]
    }
}
