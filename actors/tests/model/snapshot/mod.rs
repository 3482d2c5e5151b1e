//! A channel's snapshot: writers that keep the state of the channel as of a position, a log that is trimmed and may
//! lose its end, and a client that joins with the snapshot on a node that hears of publications later than they are
//! stored.

mod log;
mod properties;
mod tests;

use log::{Entry, Log, Pos};
use stateright::{Model, Property};

const WRITERS: usize = 2;

/// The rules of the protocol. Each can be left out.
#[derive(Debug, Clone)]
struct Rules {
    /// The snapshot is read before the session enters, not after.
    reads_first: bool,
    /// The session continues after the snapshot, not at its node's position.
    begins_behind: bool,
    /// A gap between the snapshot and the log is announced.
    checks_positions: bool,
    /// A session that has read past its node's position waits until the node has caught up.
    waits_for_feed: bool,
    /// An older snapshot does not replace a newer one.
    keeps_newest: bool,
    /// A snapshot of a position that the log has not reached is refused.
    refuses_ahead: bool,
}

/// How often each thing may happen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Budget {
    publications: u8,
    puts: u8,
    trims: u8,
    failovers: u8,
}

struct Snapshots {
    rules: Rules,
    budget: Budget,
    /// Somebody else on the client's node is in the channel, so the node follows it already.
    others: bool,
}

/// The state of the channel is everything that was ever published, in order; its last entry is its position.
type Fold = Vec<Entry>;

fn position(fold: &[Entry]) -> Pos {
    fold.last().map_or(Pos::default(), |entry| entry.pos)
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
enum Client {
    #[default]
    Out,
    /// The snapshot was read; the channel is to take the session in.
    Prepared(Fold),
    In(Member),
}

/// A session in the channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Member {
    /// The snapshot, and what was published after it.
    state: Fold,
    /// It still has to be given the snapshot.
    lacks_snapshot: bool,
    /// It reads on from the log from here.
    lag: Option<Pos>,
    /// It was told how it began.
    answered: bool,
    /// It was told of a gap.
    told: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct State {
    log: Log,
    kept: Option<Fold>,
    /// Sequence number of the newest snapshot that was acknowledged.
    acknowledged: u8,
    /// What each writer is about to store.
    writers: [Option<Fold>; WRITERS],
    /// What the client's node delivered last; absent while it does not follow the channel.
    feed: Option<Pos>,
    /// Notifications under way to it, in order.
    notices: Vec<Entry>,
    client: Client,
    left: Budget,
    refused: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Action {
    // what the protocol does
    Notify,
    Put(usize),
    Enter,
    GiveSnapshot,
    Read,
    // what people do
    Publish,
    Fold(usize),
    Join,
    // what goes wrong
    Trim,
    FailOver,
}

impl Snapshots {
    /// What happens by itself.
    fn steps(&self, state: &State, actions: &mut Vec<Action>) {
        let mut may = |holds: bool, action: Action| actions.extend(holds.then_some(action));
        may(!state.notices.is_empty(), Action::Notify);
        (0..WRITERS).for_each(|writer| may(state.writers[writer].is_some(), Action::Put(writer)));
        match &state.client {
            Client::Out => {}
            Client::Prepared(_) => may(true, Action::Enter),
            Client::In(member) => {
                may(member.lacks_snapshot, Action::GiveSnapshot);
                let reads = |pos: Pos| !member.answered || self.missed(&state.log, pos).is_none_or(|it| !it.is_empty());
                may(member.lag.is_some_and(reads), Action::Read);
            }
        }
    }

    fn put(&self, state: &mut State, writer: usize) -> Option<()> {
        let fold = state.writers[writer].take()?;
        let seq = position(&fold).seq;
        let is_older = state.kept.as_ref().is_some_and(|kept| position(kept).seq > seq);
        let is_ahead = state.log.top().seq < seq;
        if (is_older && self.rules.keeps_newest) || (is_ahead && self.rules.refuses_ahead) {
            state.refused = true;
        } else {
            state.acknowledged = state.acknowledged.max(seq);
            state.kept = Some(fold);
        }
        Some(())
    }

    fn enter(&self, state: &mut State, snapshot: Option<Fold>) {
        state.feed.get_or_insert(state.log.top());
        let lacks_snapshot = snapshot.is_none();
        let fold = snapshot.unwrap_or_default();
        let lag = (!lacks_snapshot && self.rules.begins_behind).then(|| position(&fold));
        let answered = lag.is_none();
        state.client = Client::In(Member { state: fold, lacks_snapshot, lag, answered, told: false });
    }

    /// What the log has behind a position; nothing where it cannot tell.
    fn missed(&self, log: &Log, pos: Pos) -> Option<Vec<Entry>> {
        log.after(pos).or_else(|| (!self.rules.checks_positions).then(|| log.behind(pos.seq)))
    }

    /// The session reads what the log has behind its position.
    fn read(&self, state: &mut State) -> Option<()> {
        let Client::In(member) = &mut state.client else { return None };
        let pos = member.lag?;
        member.answered = true;
        let Some(missed) = self.missed(&state.log, pos) else {
            member.told = true;
            member.lag = Some(state.log.top());
            return Some(());
        };
        member.lag = Some(missed.last().map_or(pos, |entry| entry.pos));
        member.state.extend(missed);
        if !self.rules.waits_for_feed {
            member.lag = None;
        }
        Some(())
    }
}

impl State {
    /// A notification arrives at the client's node.
    fn notify(&mut self) -> Option<()> {
        let (entry, last) = (self.notices.remove(0), self.feed?);
        let news = match entry.prev == last {
            true => Some(vec![entry]),
            // something is missing before it, or the log is another one
            false => self.log.after(last),
        };
        let Client::In(member) = &mut self.client else {
            self.feed = Some(news.as_ref().map_or(self.log.top(), |news| news.last().map_or(last, |it| it.pos)));
            return Some(());
        };
        match news {
            Some(news) => {
                self.feed = Some(news.last().map_or(last, |it| it.pos));
                if member.lag.is_none() {
                    member.state.extend(news);
                }
            }
            None => {
                self.feed = Some(self.log.top());
                member.told = true;
            }
        }
        Some(())
    }

    /// A session that has caught up with its node continues live.
    fn settle(&mut self) {
        if let Client::In(member) = &mut self.client {
            member.lag.take_if(|pos| member.answered && self.feed == Some(*pos));
        }
    }
}

impl Model for Snapshots {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut log = Log::default();
        let first = log.append();
        let feed = self.others.then_some(first.pos);
        vec![State { log, feed, left: self.budget.clone(), ..State::default() }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.steps(state, actions);
        let mut may = |holds: bool, action: Action| actions.extend(holds.then_some(action));
        let left = &state.left;
        may(left.publications > 0, Action::Publish);
        // writers are alike: they begin in order
        let free = state.writers.iter().position(Option::is_none).filter(|_| left.puts > 0);
        may(free.is_some(), Action::Fold(free.unwrap_or_default()));
        may(state.client == Client::Out && state.kept.is_some(), Action::Join);
        may(left.trims > 0 && state.log.may_be_trimmed(), Action::Trim);
        may(left.failovers > 0 && state.log.top().seq > 1, Action::FailOver);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Notify => state.notify()?,
            Action::Put(writer) => self.put(&mut state, writer)?,
            Action::Enter => {
                let Client::Prepared(snapshot) = std::mem::take(&mut state.client) else { return None };
                self.enter(&mut state, Some(snapshot));
            }
            Action::GiveSnapshot => {
                let kept = state.kept.clone()?;
                let Client::In(member) = &mut state.client else { return None };
                member.lacks_snapshot = false;
                member.state.splice(0..0, kept);
            }
            Action::Read => self.read(&mut state)?,
            Action::Publish => {
                state.left.publications -= 1;
                let entry = state.log.append();
                state.notices.extend(state.feed.map(|_| entry));
            }
            Action::Fold(writer) => {
                state.left.puts -= 1;
                state.writers[writer] = Some(state.log.all.clone());
            }
            Action::Join if self.rules.reads_first => state.client = Client::Prepared(state.kept.clone()?),
            Action::Join => self.enter(&mut state, None),
            Action::Trim => {
                state.left.trims -= 1;
                state.log.trimmed += 1;
            }
            Action::FailOver => {
                state.left.failovers -= 1;
                state.log.lose_end();
                // it was written later, to the same server
                let top = state.log.top().seq;
                state.kept.take_if(|kept| position(kept).seq > top);
                state.acknowledged = state.kept.as_ref().map_or(0, |kept| position(kept).seq);
            }
        }
        state.settle();
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }
}
