//! A channel with members that join and leave on several nodes: which nodes receive publications directly, which
//! follow the topic, and how a node changes from the one to the other while others publish. The model covers only
//! actions that are in no log, each of which has to take exactly one path to each node. (Stored publications are found
//! in the log, and recognized by their position.)

mod broker;
mod properties;
mod steps;
mod tests;

use broker::Broker;
use stateright::{Model, Property};

/// Nodes of the model. Each publishes, the last one by the server API: nobody is on it.
const NODES: usize = 3;
const PLACES: usize = 2;

/// The rules of the protocol. Each can be left out.
#[derive(Debug, Clone)]
struct Rules {
    /// An entering node receives publications directly until it follows the topic; otherwise it is assumed to follow.
    enters_near: bool,
    /// A near node stays near when another one enters, until it follows the topic itself.
    stays_near: bool,
    /// A node reports that it follows only once its subscription is confirmed.
    follows_when_confirmed: bool,
    /// A publication on the topic names the nodes that received it directly.
    names_the_told: bool,
    /// Each direct publication to a near node that is not alone repeats the request to follow.
    wakes: bool,
    /// A node that has all members keeps its publications local.
    keeps: bool,
}

/// How often each thing may happen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Budget {
    joins: u8,
    leaves: u8,
    publications: u8,
    crashes: u8,
    /// The broker loses its data.
    wipes: u8,
    /// Requests to follow that get lost.
    lost_words: u8,
}

struct Lone {
    rules: Rules,
    budget: Budget,
}

/// How far a node has come in following the topic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
enum Follows {
    #[default]
    Not,
    /// `SUBSCRIBE` is on its way.
    Asked,
    /// Confirmed; the node still has to report to the broker that it follows.
    Confirmed,
    Yes,
}

/// A message in flight to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Note {
    /// A publication on the node's own channel, or with the answer to the node that published it.
    Direct(u8),
    /// A publication on the topic, with the nodes that received it directly.
    Topic(u8, [bool; NODES]),
    /// Other nodes have members: follow the topic.
    Company,
}

/// The state of a node in the channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
enum Stay {
    #[default]
    Out,
    /// The broker has it; the answer, which says whether to follow, is on its way.
    Entering(bool),
    In,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Node {
    stay: Stay,
    follows: Follows,
    /// `UNSUBSCRIBE` of an earlier stay is on its way.
    unsubscribes: bool,
    /// It died, and is still listed.
    is_dead: bool,
    /// The broker lost it, and it is to be entered again.
    is_lost: bool,
    /// Sorted: the two connections overtake each other.
    notes: Vec<Note>,
}

/// What became of a publication at each node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Publication {
    /// The node was in when the broker took it, and has not left since.
    owed: [bool; NODES],
    got: [u8; NODES],
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct State {
    broker: Broker,
    nodes: [Node; NODES],
    publications: Vec<Publication>,
    left: Budget,
    /// Something was sent between nodes although one node had all members.
    crossed: bool,
    /// Every node that received it directly was also asked to follow while it was a member.
    all_know: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Action {
    // what the protocol does
    Answer(usize),
    Subscribe(usize),
    Unsubscribe(usize),
    SayFollows(usize),
    Take(usize, usize),
    Reap(usize),
    Relist(usize),
    // what people do
    Join(usize),
    Leave(usize),
    Publish(usize),
    // what goes wrong
    Crash(usize),
    LoseWord(usize, usize),
    Wipe,
}

impl Lone {
    /// What happens by itself.
    fn steps(&self, state: &State, actions: &mut Vec<Action>) {
        for (at, node) in state.nodes.iter().enumerate() {
            let mut may = |holds: bool, action: Action| actions.extend(holds.then_some(action));
            may(matches!(node.stay, Stay::Entering(_)), Action::Answer(at));
            // changes of one connection take effect in order
            may(node.follows == Follows::Asked && !node.unsubscribes, Action::Subscribe(at));
            may(node.unsubscribes, Action::Unsubscribe(at));
            may(self.says_follows(node), Action::SayFollows(at));
            may(node.is_dead, Action::Reap(at));
            may(node.is_lost, Action::Relist(at));
            actions.extend((0..node.notes.len()).map(|note| Action::Take(at, note)));
        }
    }

    fn says_follows(&self, node: &Node) -> bool {
        match self.rules.follows_when_confirmed {
            true => node.follows == Follows::Confirmed,
            false => matches!(node.follows, Follows::Asked | Follows::Confirmed),
        }
    }

    fn wishes(&self, state: &State, actions: &mut Vec<Action>) {
        let left = &state.left;
        for (at, node) in state.nodes.iter().enumerate() {
            let mut may = |holds: bool, action: Action| actions.extend(holds.then_some(action));
            let is_up = !node.is_dead && !node.is_lost;
            may(left.joins > 0 && is_up && at < PLACES && node.stay == Stay::Out, Action::Join(at));
            // calls of one node take effect in order: what it said before comes first
            let is_settled = node.follows != Follows::Confirmed;
            may(left.leaves > 0 && is_up && node.stay == Stay::In && is_settled, Action::Leave(at));
            may(left.publications > 0 && !node.is_dead, Action::Publish(at));
            may(left.crashes > 0 && !node.is_dead && node.stay != Stay::Out, Action::Crash(at));
            for (note, _) in node.notes.iter().enumerate().filter(|(_, note)| **note == Note::Company) {
                may(left.lost_words > 0, Action::LoseWord(at, note));
            }
        }
        actions.extend((left.wipes > 0).then_some(Action::Wipe));
    }
}

impl Model for Lone {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State { left: self.budget.clone(), ..State::default() }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.steps(state, actions);
        self.wishes(state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Join(at) => {
                state.left.joins -= 1;
                let follow = self.enter(&mut state, at);
                state.nodes[at].stay = Stay::Entering(follow);
            }
            Action::Answer(at) => {
                let node = &mut state.nodes[at];
                let Stay::Entering(follow) = node.stay else { return None };
                node.stay = Stay::In;
                if follow {
                    node.company();
                }
            }
            Action::Leave(at) => {
                state.left.leaves -= 1;
                state.broker.leave(at);
                state.forgive(at);
                let node = &mut state.nodes[at];
                node.unsubscribes |= node.follows != Follows::Not;
                (node.stay, node.follows) = (Stay::Out, Follows::Not);
            }
            Action::Subscribe(at) => {
                state.broker.subscribed[at] = true;
                state.nodes[at].follows = Follows::Confirmed;
            }
            Action::Unsubscribe(at) => {
                state.broker.subscribed[at] = false;
                state.nodes[at].unsubscribes = false;
            }
            Action::SayFollows(at) => {
                state.broker.near[at] = false;
                let node = &mut state.nodes[at];
                node.follows = match node.follows {
                    Follows::Confirmed => Follows::Yes,
                    _ if !last.broker.near[at] => return None, // said already
                    other => other,
                };
            }
            Action::Take(at, note) => state.take(at, note),
            Action::Reap(at) => {
                state.broker.leave(at);
                state.nodes[at] = Node::default(); // its successor
            }
            Action::Relist(at) => {
                let is_in = state.nodes[at].stay == Stay::In;
                state.nodes[at].is_lost = false;
                if is_in && self.enter(&mut state, at) {
                    state.nodes[at].company();
                }
            }
            Action::Publish(by) => {
                state.left.publications -= 1;
                self.publish(&mut state, by);
            }
            Action::Crash(at) => {
                state.left.crashes -= 1;
                state.broker.subscribed[at] = false;
                state.forgive(at);
                state.nodes[at] = Node { is_dead: true, ..Node::default() };
            }
            Action::LoseWord(at, note) => {
                state.left.lost_words -= 1;
                state.nodes[at].notes.remove(note);
            }
            Action::Wipe => {
                state.left.wipes -= 1;
                (state.broker.members, state.broker.near) = Default::default();
                for at in 0..NODES {
                    state.forgive(at);
                    state.nodes[at].is_lost = !state.nodes[at].is_dead && state.nodes[at].stay != Stay::Out;
                    if let Stay::Entering(_) = state.nodes[at].stay {
                        state.nodes[at].stay = Stay::In;
                    }
                }
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }
}
