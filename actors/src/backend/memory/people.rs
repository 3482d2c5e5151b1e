//! Relations of users.

use super::super::{ChangeRelation, People, RelationChanged, Reply};
use super::node::{ready, MemoryBackend};
use crate::words::relation::Relation;
use hubwire_protocol::conversations::ReadUpTo;
use hubwire_protocol::{Position, UserId};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

impl MemoryBackend {
    /// The relation of a user to another one.
    pub(super) fn relation(&self, user: &UserId, other: &UserId) -> Relation {
        let broker = self.cluster.broker();
        broker.people.get(user).and_then(|people| people.get(other)).copied().unwrap_or_default()
    }
}

impl People for MemoryBackend {
    fn change_relation(&self, change: ChangeRelation) -> Reply<RelationChanged> {
        let ChangeRelation { user, other, transitions, people_max } = change;
        let former = self.relation(&user, &other);
        let Some(latter) = transitions.of(former) else { return ready(RelationChanged::Refused(former)) };
        let mut broker = self.cluster.broker();
        let people = broker.people.entry(user.clone()).or_default();
        if former == Relation::default() && latter != former && people.len() >= people_max {
            return ready(RelationChanged::Full);
        }
        match latter == Relation::default() {
            true => drop(people.remove(&other)),
            false => drop(people.insert(other, latter)),
        }
        if people.is_empty() {
            broker.people.remove(&user);
        }
        ready(RelationChanged::Changed(former, latter))
    }

    fn people(&self, user: UserId) -> Reply<Vec<(UserId, Relation)>> {
        let broker = self.cluster.broker();
        let people = broker.people.get(&user).into_iter().flatten();
        ready(people.map(|(user, relation)| (user.clone(), *relation)).collect())
    }

    fn mark_read(&self, user: UserId, read: ReadUpTo, marks_max: usize, keep: Duration) -> Reply<bool> {
        let ReadUpTo { user: other, pos } = read;
        let (broker, now) = (&mut *self.cluster.broker(), Instant::now());
        if broker.read.find(now, &user).and_then(|marks| marks.get(&other)).is_some_and(|mark| mark.seq >= pos.seq) {
            return ready(false);
        }
        let marks = broker.read.entry(now, user, keep, BTreeMap::new);
        if !marks.contains_key(&other) && marks.len() >= marks_max {
            let oldest = marks.iter().min_by_key(|(_, mark)| mark.seq).map(|(other, _)| other.clone());
            oldest.and_then(|oldest| marks.remove(&oldest));
        }
        marks.insert(other, pos);
        ready(true)
    }

    fn read_marks(&self, user: UserId) -> Reply<Vec<(UserId, Position)>> {
        let broker = self.cluster.broker();
        let marks = broker.read.find(Instant::now(), &user).into_iter().flatten();
        ready(marks.map(|(other, mark)| (other.clone(), *mark)).collect())
    }
}
