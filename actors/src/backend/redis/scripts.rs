//! The Lua scripts, each a file; parts that several of them share are prepended.
//!
//! A Redis at its `maxmemory` refuses every command that may take memory. Scripts that keep the directory and the
//! leases are declared with `allow-oom` (Redis 7.0): they take little, and without them a full broker would fence every
//! node. Scripts that store publications, cursors and tickets are not.

use super::command::Command;
use redis::{Cmd, Script};

/// All scripts, with their digests.
pub(super) struct Scripts {
    pub append: Lua,
    pub publish: Lua,
    pub direct: Lua,
    pub admits: Lua,
    pub reaches: Lua,
    pub relation: Lua,
    pub keep: Lua,
    pub mark_read: Lua,
    pub finish: Lua,
    pub outbox: Lua,
    pub deposit: Lua,
    pub read: Lua,
    pub walk: Lua,
    pub top: Lua,
    pub attach: Lua,
    pub detach: Lua,
    pub take_events: Lua,
    pub settle_events: Lua,
    pub replay_events: Lua,
    pub join: Lua,
    pub set_state: Lua,
    pub set_profile: Lua,
    pub show_profile: Lua,
    pub leave: Lua,
    pub index: Lua,
    pub unindex: Lua,
    pub cursors: Lua,
    pub renew: Lua,
    pub release: Lua,
    pub nodes: Lua,
    pub claim: Lua,
    pub routes: Lua,
    pub reaped: Lua,
    pub put_off: Lua,
    pub due: Lua,
    pub tell: Lua,
    pub tell_joined: Lua,
    pub roster: Lua,
    pub settled: Lua,
    pub ping: Lua,
    pub deny: Lua,
    pub allow: Lua,
    pub denials: Lua,
    pub purge: Lua,
    pub erase: Lua,
    pub erase_events: Lua,
    pub put_snapshot: Lua,
}

/// One script.
pub(super) struct Lua {
    digest: String,
    code: String,
}

impl Scripts {
    /// `events` is the prelude of the scripts that write server events, `ways` that of the scripts that publish on a
    /// topic.
    pub(super) fn new(events: &str, ways: &str) -> Self {
        let topic = &[ways, include_str!("scripts/topic.lua")].join("\n");
        let log = include_str!("scripts/log.lua");
        let live = include_str!("scripts/live.lua");
        let member = include_str!("scripts/member.lua");
        let part = include_str!("scripts/part.lua");
        let denylist = include_str!("scripts/denylist.lua");
        let states = include_str!("scripts/states.lua");
        let profile = include_str!("scripts/profile.lua");
        let stir = include_str!("scripts/stir.lua");
        let places = include_str!("scripts/places.lua");
        let within = include_str!("scripts/within.lua");
        let share = include_str!("scripts/share.lua");
        Scripts {
            append: Lua::new(&[log, events, topic, include_str!("scripts/append.lua")]),
            publish: Lua::control(&[topic, include_str!("scripts/publish.lua")]),
            direct: Lua::new(&[log, live, part, within, share, events, include_str!("scripts/direct.lua")]),
            admits: Lua::new(&[log, within, share, include_str!("scripts/admits.lua")]),
            reaches: Lua::new(&[within, include_str!("scripts/reaches.lua")]),
            relation: Lua::new(&[include_str!("scripts/relation.lua")]),
            keep: Lua::new(&[include_str!("scripts/keep.lua")]),
            mark_read: Lua::new(&[include_str!("scripts/mark_read.lua")]),
            finish: Lua::new(&[log, part, include_str!("scripts/finish.lua")]),
            deposit: Lua::new(&[log, include_str!("scripts/deposit.lua")]),
            outbox: Lua::new(&[log, include_str!("scripts/outbox.lua")]),
            read: Lua::new(&[log, include_str!("scripts/read.lua")]),
            walk: Lua::new(&[include_str!("scripts/walk.lua")]),
            top: Lua::new(&[log, include_str!("scripts/top.lua")]),
            attach: Lua::control(&[log, live, events, stir, include_str!("scripts/attach.lua")]),
            join: Lua::control(&[log, live, events, member, topic, states, profile, include_str!("scripts/join.lua")]),
            set_state: Lua::new(&[events, member, topic, states, include_str!("scripts/set_state.lua")]),
            set_profile: Lua::new(&[log, stir, include_str!("scripts/set_profile.lua")]),
            show_profile: Lua::new(&[events, member, topic, profile, include_str!("scripts/show_profile.lua")]),
            leave: Lua::control(&[
                log,
                live,
                events,
                member,
                topic,
                states,
                profile,
                include_str!("scripts/leave.lua"),
            ]),
            detach: Lua::control(&[events, stir, include_str!("scripts/detach.lua")]),
            take_events: Lua::control(&[include_str!("scripts/take_events.lua")]),
            settle_events: Lua::control(&[include_str!("scripts/settle_events.lua")]),
            replay_events: Lua::new(&[include_str!("scripts/replay_events.lua")]),
            index: Lua::control(&[places, include_str!("scripts/index.lua")]),
            unindex: Lua::control(&[places, include_str!("scripts/unindex.lua")]),
            cursors: Lua::new(&[log, include_str!("scripts/cursors.lua")]),
            renew: Lua::control(&[log, include_str!("scripts/renew.lua")]),
            release: Lua::control(&[log, include_str!("scripts/release.lua")]),
            nodes: Lua::new(&[log, include_str!("scripts/nodes.lua")]),
            claim: Lua::control(&[log, include_str!("scripts/claim.lua")]),
            routes: Lua::control(&[include_str!("scripts/routes.lua")]),
            reaped: Lua::control(&[places, include_str!("scripts/reaped.lua")]),
            put_off: Lua::control(&[log, include_str!("scripts/put_off.lua")]),
            due: Lua::new(&[log, include_str!("scripts/due.lua")]),
            tell: Lua::control(&[log, live, events, member, topic, states, profile, include_str!("scripts/tell.lua")]),
            tell_joined: Lua::control(&[
                events,
                member,
                topic,
                states,
                profile,
                include_str!("scripts/tell_joined.lua"),
            ]),
            roster: Lua::new(&[states, profile, include_str!("scripts/roster.lua")]),
            settled: Lua::control(&[include_str!("scripts/settled.lua")]),
            ping: Lua::control(&[include_str!("scripts/ping.lua")]),
            deny: Lua::control(&[log, denylist, include_str!("scripts/deny.lua")]),
            allow: Lua::control(&[log, denylist, include_str!("scripts/allow.lua")]),
            denials: Lua::new(&[log, include_str!("scripts/denials.lua")]),
            purge: Lua::control(&[log, include_str!("scripts/purge.lua")]),
            put_snapshot: Lua::new(&[log, include_str!("scripts/put_snapshot.lua")]),
            erase: Lua::control(&[include_str!("scripts/erase.lua")]),
            erase_events: Lua::control(&[include_str!("scripts/erase_events.lua")]),
        }
    }

    /// A small script, to be loaded before the others: Redis closes the connection of an unauthenticated client that
    /// sends more than 16 KiB, and the reason, which it returns for less, would be lost.
    pub(super) fn load_first(&self) -> redis::Cmd {
        let mut load = redis::cmd("SCRIPT");
        load.arg("LOAD").arg(&self.ping.code);
        load
    }

    /// One `SCRIPT LOAD` per script.
    pub(super) fn load(&self) -> redis::Pipeline {
        let mut pipeline = redis::pipe();
        for lua in [
            &self.append,
            &self.publish,
            &self.direct,
            &self.admits,
            &self.reaches,
            &self.relation,
            &self.keep,
            &self.mark_read,
            &self.finish,
            &self.outbox,
            &self.deposit,
            &self.read,
            &self.walk,
            &self.top,
            &self.attach,
            &self.detach,
            &self.take_events,
            &self.settle_events,
            &self.replay_events,
            &self.join,
            &self.set_state,
            &self.set_profile,
            &self.show_profile,
            &self.leave,
            &self.index,
            &self.unindex,
            &self.cursors,
            &self.renew,
            &self.release,
            &self.nodes,
            &self.claim,
            &self.routes,
            &self.reaped,
            &self.put_off,
            &self.due,
            &self.tell,
            &self.tell_joined,
            &self.roster,
            &self.settled,
            &self.ping,
            &self.deny,
            &self.allow,
            &self.denials,
            &self.purge,
            &self.erase,
            &self.erase_events,
            &self.put_snapshot,
        ] {
            pipeline.cmd("SCRIPT").arg("LOAD").arg(&lua.code).ignore();
        }
        pipeline
    }
}

impl Lua {
    fn new(parts: &[&str]) -> Self {
        let code = parts.join("\n");
        Lua { digest: Script::new(&code).get_hash().to_owned(), code }
    }

    /// A script that a full broker runs as well.
    fn control(parts: &[&str]) -> Self {
        Lua::new(&[&["#!lua flags=allow-oom"], parts].concat())
    }

    /// A call with keys; arguments are added to it. Its first key decides the slot.
    pub(super) fn call(&self, keys: &[String]) -> Command {
        // room for the arguments of most scripts, with an envelope of some hundred bytes
        let mut cmd = Cmd::with_capacity(16 + keys.len(), 768);
        cmd.arg("EVALSHA").arg(&self.digest).arg(keys.len()).arg(keys);
        Command::routed_by(keys.first().map_or("", String::as_str), cmd)
    }
}
