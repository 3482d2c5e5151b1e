//! Sessions of users and members of channels, each with its entry in the incarnation's index.
//!
//! A route implies an index entry, which is therefore written before the route and removed after it. Calls for one
//! session wait for one another, because in a cluster the steps of a call are not atomic.

use super::super::*;
use super::command::ms;
use super::command::Command;
use super::reply::SESSION_BYTES;
use super::route::{EntryRoute, Indexed};
use super::states::{self, state, text};
use super::{reply, RedisBackend, RedisCore};
use hubwire_protocol::{Address, DeviceId, Incarnation, Profile, SessionId, UserId};
use std::rc::Rc;
use std::time::Duration;

impl Directory for RedisBackend {
    fn attach(&self, attach: Attach) -> Reply<AttachOutcome> {
        self.core.attach(attach)
    }

    fn detach(&self, user: UserId, session: SessionId) -> Reply<()> {
        self.core.detach(user, session)
    }

    fn last_seen(&self, users: Vec<UserId>) -> Reply<Vec<Option<u64>>> {
        self.core.last_seen(users)
    }

    fn sessions(&self, user: UserId) -> Reply<Vec<DirectoryEntry>> {
        self.core.sessions(&user)
    }

    fn placed(&self) -> Reply<Vec<Placement>> {
        self.core.placed()
    }
}

impl RedisCore {
    pub(super) fn attach(self: &Rc<Self>, attach: Attach) -> Reply<AttachOutcome> {
        self.spawn(|core| async move {
            let _turn = core.turn(attach.session).await;
            let Attach { user, session, device, policy, live } = attach;
            let route = EntryRoute::Session { user: user.clone(), session };
            let log = core.keys.log(&Address::User(user.clone()));
            let [watched, channel] = core.keys.of_watch(&user);
            let names = core.with_leases([core.keys.sessions(&user), log, watched, channel]);
            let call = core.wires.scripts.attach.call(&names);
            let call = call.arg(&session.to_bytes()[..]).arg(device.as_ref().map_or("", DeviceId::as_str));
            let call = call.arg(policy.max_sessions).arg(u8::from(policy.close_oldest));
            let call = core.by(call.arg(user.as_str()).arg(core.publish_command()), &live);
            let [indexed, attached] = core.in_order([core.index(&route), call]).await?;
            if !reply::flag("flag", indexed)? {
                core.query(core.remove(&route, Duration::ZERO, &live)).await?;
                return Err(core.reaped(session));
            }
            let attached = reply::list("attach", attached)?;
            if attached.is_empty() {
                core.query(core.unindex(&route)).await?;
                return Ok(AttachOutcome::Refused);
            }
            let [top, replaced] = reply::array("attach", ::redis::Value::Array(attached))?;
            let replaced = reply::session_list(replaced)?;
            for session in &replaced {
                core.query(core.unindex(&EntryRoute::Session { user: user.clone(), session: *session })).await?;
            }
            Ok(AttachOutcome::Entered { top: reply::parsed("position", top)?, replaced })
        })
    }

    pub(super) fn join(self: &Rc<Self>, joining: Joining) -> Reply<JoinOutcome> {
        self.spawn(move |core| async move {
            let Joining { channel, member, live, known, state, profiles_kept, fresh } = joining;
            let _turn = core.turn(member.session).await;
            let call = || {
                let mut names = core.with_leases(core.keys.of_members(&channel));
                // in a cluster it is on another server
                names.extend((profiles_kept.is_some() && !core.is_cluster()).then(|| core.keys.profile(&member.user)));
                let call = core.wires.scripts.join.call(&names).arg(member.user.as_str());
                let call = core.told_at(call.arg(&member.session.to_bytes()[..]).arg(u8::from(known)), &channel);
                let call = call.arg(u8::from(state.is_some())).arg(text(state.as_ref().and_then(Option::as_ref)));
                call.arg(profiles_kept.map_or(0, ms)).arg(u8::from(fresh))
            };
            let (session, user) = (member.session, member.user.clone());
            let route = EntryRoute::Membership { channel: channel.clone(), user, session };
            let entered = core.in_order([core.index(&route), core.by(call(), &live)]).await;
            let [indexed, entered] = entered.inspect_err(|error| core.doubt(error))?;
            if !reply::flag("flag", indexed)? {
                core.end_membership(channel, member, &live, Duration::ZERO).await?;
                return Err(core.reaped(session));
            }
            let entered = core.verdict(entered, call).await?;
            if let (Some(keep), true) = (profiles_kept, core.is_cluster()) {
                core.bring_profile(&channel, &member.user, keep).await?;
            }
            Ok(JoinOutcome { first: entered & 1 != 0, company: entered & 2 != 0 })
        })
    }

    pub(super) fn detach(self: &Rc<Self>, user: UserId, session: SessionId) -> Reply<()> {
        self.spawn(move |core| async move {
            let _turn = core.turn(session).await;
            let route = EntryRoute::Session { user, session };
            core.in_order([core.remove(&route, Duration::ZERO, &[]), core.unindex(&route)]).await?;
            Ok(())
        })
    }

    pub(super) fn sessions(self: &Rc<Self>, user: &UserId) -> Reply<Vec<DirectoryEntry>> {
        self.ask(Command::on("HGETALL", &self.keys.sessions(user)), |answer| {
            let fields: Vec<(Vec<u8>, String)> = reply::value("directory", answer)?;
            let entry = |(session, value): (Vec<u8>, String)| {
                let (since, device) = value.split_once(' ').map_or((&*value, None), |(since, it)| (since, Some(it)));
                let device = device.map(str::parse).transpose().ok()?;
                let session = SessionId::from_bytes(&session).ok()?;
                Some(DirectoryEntry { session, device, since_ms: since.parse().ok()? })
            };
            let entries: Option<Vec<DirectoryEntry>> = fields.into_iter().map(entry).collect();
            entries.ok_or_else(|| reply::unexpected("directory entry"))
        })
    }

    pub(super) fn last_seen(self: &Rc<Self>, users: Vec<UserId>) -> Reply<Vec<Option<u64>>> {
        self.spawn(move |core| async move {
            let gets: Vec<Command> = users.iter().map(|user| Command::on("GET", &core.keys.last_seen(user))).collect();
            let answers = core.scatter(&gets.iter().collect::<Vec<_>>()).await?;
            answers.into_iter().map(|answer| reply::value("time", answer)).collect()
        })
    }

    pub(super) fn roster(self: &Rc<Self>, channel: &Address, users_max: usize) -> Reply<Roster> {
        let [members, states, ..] = self.keys.of_members(channel);
        let call = self.wires.scripts.roster.call(&[members, states]).arg(users_max);
        self.ask(call, |answer| {
            let mut parts = reply::list("roster", answer)?.into_iter();
            let count = parts.next().ok_or_else(|| reply::unexpected("roster"))?;
            let users = match (parts.next(), parts.next(), parts.next()) {
                (Some(users), Some(states), Some(profiles)) => {
                    let users: Vec<UserId> = reply::parsed_list("user", users)?;
                    let states: Vec<Vec<u8>> = reply::value("states", states)?;
                    let profiles: Vec<Vec<u8>> = reply::value("profiles", profiles)?;
                    let shown = states
                        .into_iter()
                        .zip(profiles)
                        .map(|(text, profile)| Shown { state: state(text), profile: Profile::from_text(&profile) });
                    Some(users.into_iter().zip(shown).collect())
                }
                _ => None,
            };
            Ok(Roster { count: reply::value("count", count)?, users })
        })
    }

    pub(super) fn members(self: &Rc<Self>, channel: &Address) -> Reply<Members> {
        let [members, states, ..] = self.keys.of_members(channel);
        self.spawn(move |core| async move {
            let commands = [Command::on("HGETALL", &members), Command::on("HGETALL", &states)];
            let [fields, states] = core.in_order(commands).await?;
            let fields: Vec<(String, Vec<u8>)> = reply::value("members", fields)?;
            let (shown, states) = states::shown(states)?;
            let mut members =
                Members { sessions: Vec::with_capacity(fields.len()), leaving: Vec::new(), shown, states };
            for (user, value) in fields {
                let user: UserId = user.parse().map_err(|_| reply::unexpected("user"))?;
                let (word, sessions) = value.split_at(value.len() % SESSION_BYTES);
                if word.starts_with(b"~") {
                    members.leaving.push(user.clone());
                }
                for session in reply::sessions::<Vec<SessionId>>(sessions)? {
                    members.sessions.push(Member { session, user: user.clone() });
                }
            }
            Ok(members)
        })
    }

    fn index(&self, route: &EntryRoute) -> Command {
        let node = route.session().incarnation();
        let Indexed { field, place } = route.indexed();
        self.wires.scripts.index.call(&[self.keys.index(node), self.keys.fence(node)]).arg(field).arg(place)
    }

    pub(super) fn unindex(&self, route: &EntryRoute) -> Command {
        let Indexed { field, place } = route.indexed();
        self.wires.scripts.unindex.call(&[self.keys.index(route.session().incarnation())]).arg(field).arg(place)
    }

    /// Removes a route from the directory or a channel; in a channel `left` is delayed by the grace.
    pub(super) fn remove(&self, route: &EntryRoute, grace: Duration, live: &[Incarnation]) -> Command {
        let session = &route.session().to_bytes()[..];
        match route {
            EntryRoute::Session { user, .. } => {
                let [watched, channel] = self.keys.of_watch(user);
                let names = [self.keys.sessions(user), watched, channel, self.keys.last_seen(user)];
                let detach = self.wires.scripts.detach.call(&names).arg(session).arg(user.as_str());
                let noted = if self.wires.config.last_seen { ms(LAST_SEEN_TTL) } else { 0 };
                detach.arg(self.publish_command()).arg(noted)
            }
            EntryRoute::Membership { channel, user, .. } => {
                let leave = self.wires.scripts.leave.call(&self.with_leases(self.keys.of_members(channel)));
                self.by(self.told_at(leave.arg(user.as_str()).arg(session).arg(ms(grace)), channel), live)
            }
        }
    }

    /// The arguments that say where a change in a channel is announced.
    pub(super) fn told_at(&self, command: Command, channel: &Address) -> Command {
        command.arg(channel.to_string()).arg(self.incarnation.to_string())
    }

    fn reaped(&self, session: SessionId) -> BackendError {
        BackendError::Refused { reason: format!("incarnation {} was reaped", session.incarnation()) }
    }
}
