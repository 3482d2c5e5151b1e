//! Dispatches events to feeds by topic, and to handlers.

use crate::error::{Code, HubError};
use crate::event::{Event, Gap, GapCause, Publication};
use hubwire_protocol::{Address, UserId};
use std::collections::{HashMap, VecDeque};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

/// Events that a feed buffers before the client stops reading its socket; at twice as many they are replaced with a
/// gap.
pub const FEED_MAX: usize = 1_000;

/// The topic of a feed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// All events.
    All,
    /// The user's own stream.
    Inbox,
    /// Direct messages between this user and another one.
    Direct(UserId),
    /// A stream.
    Stream(Address),
}

/// The output of the engine.
#[derive(Debug)]
pub enum Told {
    /// An event for every feed it concerns.
    Event(Event),
    /// End the feeds of a topic, with an error if there is one.
    End(Topic, Option<HubError>),
    /// End all feeds.
    EndAll(Option<HubError>),
}

type Call = Arc<Mutex<dyn FnMut(&Publication) + Send>>;

struct Handler {
    id: u64,
    kind: String,
    call: Call,
}

/// See the module documentation.
#[derive(Default)]
pub struct Router {
    feeds: Mutex<HashMap<Topic, Vec<Weak<Buffer>>>>,
    handlers: Mutex<Vec<Handler>>,
}

impl Router {
    /// Adds a feed of a topic; it ends when the buffer is dropped.
    pub fn feed(&self, topic: Topic) -> Arc<Buffer> {
        let stream = match &topic {
            Topic::Stream(stream) => Some(stream.clone()),
            _ => None,
        };
        let buffer = Arc::new(Buffer { stream, state: Mutex::default() });
        let mut feeds = locked(&self.feeds);
        // dropped feeds are removed when others are added
        feeds.retain(|_, buffers| {
            buffers.retain(|buffer| buffer.strong_count() > 0);
            !buffers.is_empty()
        });
        feeds.entry(topic).or_default().push(Arc::downgrade(&buffer));
        buffer
    }

    /// Calls a function with each action of a type. Returns the id by which it is removed.
    pub fn handle(&self, kind: &str, call: impl FnMut(&Publication) + Send + 'static) -> u64 {
        let mut handlers = locked(&self.handlers);
        let id = handlers.last().map_or(0, |last| last.id + 1);
        handlers.push(Handler { id, kind: kind.to_owned(), call: Arc::new(Mutex::new(call)) });
        id
    }

    /// Removes a handler.
    pub fn forget(&self, id: u64) {
        locked(&self.handlers).retain(|handler| handler.id != id);
    }

    /// Dispatches output of the engine. `own` is this user.
    pub fn dispatch(&self, told: Told, own: Option<&UserId>) {
        match told {
            Told::Event(event) => {
                if let Event::Action(publication) = &event {
                    self.call(publication);
                }
                self.route(&event, own);
            }
            Told::End(topic, error) => self.buffers(&topic).iter().for_each(|buffer| buffer.end(error.clone())),
            Told::EndAll(error) => self.all().iter().for_each(|buffer| buffer.end(error.clone())),
        }
    }

    /// Whether a feed that somebody reads is full.
    pub fn is_full(&self) -> bool {
        self.all().iter().any(|buffer| buffer.is_full())
    }

    fn route(&self, event: &Event, own: Option<&UserId>) {
        let heard = self.buffers(&Topic::All);
        heard.iter().for_each(|buffer| buffer.push(event.clone()));
        match event {
            Event::Action(publication) => {
                topics(publication, own).iter().for_each(|topic| self.push(topic, event));
            }
            Event::Gap(Gap { stream: Some(Address::User(_)), .. }) => self.push_own(event),
            Event::Gap(Gap { stream: Some(stream), .. }) => self.push(&Topic::Stream(stream.clone()), event),
            Event::Snapshot(snapshot) => self.push(&Topic::Stream(snapshot.channel.clone()), event),
            Event::Presence(change) => self.push(&Topic::Stream(change.channel.clone()), event),
            Event::Error(error) if heard.is_empty() => log::warn!("nobody waits for this failure: {error}"),
            _ => {}
        }
    }

    fn push(&self, topic: &Topic, event: &Event) {
        self.buffers(topic).iter().for_each(|buffer| buffer.push(event.clone()));
    }

    /// To the feeds of the user's own stream, and of the other user in a direct message.
    fn push_own(&self, event: &Event) {
        let feeds = locked(&self.feeds);
        let own = feeds.iter().filter(|(topic, _)| matches!(topic, Topic::Inbox | Topic::Direct(_)));
        let buffers = own.flat_map(|(_, buffers)| buffers).filter_map(Weak::upgrade);
        buffers.for_each(|buffer| buffer.push(event.clone()));
    }

    fn buffers(&self, topic: &Topic) -> Vec<Arc<Buffer>> {
        locked(&self.feeds).get(topic).into_iter().flatten().filter_map(Weak::upgrade).collect()
    }

    fn all(&self) -> Vec<Arc<Buffer>> {
        locked(&self.feeds).values().flatten().filter_map(Weak::upgrade).collect()
    }

    /// A panic of a handler is reported as an error, and does not affect the others.
    fn call(&self, publication: &Publication) {
        let handlers = locked(&self.handlers);
        let calls: Vec<Call> =
            handlers.iter().filter(|it| it.kind == publication.kind).map(|it| it.call.clone()).collect();
        drop(handlers);
        for call in calls {
            if catch_unwind(AssertUnwindSafe(|| locked(&call)(publication))).is_err() {
                let message = format!("a handler of {} panicked", publication.kind);
                self.route(&Event::Error(HubError::new(Code::HandlerFailed, message)), None);
            }
        }
    }
}

/// The topics of an action, apart from `All`.
fn topics(publication: &Publication, own: Option<&UserId>) -> Vec<Topic> {
    match &publication.to {
        Address::User(to) => {
            let other = if Some(to) == own { publication.from.clone() } else { Some(to.clone()) };
            std::iter::once(Topic::Inbox).chain(other.map(Topic::Direct)).collect()
        }
        Address::Session(_) => vec![Topic::Inbox],
        stream => vec![Topic::Stream(stream.clone())],
    }
}

/// The buffered events of a feed.
#[derive(Debug)]
pub struct Buffer {
    stream: Option<Address>,
    state: Mutex<BufferState>,
}

#[derive(Debug, Default)]
struct BufferState {
    events: VecDeque<Event>,
    waker: Option<Waker>,
    is_ended: bool,
    /// Whether somebody reads it: when it is full the client stops reading, and the node continues from the log later.
    is_read: bool,
}

impl Buffer {
    /// The next event; `None` at the end. The flag tells that there is room again.
    pub fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<(Event, bool)>> {
        let mut state = locked(&self.state);
        state.is_read = true;
        match state.events.pop_front() {
            Some(event) => Poll::Ready(Some((event, state.events.len() + 1 == FEED_MAX))),
            None if state.is_ended => Poll::Ready(None),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn is_full(&self) -> bool {
        let state = locked(&self.state);
        state.is_read && !state.is_ended && state.events.len() >= FEED_MAX
    }

    fn push(&self, event: Event) {
        let mut state = locked(&self.state);
        if state.is_ended {
            return;
        }
        // exceeded if nobody reads, or if the client has to read on for an answer
        let bound = if state.is_read { 2 * FEED_MAX } else { FEED_MAX };
        let event = if state.events.len() >= bound {
            state.events.clear();
            Event::Gap(Gap { stream: self.stream.clone(), pos: None, cause: GapCause::Overflow })
        } else {
            event
        };
        state.events.push_back(event);
        wake(state);
    }

    fn end(&self, error: Option<HubError>) {
        let mut state = locked(&self.state);
        if !std::mem::replace(&mut state.is_ended, true) {
            state.events.extend(error.map(Event::Error));
        }
        wake(state);
    }
}

fn wake(mut state: MutexGuard<'_, BufferState>) {
    if let Some(waker) = state.waker.take() {
        drop(state);
        waker.wake();
    }
}

fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // a handler that panicked may have poisoned its own lock, which protects nothing else
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
