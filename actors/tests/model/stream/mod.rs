//! One user's stream: publishers that repeat themselves, a log with a replica, a node that follows it by notifications
//! that get lost, overtake each other and come twice, and a device that reads slowly, goes away and resumes.

mod feed;
mod log;
mod properties;
mod tests;

use feed::{Feed, Frame, Lag, Member};
use log::{Entry, Log, Pos};
use stateright::{Model, Property};

/// The rules of the protocol. Each can be left out.
#[derive(Debug, Clone)]
struct Rules {
    /// A position has a random part, so that one is never taken for another with the same number.
    nonces: bool,
    /// A publication is delivered when its `prev` is the position delivered last.
    links: bool,
    /// The log is read only after a position that is in it.
    checks_positions: bool,
    /// A message that is stored is not stored again.
    deduplicates: bool,
    /// The answer waits until the replica has what was stored.
    waits: bool,
    /// A repeated append draws a new nonce.
    redraws_nonces: bool,
    /// A top that is lower than the position delivered last, and is not known, is suspicious too; so is a log that a
    /// member has read further than notifications came.
    notices_lower_tops: bool,
}

/// How often each thing may go wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Faults {
    failovers: u8,
    lost: u8,
    doubled: u8,
    unanswered: u8,
    disconnects: u8,
    trims: u8,
}

/// What it is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Promise {
    /// That of `broker.durability = "replica"`: what was acknowledged is stored, and the next one.
    Replica,
    /// After a failover, devices that saw a lost publication are told with the next append.
    Told,
    /// After a failover, every device is told of lost publications that had been acknowledged.
    ToldAll,
}

struct Stream {
    rules: Rules,
    faults: Faults,
    messages: u8,
    /// Another session of the user keeps the node following the stream.
    others: bool,
    /// The device takes what is written to it when it likes, not at once.
    slow: bool,
    promise: Promise,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Call {
    Waiting,
    /// No answer came: it is sent again, with this nonce.
    Again(u8),
    /// Executed, not answered yet.
    Stored(u8),
    Acked,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Device {
    pos: Pos,
    /// Where it begins since it was last told of a gap.
    base: Pos,
    saw: Vec<Entry>,
    /// Something came that does not follow what came before.
    unlinked: bool,
    /// It received a gap once.
    told: bool,
    /// It was told that its last resume brought everything.
    recovered: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    log: Log,
    next_nonce: u8,
    calls: Vec<Call>,
    /// Notifications under way, sorted.
    notices: Vec<Entry>,
    feed: Option<Feed>,
    member: Option<Member>,
    device: Device,
    left: Faults,
    /// A failover took something, and nothing was appended since.
    shortened: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Action {
    // what the protocol does
    Append(u8),
    Replicate,
    Notify(usize),
    Sweep,
    Read,
    Repair,
    CatchUp,
    Take,
    Resume,
    // what goes wrong
    /// It is executed, and nobody hears of it.
    AppendUnanswered(u8),
    LoseNotice(usize),
    DoubleNotice(usize),
    FailOver,
    /// The subscriptions are cut too.
    FailOverDeaf,
    Disconnect,
    Trim,
}

impl Stream {
    fn append(&self, state: &mut State, message: u8) {
        let repeated = match state.calls[usize::from(message)] {
            Call::Again(nonce) if !self.rules.redraws_nonces => Some(nonce),
            _ => None,
        };
        let nonce = repeated.unwrap_or_else(|| {
            state.next_nonce += u8::from(self.rules.nonces);
            state.next_nonce
        });
        let known = state.log.find(message).filter(|_| self.rules.deduplicates);
        let notice = match known {
            None => Some(state.log.append(message, nonce)),
            // it knows its own attempts, and notifies again
            Some(at) => Some(state.log.entries[at]),
        };
        state.shortened &= known.is_some();
        state.calls[usize::from(message)] = Call::Stored(nonce);
        state.notices.extend(notice);
        state.notices.sort();
    }

    /// What follows at once.
    fn settle(&self, state: &mut State) {
        let State { log, calls, member, device, .. } = state;
        if self.faults.failovers == 0 {
            log.replicated = log.entries.len(); // makes no difference then
        }
        // WAIT covers all that was written before it
        if !self.rules.waits || log.replicated == log.entries.len() {
            let stored = calls.iter_mut().filter(|call| matches!(call, Call::Stored(_)));
            stored.for_each(|call| *call = Call::Acked);
        }
        if let Some(member) = member.as_mut().filter(|_| !self.slow) {
            member.outbox.drain(..).for_each(|frame| Self::take(device, frame));
        }
    }

    fn fail_over(state: &mut State) {
        state.left.failovers -= 1;
        state.shortened = state.log.replicated < state.log.entries.len();
        state.log.fail_over();
        for call in &mut state.calls {
            if let Call::Stored(nonce) = *call {
                *call = Call::Again(nonce); // the connection is gone
            }
        }
    }

    fn resume(&self, state: &mut State) {
        let top = state.log.top();
        state.feed.get_or_insert_with(|| Feed::start(top));
        let lag = Some(Lag { pos: state.device.pos, announce: true });
        state.member = Some(Member { outbox: vec![], lag });
    }

    fn take(device: &mut Device, frame: Frame) {
        match frame {
            Frame::Publication(entry) => {
                device.unlinked |= entry.prev != device.pos;
                device.pos = entry.pos;
                device.saw.push(entry);
            }
            Frame::Reset(pos) => {
                *device = Device { pos, base: pos, saw: vec![], told: true, recovered: false, ..*device };
            }
            Frame::Recovered => device.recovered = true,
        }
    }

    /// The steps that remain once no more faults happen.
    fn steps(&self, state: &State, actions: &mut Vec<Action>) {
        // messages are alike: they begin in order
        let next = state.calls.iter().position(|call| *call == Call::Waiting);
        for (message, call) in (0..).zip(&state.calls) {
            if matches!(call, Call::Again(_)) || next == Some(usize::from(message)) {
                actions.push(Action::Append(message));
            }
        }
        if state.log.replicated < state.log.entries.len() {
            actions.push(Action::Replicate);
        }
        actions.extend((0..state.notices.len()).map(Action::Notify));
        if let Some(feed) = &state.feed {
            if feed.is_behind() {
                actions.push(Action::Read);
            }
            if feed.reading.is_some() {
                actions.push(Action::Repair);
            }
            // it is rare: what is under way comes first
            if state.notices.is_empty() && feed.clone().tail(state.log.top(), &self.rules) {
                actions.push(Action::Sweep);
            }
            if let Some(member) = &state.member {
                if member.clone().catch_up(feed.last, &state.log, &self.rules) {
                    actions.push(Action::CatchUp);
                }
            }
        }
        match &state.member {
            Some(member) if !member.outbox.is_empty() => actions.push(Action::Take),
            Some(_) => {}
            None => actions.push(Action::Resume),
        }
    }

    fn mishaps(&self, state: &State, actions: &mut Vec<Action>) {
        let left = &state.left;
        if left.unanswered > 0 {
            let next = state.calls.iter().position(|call| *call == Call::Waiting);
            actions.extend(next.map(|message| Action::AppendUnanswered(message as u8)));
        }
        for at in 0..state.notices.len() {
            actions.extend((left.lost > 0).then_some(Action::LoseNotice(at)));
            actions.extend((left.doubled > 0).then_some(Action::DoubleNotice(at)));
        }
        if left.failovers > 0 && state.log.replicated < state.log.entries.len() {
            actions.extend([Action::FailOver, Action::FailOverDeaf]);
        }
        actions.extend((left.disconnects > 0 && state.member.is_some()).then_some(Action::Disconnect));
        actions.extend((left.trims > 0 && state.log.trimmed < state.log.entries.len()).then_some(Action::Trim));
    }
}

impl Model for Stream {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut log = Log { entries: vec![], trimmed: 0, replicated: 0 };
        let pos = log.append(u8::MAX, 0).pos;
        log.replicated = 1;
        vec![State {
            next_nonce: 0,
            calls: vec![Call::Waiting; usize::from(self.messages)],
            notices: vec![],
            feed: Some(Feed::start(pos)),
            member: Some(Member::default()),
            device: Device { pos, base: pos, saw: vec![], unlinked: false, told: false, recovered: false },
            left: self.faults.clone(),
            shortened: false,
            log,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.steps(state, actions);
        self.mishaps(state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        let State { log, feed, member, device, notices, left, .. } = &mut state;
        match action {
            Action::Append(message) => self.append(&mut state, message),
            Action::Replicate => log.replicated = log.entries.len(),
            Action::Notify(at) => {
                let entry = notices.remove(at);
                if let Some(feed) = feed {
                    feed.arrive(entry, member.as_mut(), &self.rules);
                }
            }
            Action::Sweep => drop(feed.as_mut()?.tail(log.top(), &self.rules)),
            Action::Read => feed.as_mut()?.read(log, &self.rules),
            Action::Repair => {
                let feed = feed.as_mut()?;
                let range = feed.reading.take()?;
                feed.repaired(range, member.as_mut());
            }
            Action::CatchUp => drop(member.as_mut()?.catch_up(feed.as_ref()?.last, log, &self.rules)),
            Action::Take => Self::take(device, member.as_mut()?.outbox.remove(0)),
            Action::Resume => self.resume(&mut state),
            Action::AppendUnanswered(message) => {
                left.unanswered -= 1;
                self.append(&mut state, message);
                let Call::Stored(nonce) = state.calls[usize::from(message)] else { return None };
                state.calls[usize::from(message)] = Call::Again(nonce);
            }
            Action::LoseNotice(at) => {
                left.lost -= 1;
                notices.remove(at);
            }
            Action::DoubleNotice(at) => {
                left.doubled -= 1;
                notices.insert(at, notices[at]);
            }
            Action::FailOver => Self::fail_over(&mut state),
            Action::FailOverDeaf => {
                notices.clear();
                Self::fail_over(&mut state);
            }
            Action::Disconnect => {
                left.disconnects -= 1;
                *member = None;
                feed.take_if(|_| !self.others);
            }
            Action::Trim => {
                left.trims -= 1;
                log.trimmed += 1;
            }
        }
        self.settle(&mut state);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }
}
