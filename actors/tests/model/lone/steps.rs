//! What nodes and scripts do.

use super::{Broker, Follows, Lone, Node, Note, Publication, State, Stay, NODES};

impl Lone {
    /// Notifies the others that they are not alone.
    fn wake(&self, state: &mut State, but: usize) {
        for at in (0..NODES).filter(|at| *at != but && state.broker.near[*at]) {
            state.nodes[at].receive(Note::Company);
        }
    }

    pub fn enter(&self, state: &mut State, at: usize) -> bool {
        let others = state.broker.enter(at, self.rules.enters_near);
        state.all_know = false;
        if others {
            if !self.rules.stays_near {
                (0..NODES).filter(|other| *other != at).for_each(|other| {
                    if std::mem::take(&mut state.broker.near[other]) {
                        state.nodes[other].receive(Note::Company);
                    }
                });
            }
            self.wake(state, at);
        }
        others
    }

    pub fn publish(&self, state: &mut State, by: usize) {
        let id = state.publications.len() as u8;
        let is_in = |node: &Node| node.stay == Stay::In && !node.is_lost && !node.is_dead;
        let owed = std::array::from_fn(|at| is_in(&state.nodes[at]));
        state.publications.push(Publication { owed, got: [0; NODES] });
        let Broker { members, near, subscribed } = state.broker;
        let others = (0..NODES).any(|at| at != by && (members[at] || subscribed[at]));
        if !others && self.rules.keeps {
            return state.nodes[by].receive(Note::Direct(id));
        }
        let followed = subscribed.contains(&true);
        let told = if self.rules.names_the_told { near } else { [false; NODES] };
        for at in 0..NODES {
            if near[at] {
                state.nodes[at].receive(Note::Direct(id));
            }
            if subscribed[at] {
                state.nodes[at].receive(Note::Topic(id, told));
            }
        }
        state.crossed |= !others && followed;
        let places = near.iter().filter(|near| **near).count() + usize::from(followed);
        if places > 1 {
            if self.rules.wakes {
                self.wake(state, NODES);
            }
            state.all_know = (0..NODES).all(|at| !near[at] || state.nodes[at].stay == Stay::In);
        }
    }
}

impl Node {
    fn receive(&mut self, note: Note) {
        if !self.is_dead {
            let at = self.notes.partition_point(|other| *other <= note);
            // one word more says nothing
            if note != Note::Company || !self.notes.contains(&note) {
                self.notes.insert(at, note);
            }
        }
    }

    pub fn company(&mut self) {
        self.follows = match self.follows {
            Follows::Not => Follows::Asked,
            // the broker does not know yet, or not any more
            Follows::Yes => Follows::Confirmed,
            under_way => under_way,
        };
    }
}

impl State {
    /// A node is owed nothing more.
    pub fn forgive(&mut self, at: usize) {
        self.publications.iter_mut().for_each(|publication| publication.owed[at] = false);
    }

    pub fn take(&mut self, at: usize, note: usize) {
        let node = &mut self.nodes[at];
        let note = node.notes.remove(note);
        let is_in = node.stay == Stay::In;
        match note {
            Note::Company if is_in => node.company(),
            Note::Direct(id) if is_in => self.publications[usize::from(id)].got[at] += 1,
            Note::Topic(id, told) if is_in && !told[at] => self.publications[usize::from(id)].got[at] += 1,
            _ => {} // nobody is here
        }
    }
}
