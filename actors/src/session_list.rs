//! The sessions of one user. Most users have one or two, and looking through those is the quickest way to one of them.
//! A user without a limit (`sessions.max_sessions = 0`) may have thousands: from [`MANY`] on an index finds each, so
//! that a session costs the same to enter and to leave however many others its user has.

use hubwire_protocol::SessionId;
use smallvec::{Array, SmallVec};
use std::collections::HashMap;
use std::fmt;

/// More than these have an index.
const MANY: usize = 32;

/// What a list keeps of a session.
pub trait OfSession {
    /// The session.
    fn session(&self) -> SessionId;
}

/// See the module. The order is that of arrival, except that the last one takes the place of one that left.
///
/// The only one of most users lies in the list itself, as `A` says.
pub struct SessionList<T, A: Array<Item = T> = [T; 1]> {
    sessions: SmallVec<A>,
    /// While there are many. Boxed, because most lists have none.
    index: Option<Box<Index>>,
}

/// The place of each session.
#[derive(Debug, Clone)]
struct Index(HashMap<SessionId, u32>);

impl<T: fmt::Debug, A: Array<Item = T>> fmt::Debug for SessionList<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.sessions).finish()
    }
}

impl<T: Clone, A: Array<Item = T>> Clone for SessionList<T, A> {
    fn clone(&self) -> Self {
        SessionList { sessions: self.sessions.clone(), index: self.index.clone() }
    }
}

impl<T, A: Array<Item = T>> Default for SessionList<T, A> {
    fn default() -> Self {
        SessionList { sessions: SmallVec::new(), index: None }
    }
}

impl<T: OfSession, A: Array<Item = T>> SessionList<T, A> {
    /// All of them.
    pub fn as_slice(&self) -> &[T] {
        &self.sessions
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.sessions.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// One of them.
    pub fn find(&self, session: SessionId) -> Option<&T> {
        self.sessions.get(self.place(session)?)
    }

    /// One of them, to be changed; its session stays.
    pub fn find_mut(&mut self, session: SessionId) -> Option<&mut T> {
        let place = self.place(session)?;
        self.sessions.get_mut(place)
    }

    /// Adds one that is not there yet.
    pub fn push(&mut self, one: T) {
        let place = self.sessions.len() as u32;
        match &mut self.index {
            Some(index) => {
                index.0.insert(one.session(), place);
            }
            None if self.sessions.len() == MANY => {
                let known = self.sessions.iter().map(OfSession::session).zip(0..);
                self.index = Some(Box::new(Index(known.chain([(one.session(), place)]).collect())));
            }
            None => {}
        }
        self.sessions.push(one);
    }

    /// Takes one out.
    pub fn remove(&mut self, session: SessionId) -> Option<T> {
        let place = self.place(session)?;
        let removed = self.sessions.swap_remove(place);
        if let Some(index) = &mut self.index {
            index.0.remove(&session);
            if let Some(moved) = self.sessions.get(place) {
                index.0.insert(moved.session(), place as u32);
            }
        }
        if self.sessions.len() <= MANY / 2 {
            self.index = None;
        }
        Some(removed)
    }

    fn place(&self, session: SessionId) -> Option<usize> {
        match &self.index {
            Some(index) => index.0.get(&session).map(|place| *place as usize),
            None => self.sessions.iter().position(|one| one.session() == session),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hubwire_protocol::Incarnation;
    use std::cell::Cell;

    thread_local! {
        static LOOKS: Cell<usize> = const { Cell::new(0) };
    }

    #[derive(Debug, Clone, PartialEq)]
    struct Entry(SessionId);

    impl OfSession for Entry {
        fn session(&self) -> SessionId {
            LOOKS.set(LOOKS.get() + 1);
            self.0
        }
    }

    fn id(number: u64) -> SessionId {
        SessionId::new(Incarnation::from_random(7), number)
    }

    /// How many entries are looked at when one enters and leaves beside so many others.
    fn looks(others: u64) -> usize {
        let mut list: SessionList<Entry> = SessionList::default();
        (0..others).for_each(|number| list.push(Entry(id(number))));
        LOOKS.set(0);
        list.push(Entry(id(others)));
        assert!(list.find(id(others)).is_some() && list.find_mut(id(0)).is_some());
        assert!(list.remove(id(others / 2)).is_some() && list.remove(id(others)).is_some());
        LOOKS.get()
    }

    #[test]
    fn a_session_costs_no_more_beside_a_hundred_thousand_of_its_user_than_beside_a_hundred() {
        assert_eq!(looks(100_000), looks(100));
        assert!(looks(100) < 8, "{}", looks(100));
    }

    /// The same steps on a list and on a plain vector, across the bound at which the index comes and goes.
    #[test]
    fn it_holds_what_was_added_and_not_removed() {
        let (mut list, mut plain): (SessionList<Entry>, Vec<SessionId>) = Default::default();
        let mut state = 7_u64;
        for step in 0..20_000_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // grows to more than many, then shrinks to nothing, again and again
            let grows = step / 100 % 2 == 0;
            if grows == (state >> 60 < 13) {
                list.push(Entry(id(step)));
                plain.push(id(step));
            } else if !plain.is_empty() {
                let gone = plain.swap_remove(state as usize % plain.len());
                assert_eq!(list.remove(gone), Some(Entry(gone)));
                assert_eq!(list.remove(gone), None);
            }
            assert_eq!(list.len(), plain.len());
            assert!(plain.iter().all(|one| list.find(*one) == Some(&Entry(*one))), "step {step}");
        }
        assert!(list.iter().map(|one| one.0).eq(plain), "in the same order");
    }
}
