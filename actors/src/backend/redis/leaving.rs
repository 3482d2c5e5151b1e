//! Users whose `left` is put off: told when the grace is over, by whatever node looks first, unless they are back.
//!
//! What is put off stands in two places, as they lie on different servers of a cluster: with the member, which decides,
//! and in one sorted set by time, which is looked through. The latter is written before and removed after.

use super::super::*;
use super::command::ms;
use super::command::Command;
use super::directory::live_args;
use super::reply;
use super::route::Route;
use super::Core;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::{Address, Incarnation, UserId};
use std::rc::Rc;
use std::time::Duration;

/// What `tell.lua` answers when it is too early.
const NOT_DUE: i64 = 2;

impl Core {
    /// Ends a membership. What is to be told at once is told in the same round trip, and stands in both places until then: a
    /// node that crashes in between leaves it to others.
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
        &self,
        channel: Address,
        member: Member,
        live: &[Incarnation],
        grace: Duration,
    ) -> Result<(), BackendError> {
        let put_off = self.put_off(grace, std::iter::once((&channel, &member.user)));
        let tell = grace.is_zero().then(|| self.tell(&channel, &member.user, live));
        let route = Route::Membership { channel, user: member.user, session: member.session };
        let (remove, unindex) = (self.remove(&route, grace, live), self.unindex(&route));
        let commands: Vec<Command> = [put_off, remove, unindex].into_iter().chain(tell).collect();
        self.wires.query(&commands).await?;
        Ok(())
    }

    /// On the wire of the scripts, as what they tell must come after it.
    pub(super) fn tell_joined(self: &Rc<Self>, channel: &Address, user: &UserId) -> Reply<()> {
        let call = self.wires.scripts.tell_joined.call(&self.keys.of_members(channel));
        let call = call.arg(user.as_str()).arg(presence(channel, user, true));
        self.ask(self.told_at(call, channel), |_| Ok(()))
    }

    /// Notes that `left` of these users is to be told in some time.
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
            let tells: Vec<Option<Command>> = due.iter().map(|(text, _)| core.tell_text(text, &live)).collect();
            let commands: Vec<&Command> = tells.iter().flatten().collect();
            let mut answers = core.wires.send(super::wires::Wire::Query, &commands).await.into_iter();
            let mut settled = core.wires.scripts.settled.call(&leaving);
            let mut fault = None;
            for ((text, time), tell) in due.iter().zip(&tells) {
                let over = match tell.as_ref().and_then(|_| answers.next()) {
                    // what is none of ours would be found again for ever
                    None => true,
                    Some(Ok(answer)) => reply::value::<i64>("outcome", answer)? != NOT_DUE,
                    Some(Err(error)) => {
                        fault = Some(error);
                        false
                    }
                };
                if over {
                    settled = settled.arg(text).arg(time);
                }
            }
            core.query(settled).await?;
            fault.map_or(Ok(due.len()), |fault| Err(fault.into()))
        })
    }

    fn tell_text(&self, text: &str, live: &[Incarnation]) -> Option<Command> {
        let (channel, user) = text.split_once(' ')?;
        Some(self.tell(&channel.parse().ok()?, &user.parse().ok()?, live))
    }

    fn tell(&self, channel: &Address, user: &UserId, live: &[Incarnation]) -> Command {
        let call = self.wires.scripts.tell.call(&self.keys.of_members(channel));
        let call = call.arg(user.as_str()).arg(presence(channel, user, false));
        live_args(self.told_at(call, channel), live)
    }
}

fn presence(channel: &Address, user: &UserId, joined: bool) -> Vec<u8> {
    let channel = channel.to_string();
    ClusterMessage::Presence { channel: &channel, user: user.as_str(), joined }.encode()
}
