//! Relations of users.

use super::super::{ChangeRelation, People, RelationChanged, Reply};
use super::node::{ready, MemoryBackend};
use crate::words::relation::Relation;
use hubwire_protocol::UserId;

impl MemoryBackend {
    /// How a user stands to another one.
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
}
