//! Handles messages from the bus: groups for a key, messages for a group.

use super::channel_names::Inbound;
use super::registry::{RegisteredConnection, WorkerIndex};
use super::WsHub;
use crate::context::Context;
use crate::mail;
use crate::words::wshub::{Deliver, SetGroups, ToNative};
use bytes::Bytes;
use hubwire_protocol::frame::{frame, Opcode};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::time::Instant;

/// "Policy violation" (RFC 6455, section 7.4.1): the listener assigned no group to the client.
const NO_GROUPS: (u16, &str) = (1008, "no groups");

impl WsHub {
    pub(super) fn on_message(&mut self, channel: &Bytes, payload: Bytes) {
        match self.names.read(channel) {
            Some(Inbound::GroupsNew { key }) => self.groups_new(&key, &payload),
            Some(Inbound::GroupData { group }) => self.group_data(group, payload),
            None => {}
        }
    }

    /// Delivery is complete from now on, but earlier answers may have been missed: announces every key (again).
    pub(super) fn on_complete(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.is_listening, true) {
            log::info!("listening again, announcing connected keys again");
            let keys: Vec<Bytes> = self.registry.keys().map(|(key, _)| key.clone()).collect();
            for key in &keys {
                if let Some(known) = self.registry.key_mut(key) {
                    known.is_answered = false;
                }
            }
            self.announcements.all(Instant::now(), keys.into_iter());
            self.set_timer(ctx);
            return;
        }
        for (key, entered) in std::mem::take(&mut self.waiting) {
            if self.registry.key(&key).is_some() {
                self.announce(key, None, ctx);
                let _ = entered.send(()); // a connection that ended meanwhile leaves by itself
            }
        }
    }

    /// Names are split at every comma and not trimmed: `a, b,,` contains `a`, ` b` and the empty group.
    fn groups_new(&mut self, key: &Bytes, payload: &Bytes) {
        if payload.is_empty() {
            return self.refuse(key);
        }
        let named: Vec<Bytes> = payload.split(|byte| *byte == b',').map(|name| payload.slice_ref(name)).collect();
        // copied, so that the names do not keep the whole message in memory
        let named: Vec<Bytes> = named.iter().map(|name| Bytes::copy_from_slice(name)).collect();
        let Some(known) = self.registry.set_groups(key, &named, self.settings.groups) else { return };
        let (connections, groups) = (known.connections.clone(), known.groups.clone().into());
        self.announcements.forget(key);
        self.tell_groups(&connections, groups);
    }

    fn refuse(&mut self, key: &Bytes) {
        let connections = self.registry.remove_key(key);
        if connections.is_empty() {
            return;
        }
        for connection in connections {
            self.close(connection.worker, connection.place, NO_GROUPS.0, NO_GROUPS.1);
        }
        self.forget(key);
    }

    pub(super) fn tell_groups(&mut self, connections: &[RegisteredConnection], groups: Arc<[Bytes]>) {
        self.groups_version += 1;
        let mut by_worker: BTreeMap<WorkerIndex, Vec<_>> = BTreeMap::new();
        for connection in connections {
            by_worker.entry(connection.worker).or_default().push(connection.place);
        }
        for (worker, places) in by_worker {
            if let Some(worker) = self.workers.get(worker) {
                mail::insist(worker, SetGroups { places, groups: groups.clone(), version: self.groups_version });
            }
        }
    }

    fn group_data(&mut self, group: Bytes, payload: Bytes) {
        let mut full = self.deliver(&group, &payload);
        if let Some(bridge) = &self.bridge {
            full += u64::from(mail::tell(bridge, ToNative { group, payload }).is_err());
        }
        self.count_dropped(full);
    }

    /// Delivers one message as one frame: text when it is UTF-8, otherwise binary. A group without members costs a
    /// look-up. Returns how many workers' mailboxes were full.
    fn deliver(&self, group: &Bytes, payload: &Bytes) -> u64 {
        let mut workers = self.registry.workers_of(group).filter_map(|worker| self.workers.get(worker)).peekable();
        if workers.peek().is_none() {
            return 0;
        }
        let opcode = if std::str::from_utf8(payload).is_ok() { Opcode::Text } else { Opcode::Binary };
        let frame = frame(opcode, payload);
        let message = || Deliver { group: group.clone(), frame: frame.clone() };
        workers.filter(|worker| mail::tell(*worker, message()).is_err()).count() as u64
    }

    /// Counts messages lost to full mailboxes; there is no log to read them from. Logged for the first one and every
    /// 1,000th.
    fn count_dropped(&mut self, count: u64) {
        if count > 0 {
            if self.dropped / 1000 != (self.dropped + count) / 1000 || self.dropped == 0 {
                log::warn!("group data came faster than it was written: dropped={}", self.dropped + count);
            }
            self.dropped += count;
        }
    }
}
