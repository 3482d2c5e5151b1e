//! The relation of one user to another, and its transition by each act. The rules exist only here: brokers get a table
//! of transitions.

use hubwire_protocol::people::{ContactAct, ContactState};

/// One user's side: whether it wants the other one, is wanted by it, or blocks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Relation(u8);

const WANTS: u8 = 1;
const WANTED: u8 = 2;
const BLOCKS: u8 = 4;
/// The number of relations.
const COUNT: usize = 8;

impl Relation {
    /// The stored form.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Parses the stored form.
    pub fn of(number: u8) -> Option<Self> {
        (usize::from(number) < COUNT).then_some(Relation(number))
    }

    /// The relation as its user sees it.
    pub fn state(self) -> ContactState {
        match self.0 {
            number if number & BLOCKS != 0 => ContactState::Blocked,
            0 => ContactState::None,
            WANTS => ContactState::Invited,
            WANTED => ContactState::Invites,
            _ => ContactState::Contact,
        }
    }

    /// Whether this side wants the other one.
    pub(crate) fn wants(self) -> bool {
        self.0 & WANTS != 0
    }

    /// Whether this side blocks the other one.
    pub(crate) fn blocks(self) -> bool {
        self.0 & BLOCKS != 0
    }

    /// Whether they are contacts.
    pub(crate) fn is_contact(self) -> bool {
        self.0 == WANTS | WANTED
    }
}

/// The transition of each relation by one act; `None`: refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transitions([Option<Relation>; COUNT]);

impl Transitions {
    /// The transitions on the side of the user that acts.
    pub fn own(act: ContactAct) -> Self {
        Transitions::new(|number| match act {
            ContactAct::Block => Some(BLOCKS),
            ContactAct::Unblock => Some(number & !BLOCKS),
            ContactAct::Remove => Some(number & BLOCKS),
            ContactAct::Invite | ContactAct::Accept if number & BLOCKS != 0 => None,
            ContactAct::Accept if number & WANTED == 0 => None,
            ContactAct::Invite | ContactAct::Accept => Some(number | WANTS),
        })
    }

    /// The transitions on the other side. A block there is never changed. `None`: the act concerns only the first side.
    pub fn other(act: ContactAct) -> Option<Self> {
        let change: fn(u8) -> u8 = match act {
            ContactAct::Unblock => return None,
            ContactAct::Invite | ContactAct::Accept => |number| number | WANTED,
            ContactAct::Remove | ContactAct::Block => |_| 0,
        };
        Some(Transitions::new(|number| Some(if number & BLOCKS != 0 { number } else { change(number) })))
    }

    fn new(step: impl Fn(u8) -> Option<u8>) -> Self {
        let mut transitions = [None; COUNT];
        for (number, becomes) in (0..).zip(&mut transitions) {
            *becomes = step(number).map(Relation);
        }
        Transitions(transitions)
    }

    /// The transition of a relation.
    pub fn of(&self, relation: Relation) -> Option<Relation> {
        self.0.get(usize::from(relation.0)).copied().flatten()
    }

    /// A digit for each relation, in their order, or `x`, for a broker.
    pub(crate) fn digits(&self) -> String {
        self.0.iter().map(|relation| relation.map_or('x', |it| char::from(b'0' + it.0))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ContactAct::*;

    /// The relations of two users after these acts, each of the first (true) or the second.
    fn after(acts: &[(bool, ContactAct)]) -> (ContactState, ContactState) {
        let mut sides = [Relation::default(); 2];
        for (first, act) in acts {
            let (own, other) = if *first { (0, 1) } else { (1, 0) };
            let Some(done) = Transitions::own(*act).of(sides[own]) else { continue };
            sides[own] = done;
            if let Some(transitions) = Transitions::other(*act) {
                sides[other] = transitions.of(sides[other]).unwrap();
            }
        }
        (sides[0].state(), sides[1].state())
    }

    #[test]
    fn two_users_become_contacts_when_both_want_it_and_one_ends_it() {
        use ContactState::*;
        for (acts, expected) in [
            (&[(true, Invite)][..], (Invited, Invites)),
            (&[(true, Invite), (true, Invite)], (Invited, Invites)),
            (&[(true, Invite), (false, Accept)], (Contact, Contact)),
            (&[(true, Invite), (false, Invite)], (Contact, Contact)),
            (&[(true, Accept)], (None, None)),
            (&[(true, Invite), (true, Accept)], (Invited, Invites)),
            (&[(true, Invite), (false, Remove)], (None, None)),
            (&[(true, Invite), (true, Remove)], (None, None)),
            (&[(true, Invite), (false, Accept), (true, Remove)], (None, None)),
            (&[(true, Invite), (false, Accept), (true, Block)], (Blocked, None)),
            (&[(true, Block), (false, Invite)], (Blocked, Invited)),
            (&[(true, Block), (false, Remove)], (Blocked, None)),
            (&[(true, Block), (true, Remove)], (Blocked, None)),
            (&[(true, Block), (true, Invite)], (Blocked, None)),
            (&[(true, Block), (true, Unblock)], (None, None)),
            (&[(true, Block), (false, Block), (true, Unblock)], (None, Blocked)),
        ] {
            assert_eq!(after(acts), expected, "{acts:?}");
        }
    }

    #[test]
    fn brokers_are_told_what_becomes_of_each_relation() {
        assert_eq!(Transitions::own(Accept).digits(), "xx33xxxx");
        assert_eq!(Transitions::own(Block).digits(), "44444444");
        assert_eq!(Transitions::other(Invite).unwrap().digits(), "23234567");
    }
}
