//! Two nodes with leases, the directory of one user who moves from one to the other, a reaper on each node, and a
//! broker that fails over or loses its data. A node that is stopped is one that takes no step while time passes.

mod broker;
mod properties;
mod tests;

use broker::{Broker, Renewed, LEASE};
use stateright::{Model, Property};

#[derive(Debug, Clone)]
struct Rules {
    /// Past its own deadline a node delivers nothing.
    fences: bool,
    /// The reaper removes only what the broker says is expired, and from then on cannot be renewed.
    claims: bool,
    /// The index entry is written before the route and removed after it.
    indexes_first: bool,
    /// A node that finds another server behind its lease enters its sessions again.
    notices_failovers: bool,
    /// An entering session reads the current live set, not that of the last refresh. This does not hold on a Redis
    /// Cluster.
    asks_who_lives: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Faults {
    crashes: u8,
    /// The broker loses all.
    wipes: u8,
    /// The broker loses what its replica does not have.
    failovers: u8,
}

struct Leases {
    rules: Rules,
    faults: Faults,
    /// How long it is looked at.
    until: u8,
    /// Hold it against the session policy too.
    policy: bool,
}

/// A session on its way into the directory and out of it. Session 0 is on node 0, session 1 on node 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Session {
    New,
    /// The first of the two steps into the directory is done; false: the incarnation was reaped.
    Entering(bool),
    /// Both are.
    Entered(bool),
    Open,
    /// Another one took its place; it is to be closed.
    Replaced,
    Leaving,
    Left,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Node {
    /// False: crashed, or told that it was reaped.
    runs: bool,
    lease_until: u8,
    /// When the pending renewal was requested.
    asked: Option<u8>,
    /// Since when the broker answers.
    healthy_since: Option<u8>,
    /// Failovers before its last renewal.
    failovers: u8,
    /// The nodes it believes alive.
    live: [bool; 2],
    /// Whether its reaper found the other one expired.
    suspects: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    now: u8,
    nodes: [Node; 2],
    sessions: [Session; 2],
    broker: Broker,
    replica: Broker,
    left: Faults,
    /// Failovers so far.
    failovers: u8,
    /// A route of a live incarnation was removed by a reaper.
    wronged: bool,
    /// A session entered beside another live one, against the policy.
    exceeded: bool,
    /// How often `left` was announced for a session of a dead node since it entered.
    told: [u8; 2],
}

#[derive(Debug, Clone, PartialEq)]
enum Action {
    Tick,
    Ask(usize),
    Renew(usize),
    Refresh(usize),
    Enter(usize),
    Close(usize),
    Leave(usize),
    Suspect(usize),
    /// The first step of reaping the other node, by this one.
    Claim(usize),
    Reap(usize),
    Unindex(usize),
    Forget(usize),
    Replicate,
    Crash,
    Wipe,
    FailOver,
}

impl State {
    /// Whether a node delivers and accepts.
    fn delivers(&self, node: usize, rules: &Rules) -> bool {
        self.nodes[node].runs && (self.now < self.nodes[node].lease_until || !rules.fences)
    }

    fn has_lease(&self, node: usize) -> bool {
        self.nodes[node].runs && self.now < self.nodes[node].lease_until
    }

    fn outage(&mut self) {
        for node in &mut self.nodes {
            node.healthy_since = None;
        }
        // a call that is under way fails; the client or the node begins again
        for session in &mut self.sessions {
            if matches!(session, Session::Entering(_) | Session::Entered(_)) {
                *session = Session::New;
            }
        }
    }

    fn renew(&mut self, at: usize, rules: &Rules) {
        let Some(asked) = self.nodes[at].asked.take() else { return };
        let renewed = self.broker.renew(at, self.now);
        let (node, session) = (&mut self.nodes[at], &mut self.sessions[at]);
        if renewed == Renewed::Reaped {
            node.runs = false;
            return;
        }
        node.lease_until = asked + LEASE;
        node.healthy_since.get_or_insert(self.now);
        let moved = std::mem::replace(&mut node.failovers, self.failovers) != self.failovers && rules.notices_failovers;
        if (renewed == Renewed::Created || moved) && *session == Session::Open {
            *session = Session::New;
        }
    }

    /// A step of `attach`.
    fn enter(&mut self, at: usize, rules: &Rules) {
        self.sessions[at] = match self.sessions[at] {
            Session::New if rules.indexes_first => Session::Entering(self.broker.index_entry(at)),
            Session::New => {
                self.route(at, rules);
                Session::Entering(true)
            }
            Session::Entering(indexed) if rules.indexes_first => {
                self.route(at, rules);
                Session::Entered(indexed)
            }
            Session::Entering(_) => Session::Entered(self.broker.index_entry(at)),
            Session::Entered(true) => Session::Open,
            _ => Session::Leaving,
        };
    }

    /// `attach.lua`: the newer session takes the place of the older one, if that is on a live node.
    fn route(&mut self, at: usize, rules: &Rules) {
        let other = 1 - at;
        let lives = self.broker.is_live(other, self.now);
        let counted = if rules.asks_who_lives { lives } else { self.nodes[at].live[other] };
        if self.broker.routes[other] && !self.broker.routes[at] && counted {
            self.broker.routes[other] = false;
            if matches!(self.sessions[other], Session::Open | Session::Entered(_)) {
                self.sessions[other] = Session::Replaced;
            }
        }
        if !std::mem::replace(&mut self.broker.routes[at], true) {
            self.told[at] = 0;
        }
        self.exceeded |= self.broker.routes[other] && lives;
    }

    fn leave(&mut self, at: usize) {
        if self.broker.routes[at] {
            self.broker.routes[at] = false;
        } else {
            self.broker.index[at] = false;
            self.sessions[at] = Session::Left;
        }
    }
}

impl Leases {
    fn steps_of(&self, state: &State, at: usize, actions: &mut Vec<Action>) {
        let (node, other) = (&state.nodes[at], 1 - at);
        if !node.runs {
            return;
        }
        if node.asked.is_some() {
            actions.push(Action::Renew(at));
        } else if node.lease_until < state.now + LEASE {
            actions.push(Action::Ask(at));
        }
        let refreshes = self.policy && !self.rules.asks_who_lives && node.live != state.broker.live(at, state.now);
        actions.extend(refreshes.then_some(Action::Refresh(at)));
        match state.sessions[at] {
            // a node takes no new ones without a lease
            Session::New if !state.has_lease(at) => {}
            Session::New | Session::Entering(_) | Session::Entered(_) => actions.push(Action::Enter(at)),
            Session::Open if at == 0 => actions.push(Action::Close(at)),
            Session::Replaced => actions.push(Action::Close(at)),
            Session::Leaving => actions.push(Action::Leave(at)),
            Session::Open | Session::Left => {}
        }
        let rested = node.healthy_since.is_some_and(|since| state.now >= since + LEASE) && state.has_lease(at);
        let broker = &state.broker;
        if !node.suspects && rested && broker.is_expired(other, state.now) {
            actions.push(Action::Suspect(at));
        }
        if node.suspects && !broker.reaping[other] {
            actions.push(Action::Claim(at));
        }
        let reaps = broker.reaping[other] || node.suspects && !self.rules.claims;
        if reaps && node.suspects && broker.index[other] {
            actions.push(if broker.routes[other] { Action::Reap(at) } else { Action::Unindex(at) });
        }
        if node.suspects && broker.reaping[other] && !broker.index[other] {
            actions.push(Action::Forget(at));
        }
    }
}

impl Model for Leases {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let node = Node {
            runs: true,
            lease_until: LEASE,
            asked: None,
            healthy_since: Some(0),
            failovers: 0,
            live: [true; 2],
            suspects: false,
        };
        vec![State {
            now: 0,
            nodes: [node; 2],
            sessions: [Session::New; 2],
            broker: Broker::fresh(),
            replica: Broker::fresh(),
            left: self.faults.clone(),
            failovers: 0,
            wronged: false,
            exceeded: false,
            told: [0; 2],
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend((state.now < self.until).then_some(Action::Tick));
        for at in 0..2 {
            self.steps_of(state, at, actions);
        }
        actions.extend((state.left.crashes > 0 && state.nodes[0].runs).then_some(Action::Crash));
        let lags = state.broker != state.replica && state.left.failovers > 0;
        actions.extend(lags.then_some([Action::Replicate, Action::FailOver]).into_iter().flatten());
        actions.extend((state.left.wipes > 0).then_some(Action::Wipe));
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        let now = state.now;
        match action {
            Action::Tick => state.now += 1,
            Action::Ask(at) => {
                state.nodes[at].asked = Some(now);
                // the nodes are symmetric, so only node 0 gets late replies and may crash
                if at == 1 {
                    state.renew(at, &self.rules);
                }
            }
            Action::Renew(at) => state.renew(at, &self.rules),
            Action::Refresh(at) => state.nodes[at].live = state.broker.live(at, now),
            Action::Enter(at) => state.enter(at, &self.rules),
            Action::Close(at) => state.sessions[at] = Session::Leaving,
            Action::Leave(at) => state.leave(at),
            Action::Suspect(at) => state.nodes[at].suspects = true,
            Action::Claim(at) => {
                // without the rule the reaper removes what looked expired without asking
                state.nodes[at].suspects = !self.rules.claims || state.broker.claim(1 - at, now);
            }
            Action::Reap(at) => {
                let dead = 1 - at;
                state.wronged |= state.broker.is_live(dead, now);
                state.broker.routes[dead] = false;
                state.told[dead] += 1;
            }
            Action::Unindex(at) => state.broker.index[1 - at] = false,
            Action::Forget(at) => {
                state.broker.reaping[1 - at] = false;
                state.nodes[at].suspects = false;
            }
            Action::Replicate => state.replica = state.broker.clone(),
            Action::Crash => {
                state.left.crashes -= 1;
                state.nodes[0].runs = false;
            }
            Action::Wipe => {
                state.left.wipes -= 1;
                state.broker = Broker::default();
                state.outage();
            }
            Action::FailOver => {
                state.left.failovers -= 1;
                state.failovers += 1;
                state.broker = state.replica.clone();
                state.outage();
            }
        }
        Some(state).filter(|state| state != last)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }
}
