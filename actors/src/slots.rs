//! The members of one worker thread: the sessions of its delivery actor, or the connections of its WS-HUB worker.
//!
//! A key outlives its member: what is on the way to a member that has left must not reach the one that has its slot
//! now. So a key has the slot's index and a number that no two members share until it wraps around.

use crate::words::ids::MemberKey;
use slab::Slab;

/// A member that knows its number: it lies in padding that the member has anyway, and there is one per socket.
pub(crate) trait Numbered {
    /// The number with which it was inserted.
    fn generation(&self) -> u32;
}

/// The members by key; see the module.
#[derive(Debug)]
pub(crate) struct Slots<M> {
    slab: Slab<M>,
    generation: u32,
}

impl<M> Default for Slots<M> {
    fn default() -> Self {
        Slots { slab: Slab::new(), generation: 0 }
    }
}

impl<M: Numbered> Slots<M> {
    /// Adds the member that is made with the next number.
    pub fn insert(&mut self, make: impl FnOnce(u32) -> M) -> MemberKey {
        self.generation = self.generation.wrapping_add(1);
        let index = self.slab.insert(make(self.generation)) as u32;
        MemberKey { index, generation: self.generation }
    }

    /// The member, unless it has left.
    pub fn get_mut(&mut self, key: MemberKey) -> Option<&mut M> {
        self.slab.get_mut(key.index as usize).filter(|member| member.generation() == key.generation)
    }

    /// Removes the member, unless it has left.
    pub fn remove(&mut self, key: MemberKey) -> Option<M> {
        self.get_mut(key)?;
        Some(self.slab.remove(key.index as usize))
    }

    /// All members.
    pub fn iter(&self) -> impl Iterator<Item = &M> {
        self.slab.iter().map(|(_, member)| member)
    }

    /// All members, with their keys.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (MemberKey, &mut M)> {
        self.slab.iter_mut().map(|(index, member)| {
            let key = MemberKey { index: index as u32, generation: member.generation() };
            (key, member)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Numbered, Slots};

    impl Numbered for (u32, &str) {
        fn generation(&self) -> u32 {
            self.0
        }
    }

    #[test]
    fn a_key_does_not_reach_the_next_member_in_its_slot() {
        let mut members = Slots::default();
        let first = members.insert(|number| (number, "first"));
        assert_eq!(members.get_mut(first).map(|member| member.1), Some("first"));
        assert!(members.remove(first).is_some());
        let second = members.insert(|number| (number, "second"));
        assert_eq!(second.index, first.index, "the slot is used again");
        assert!(members.get_mut(first).is_none() && members.remove(first).is_none());
        assert_eq!(members.iter().map(|member| member.1).collect::<Vec<_>>(), ["second"]);
        assert_eq!(members.iter_mut().map(|(key, _)| key).collect::<Vec<_>>(), [second]);
    }
}
