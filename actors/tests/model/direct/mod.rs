//! Direct messages of one user to another whose streams lie on different servers: append to the sender's with a mark,
//! append to the receiver's, remove the mark. Nodes crash in between, servers fail over, the sender's client retries,
//! and the next attach of the sender completes what a mark records as pending. (On one server it is one script:
//! nothing to explore.)

mod properties;
mod tests;

use stateright::{Model, Property};

#[derive(Debug, Clone)]
struct Rules {
    /// The sender's append leaves a mark.
    marks: bool,
    deduplicates: bool,
    /// Each answer waits until the replica has what was stored.
    waits: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Faults {
    crashes: u8,
    retries: u8,
    failovers: u8,
    /// Of the receiver's log, by retention.
    trims: u8,
    /// The idempotency keys are forgotten.
    expiries: u8,
}

struct Direct {
    rules: Rules,
    faults: Faults,
    messages: u8,
    /// The sender connects again some time.
    returns: bool,
}

/// A publication. Both copies of a message have the nonce of the first attempt that was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Publication {
    message: u8,
    nonce: u8,
}

/// The data of one user on one server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Slot {
    log: Vec<Publication>,
    trimmed: usize,
    /// Nonces of the messages with a pending second append.
    marks: Vec<u8>,
}

/// A server and its replica.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Server {
    primary: Slot,
    replica: Slot,
}

impl Server {
    fn is_safe(&self, nonce: u8) -> bool {
        self.replica.log.iter().any(|copy| copy.nonce == nonce)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Call {
    Waiting,
    /// Being sent to the sender's stream; repeated with the same nonce when the connection broke.
    First(Option<u8>),
    FirstStored(u8),
    Second(u8),
    SecondStored(u8),
    /// Acknowledged; the mark is still to be removed.
    Acked(u8),
    /// Acknowledged, and nothing is left to do.
    Done,
    /// The node died with it.
    Dropped,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    sender: Server,
    receiver: Server,
    calls: Vec<Call>,
    acked: Vec<bool>,
    next_nonce: u8,
    /// A mark that is being finished and is in the receiver's log already.
    finishing: Option<u8>,
    /// Of nonces up to this one no key is remembered.
    forgotten: u8,
    left: Faults,
}

#[derive(Debug, Clone, PartialEq)]
enum Action {
    First(u8),
    Second(u8),
    Ack(u8),
    Unmark(u8),
    /// The sender entered: a mark is looked at.
    Finish(u8),
    FinishUnmark,
    ReplicateSender,
    ReplicateReceiver,
    Crash,
    Retry(u8),
    FailOverSender,
    FailOverReceiver,
    Trim,
    Expire,
}

impl Direct {
    fn may_go_on(&self, server: &Server, nonce: u8) -> bool {
        !self.rules.waits || server.is_safe(nonce)
    }

    /// A mark is looked at when it is 15 s old: its node has given up by then, and the replica has it.
    fn is_abandoned(&self, state: &State, mark: u8) -> bool {
        let works = |call: &Call| {
            matches!(call, Call::First(Some(of)) | Call::FirstStored(of) | Call::Second(of)
            | Call::SecondStored(of) if *of == mark)
        };
        self.may_go_on(&state.sender, mark) && !state.calls.iter().any(works)
    }

    fn known(&self, state: &State, slot: &Slot, is: impl Fn(&Publication) -> bool) -> Option<u8> {
        let remembered = |copy: &&Publication| self.rules.deduplicates && copy.nonce > state.forgotten;
        slot.log.iter().filter(remembered).find(|copy| is(copy)).map(|copy| copy.nonce)
    }

    fn first(&self, state: &mut State, message: u8, repeated: Option<u8>) -> u8 {
        if let Some(nonce) = self.known(state, &state.sender.primary, |copy| copy.message == message) {
            return nonce;
        }
        let nonce = repeated.unwrap_or_else(|| {
            state.next_nonce += 1;
            state.next_nonce
        });
        let slot = &mut state.sender.primary;
        slot.log.push(Publication { message, nonce });
        slot.marks.extend(self.rules.marks.then_some(nonce));
        nonce
    }

    /// Keyed by the position in the sender's stream.
    fn second(&self, state: &mut State, copy: Publication) {
        if self.known(state, &state.receiver.primary, |other| other.nonce == copy.nonce).is_none() {
            state.receiver.primary.log.push(copy);
        }
    }

    /// `finish.lua`: what is in the receiver's log is not appended again, however long ago it was.
    fn finish(&self, state: &mut State, nonce: u8) {
        let Some(copy) = state.sender.primary.log.iter().find(|copy| copy.nonce == nonce).copied() else {
            state.sender.primary.marks.retain(|mark| *mark != nonce);
            return;
        };
        let slot = &state.receiver.primary;
        if !slot.log[slot.trimmed..].contains(&copy) {
            self.second(state, copy);
        }
        state.finishing = Some(nonce);
    }

    /// The steps that remain once no more faults happen.
    fn steps(&self, state: &State, actions: &mut Vec<Action>) {
        let next = state.calls.iter().position(|call| *call == Call::Waiting);
        for (message, call) in (0..).zip(&state.calls) {
            match *call {
                Call::Waiting if next == Some(usize::from(message)) => actions.push(Action::First(message)),
                Call::First(_) => actions.push(Action::First(message)),
                Call::FirstStored(nonce) if self.may_go_on(&state.sender, nonce) => {
                    actions.push(Action::Second(message));
                }
                Call::Second(_) => actions.push(Action::Second(message)),
                Call::SecondStored(nonce) if self.may_go_on(&state.receiver, nonce) => {
                    actions.push(Action::Ack(message));
                }
                Call::Acked(_) => actions.push(Action::Unmark(message)),
                _ => {}
            }
        }
        match state.finishing {
            None if self.returns => {
                let marks = state.sender.primary.marks.iter().filter(|mark| self.is_abandoned(state, **mark));
                actions.extend(marks.copied().map(Action::Finish));
            }
            Some(nonce) if self.may_go_on(&state.receiver, nonce) => actions.push(Action::FinishUnmark),
            _ => {}
        }
        actions.extend((state.sender.primary != state.sender.replica).then_some(Action::ReplicateSender));
        actions.extend((state.receiver.primary != state.receiver.replica).then_some(Action::ReplicateReceiver));
    }

    fn mishaps(&self, state: &State, actions: &mut Vec<Action>) {
        let left = &state.left;
        let under_way = |call: &Call| !matches!(call, Call::Waiting | Call::Done | Call::Dropped);
        let busy = state.calls.iter().any(under_way) || state.finishing.is_some();
        actions.extend((left.crashes > 0 && busy).then_some(Action::Crash));
        if left.retries > 0 && state.forgotten == 0 {
            let dropped = |(message, call): (u8, &Call)| (*call == Call::Dropped).then_some(Action::Retry(message));
            actions.extend((0..).zip(&state.calls).filter_map(dropped));
        }
        if left.failovers > 0 {
            actions.extend((state.sender.primary != state.sender.replica).then_some(Action::FailOverSender));
            actions.extend((state.receiver.primary != state.receiver.replica).then_some(Action::FailOverReceiver));
        }
        let kept = state.receiver.primary.trimmed < state.receiver.primary.log.len();
        actions.extend((left.trims > 0 && kept).then_some(Action::Trim));
        // longer than any call is under way
        actions.extend((left.expiries > 0 && !busy).then_some(Action::Expire));
    }
}

impl Model for Direct {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let messages = usize::from(self.messages);
        vec![State {
            sender: Server::default(),
            receiver: Server::default(),
            calls: vec![Call::Waiting; messages],
            acked: vec![false; messages],
            next_nonce: 0,
            finishing: None,
            forgotten: 0,
            left: self.faults.clone(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.steps(state, actions);
        self.mishaps(state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        let State { sender, receiver, calls, left, finishing, .. } = &mut state;
        match action {
            Action::First(message) => {
                let repeated = match calls[usize::from(message)] {
                    Call::First(nonce) => nonce,
                    _ => None,
                };
                let nonce = self.first(&mut state, message, repeated);
                state.calls[usize::from(message)] = Call::FirstStored(nonce);
            }
            Action::Second(message) => {
                let (Call::FirstStored(nonce) | Call::Second(nonce)) = calls[usize::from(message)] else { return None };
                self.second(&mut state, Publication { message, nonce });
                state.calls[usize::from(message)] = Call::SecondStored(nonce);
            }
            Action::Ack(message) => {
                let Call::SecondStored(nonce) = calls[usize::from(message)] else { return None };
                calls[usize::from(message)] = Call::Acked(nonce);
                state.acked[usize::from(message)] = true;
            }
            Action::Unmark(message) => {
                let Call::Acked(nonce) = calls[usize::from(message)] else { return None };
                sender.primary.marks.retain(|mark| *mark != nonce);
                calls[usize::from(message)] = Call::Done;
            }
            Action::Finish(nonce) => self.finish(&mut state, nonce),
            Action::FinishUnmark => {
                let nonce = finishing.take()?;
                sender.primary.marks.retain(|mark| *mark != nonce);
            }
            Action::ReplicateSender => sender.replica = sender.primary.clone(),
            Action::ReplicateReceiver => receiver.replica = receiver.primary.clone(),
            Action::Crash => {
                left.crashes -= 1;
                *finishing = None;
                for call in calls.iter_mut().filter(|call| **call != Call::Waiting) {
                    *call = match call {
                        Call::Acked(_) | Call::Done => Call::Done,
                        _ => Call::Dropped,
                    };
                }
            }
            Action::Retry(message) => {
                left.retries -= 1;
                calls[usize::from(message)] = Call::First(None);
            }
            Action::FailOverSender => {
                left.failovers -= 1;
                sender.primary = sender.replica.clone();
                for call in calls {
                    if let Call::FirstStored(nonce) = *call {
                        *call = Call::First(Some(nonce));
                    }
                }
            }
            Action::FailOverReceiver => {
                left.failovers -= 1;
                receiver.primary = receiver.replica.clone();
                *finishing = None; // repeated: the mark is still there
                for call in calls {
                    if let Call::SecondStored(nonce) = *call {
                        *call = Call::Second(nonce);
                    }
                }
            }
            Action::Trim => {
                left.trims -= 1;
                receiver.primary.trimmed += 1;
            }
            Action::Expire => {
                left.expiries -= 1;
                state.forgotten = state.next_nonce;
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }
}
