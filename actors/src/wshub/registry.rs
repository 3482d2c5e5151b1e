//! Connected keys, their connections and their groups, and the workers with members of each group.

use super::settings::GroupsMode;
use crate::words::ids::MemberKey;
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The index of a worker of this node.
pub(super) type WorkerIndex = usize;

/// A connection from the hub's view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RegisteredConnection {
    pub worker: WorkerIndex,
    pub place: MemberKey,
    pub peer: Arc<str>,
}

/// A key with at least one connection.
#[derive(Debug, Default)]
pub(super) struct RegisteredKey {
    pub connections: Vec<RegisteredConnection>,
    /// Each once, in the order of their assignment.
    pub groups: Vec<Bytes>,
    /// Whether a `groups-new` arrived since the key was announced.
    pub is_answered: bool,
}

/// The registry; see the module.
#[derive(Debug, Default)]
pub(super) struct Registry {
    keys: HashMap<Bytes, RegisteredKey>,
    /// The number of member connections, by group and worker.
    groups: HashMap<Bytes, BTreeMap<WorkerIndex, usize>>,
    connections: usize,
}

impl Registry {
    pub(super) fn connection_count(&self) -> usize {
        self.connections
    }

    pub(super) fn key(&self, key: &[u8]) -> Option<&RegisteredKey> {
        self.keys.get(key)
    }

    pub(super) fn key_mut(&mut self, key: &[u8]) -> Option<&mut RegisteredKey> {
        self.keys.get_mut(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = (&Bytes, &RegisteredKey)> {
        self.keys.iter()
    }

    /// The workers with members of a group.
    pub(super) fn workers_of(&self, group: &[u8]) -> impl Iterator<Item = WorkerIndex> + '_ {
        self.groups.get(group).into_iter().flat_map(|workers| workers.keys().copied())
    }

    /// Adds a connection, which is in its key's groups from now on.
    pub(super) fn add(&mut self, key: Bytes, connection: RegisteredConnection) -> &mut RegisteredKey {
        let entry = self.keys.entry(key).or_default();
        for group in &entry.groups {
            count_in(&mut self.groups, group, connection.worker);
        }
        entry.connections.push(connection);
        entry.is_answered = false;
        self.connections += 1;
        entry
    }

    /// Removes a connection; `None` when it was not registered, otherwise whether it was its key's last one.
    pub(super) fn remove(&mut self, key: &Bytes, worker: WorkerIndex, place: MemberKey) -> Option<bool> {
        let entry = self.keys.get_mut(key)?;
        let is_meant = |connection: &RegisteredConnection| connection.worker == worker && connection.place == place;
        let at = entry.connections.iter().position(is_meant)?;
        entry.connections.swap_remove(at);
        self.connections -= 1;
        for group in &entry.groups {
            count_out(&mut self.groups, group, worker);
        }
        let is_last = entry.connections.is_empty();
        if is_last {
            self.keys.remove(key);
        }
        Some(is_last)
    }

    /// Removes a key; returns its connections.
    pub(super) fn remove_key(&mut self, key: &Bytes) -> Vec<RegisteredConnection> {
        let Some(entry) = self.keys.remove(key) else { return Vec::new() };
        self.connections -= entry.connections.len();
        for group in &entry.groups {
            for connection in &entry.connections {
                count_out(&mut self.groups, group, connection.worker);
            }
        }
        entry.connections
    }

    /// Sets the groups that the listener assigned to a key. Returns the key, or `None` when it is not on this node.
    pub(super) fn set_groups(&mut self, key: &Bytes, named: &[Bytes], mode: GroupsMode) -> Option<&RegisteredKey> {
        let entry = self.keys.get_mut(key)?;
        entry.is_answered = true;
        let before = match mode {
            GroupsMode::Replace => std::mem::take(&mut entry.groups),
            GroupsMode::Add => entry.groups.clone(),
        };
        for group in named {
            if !entry.groups.contains(group) {
                entry.groups.push(group.clone());
            }
        }
        for connection in &entry.connections {
            // the new groups are counted first, so that a group in both sets is not removed in between
            entry.groups.iter().for_each(|group| count_in(&mut self.groups, group, connection.worker));
            before.iter().for_each(|group| count_out(&mut self.groups, group, connection.worker));
        }
        Some(entry)
    }
}

fn count_in(groups: &mut HashMap<Bytes, BTreeMap<WorkerIndex, usize>>, group: &Bytes, worker: WorkerIndex) {
    *groups.entry(group.clone()).or_default().entry(worker).or_default() += 1;
}

fn count_out(groups: &mut HashMap<Bytes, BTreeMap<WorkerIndex, usize>>, group: &Bytes, worker: WorkerIndex) {
    let Some(workers) = groups.get_mut(group) else { return };
    if let Some(count) = workers.get_mut(&worker) {
        *count -= 1;
        if *count == 0 {
            workers.remove(&worker);
        }
    }
    if workers.is_empty() {
        groups.remove(group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(worker: WorkerIndex, index: u32) -> RegisteredConnection {
        RegisteredConnection { worker, place: MemberKey { index, generation: 0 }, peer: "127.0.0.1:1".into() }
    }

    fn names(names: &[&'static str]) -> Vec<Bytes> {
        names.iter().map(|name| Bytes::from(*name)).collect()
    }

    fn workers(registry: &Registry, group: &'static str) -> Vec<WorkerIndex> {
        registry.workers_of(group.as_bytes()).collect()
    }

    #[test]
    fn groups_apply_to_all_connections_of_a_key_and_go_with_the_last_one() {
        let mut registry = Registry::default();
        let key = Bytes::from("k");
        registry.add(key.clone(), connection(0, 1));
        registry.set_groups(&key, &names(&["a", "b", "a"]), GroupsMode::Replace).unwrap();
        registry.add(key.clone(), connection(1, 2));
        assert_eq!(workers(&registry, "a"), [0, 1]);
        registry.set_groups(&key, &names(&["b"]), GroupsMode::Replace).unwrap();
        assert_eq!(workers(&registry, "a"), [0; 0]);
        registry.set_groups(&key, &names(&["c"]), GroupsMode::Add).unwrap();
        assert_eq!((workers(&registry, "b"), workers(&registry, "c")), (vec![0, 1], vec![0, 1]));
        assert_eq!(registry.remove(&key, 0, MemberKey { index: 1, generation: 0 }), Some(false));
        assert_eq!(workers(&registry, "b"), [1]);
        assert_eq!(registry.remove(&key, 0, MemberKey { index: 1, generation: 0 }), None);
        assert_eq!(registry.remove(&key, 1, MemberKey { index: 2, generation: 0 }), Some(true));
        assert_eq!((registry.connection_count(), registry.keys.len(), registry.groups.len()), (0, 0, 0));
    }

    #[test]
    fn removing_a_key_leaves_nothing_of_it() {
        let mut registry = Registry::default();
        let key = Bytes::from("k");
        registry.add(key.clone(), connection(0, 1));
        registry.add(key.clone(), connection(0, 2));
        registry.set_groups(&key, &names(&["a"]), GroupsMode::Add).unwrap();
        assert_eq!(registry.remove_key(&key).len(), 2);
        assert_eq!((registry.connection_count(), registry.keys.len(), registry.groups.len()), (0, 0, 0));
        assert!(registry.set_groups(&key, &names(&["a"]), GroupsMode::Replace).is_none());
    }
}
