//! Delayed `left` announcements: announced when the grace is over, by whichever node looks first, unless the user has
//! come back.
//!
//! A delayed `left` is stored in two places, which are on different servers of a cluster: with the member, which
//! decides, and in a sorted set by time, which is scanned. The latter is written first and removed last.

use super::super::*;
use super::command::ms;
use super::command::Command;
use super::reply;
use super::route::EntryRoute;
use super::RedisCore;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::{Address, Incarnation, UserId};
use std::rc::Rc;
use std::time::Duration;

/// The answer of `tell.lua` when it is too early.
const NOT_DUE: i64 = 2;

impl RedisCore {
    /// Ends a membership. Immediate announcements are made in the same round trip, and are in both places until then:
    /// if the node crashes in between, another one announces them.
    pub(super) fn depart(
        self: &Rc<Self>,
        channel: Address,
        member: Member,
        live: Vec<Incarnation>,
        grace: Duration,
    ) -> Reply<()> {
        self.spawn(move |core| async move {
            let _turn = core.turn(member.session).await;
            core.end_membership(channel, member, &live, grace).await
        })
    }

    pub(super) async fn end_membership(
        self: &Rc<Self>,
        channel: Address,
        member: Member,
        live: &[Incarnation],
        grace: Duration,
    ) -> Result<(), BackendError> {
        let (channel, user) = (&channel, &member.user);
        let put_off = self.put_off(grace, std::iter::once((channel, user)));
        let route = EntryRoute::Membership { channel: channel.clone(), user: user.clone(), session: member.session };
        let (remove, unindex) = (self.remove(&route, grace, live), self.unindex(&route));
        let tell = || self.tell(channel, user);
        let told = grace.is_zero().then(|| self.by(tell(), live));
        let commands: Vec<Command> = [put_off, remove, unindex].into_iter().chain(told).collect();
        let answers = self.wires.query(&commands).await.map_err(BackendError::from);
        let mut answers = answers.inspect_err(|error| self.doubt(error))?.into_iter();
        if let Some(removed) = answers.nth(1) {
            self.heed(Ok::<_, BackendError>(removed))?;
        }
        if let Some(told) = answers.nth(1) {
            self.verdict(told, tell).await?;
        }
        Ok(())
    }

    /// Sent on the connection of the scripts, so that later announcements come after it.
    pub(super) fn tell_joined(self: &Rc<Self>, channel: &Address, user: &UserId) -> Reply<()> {
        let call = self.wires.scripts.tell_joined.call(&self.keys.of_members(channel));
        let call = call.arg(user.as_str()).arg(presence(channel, user, true));
        let call = self.told_at(call, channel);
        self.spawn(|core| async move { core.heed(core.query(call).await).map(|_| ()) })
    }

    /// Schedules `left` of these users.
    pub(super) fn put_off<'a>(
        &self,
        grace: Duration,
        users: impl Iterator<Item = (&'a Address, &'a UserId)>,
    ) -> Command {
        let users: Vec<String> = users.map(|(channel, user)| format!("{channel} {user}")).collect();
        self.wires.scripts.put_off.call(&[self.keys.leaving()]).arg(ms(grace)).arg(users)
    }

    pub(super) fn tell_left(self: &Rc<Self>, live: Vec<Incarnation>, limit: usize) -> Reply<usize> {
        self.spawn(move |core| async move {
            let leaving = [core.keys.leaving()];
            let due = core.query(core.wires.scripts.due.call(&leaving).arg(limit)).await?;
            let due: Vec<(String, String)> = reply::value("what is due", due)?;
            if due.is_empty() {
                return Ok(0);
            }
            let whose: Vec<Option<(Address, UserId)>> = due.iter().map(|(text, _)| whose(text)).collect();
            let tells = whose.iter().flatten().map(|(channel, user)| core.by(core.tell(channel, user), &live));
            let tells: Vec<Command> = tells.collect();
            let tells: Vec<&Command> = tells.iter().collect();
            let mut answers = core.wires.send(super::wires::Wire::Query, &tells).await.into_iter();
            let mut settled = core.wires.scripts.settled.call(&leaving);
            let mut fault = None;
            for ((text, time), whose) in due.iter().zip(&whose) {
                let told = match whose.as_ref().and_then(|whose| Some((whose, answers.next()?))) {
                    // an entry that cannot be read would be found again on every scan
                    None => Ok(true),
                    Some(((channel, user), Ok(answer))) => {
                        let verdict = core.verdict(answer, || core.tell(channel, user)).await;
                        verdict.map(|verdict| verdict != NOT_DUE)
                    }
                    Some((_, Err(error))) => {
                        let error = BackendError::from(error);
                        core.doubt(&error);
                        Err(error)
                    }
                };
                match told {
                    Ok(true) => settled = settled.arg(text).arg(time),
                    Ok(false) => {}
                    Err(error) => fault = Some(error),
                }
            }
            core.query(settled).await?;
            fault.map_or(Ok(due.len()), Err)
        })
    }

    fn tell(&self, channel: &Address, user: &UserId) -> Command {
        let call = self.wires.scripts.tell.call(&self.with_leases(self.keys.of_members(channel)));
        self.told_at(call.arg(user.as_str()).arg(presence(channel, user, false)), channel)
    }
}

/// The channel and user of an entry in the sorted set.
fn whose(text: &str) -> Option<(Address, UserId)> {
    let (channel, user) = text.split_once(' ')?;
    Some((channel.parse().ok()?, user.parse().ok()?))
}

fn presence(channel: &Address, user: &UserId, joined: bool) -> Vec<u8> {
    let channel = channel.to_string();
    ClusterMessage::Presence { channel: &channel, user: user.as_str(), joined }.encode()
}
