//! The write side of a stream: events that wait until the response has room for them.

use super::event::Form;
use crate::ws::{Admission, SocketSettings};
use bytes::Bytes;
use hubwire_actors::outbox::{Offer, Outbox};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use tokio::time::{sleep, Sleep};

/// By how much an answer may exceed the bound.
const REPLY_EXTRA_BYTES: usize = 64 * 1024;
/// The cost of a queued event in addition to its bytes.
const OVERHEAD_BYTES: usize = 48;

/// A bounded queue of events between a session and its response. Both run on one thread.
pub(crate) struct EventOutbox {
    form: &'static Form,
    settings: Rc<SocketSettings>,
    queue: RefCell<VecDeque<Bytes>>,
    queued_bytes: Cell<usize>,
    written: Cell<u64>,
    closed_with: Cell<Option<u16>>,
    /// When the response is cut, although its client did not accept all of it.
    deadline: RefCell<Option<Pin<Box<Sleep>>>>,
    ended: Cell<bool>,
    /// Whether the session waits for the queue to be empty.
    awaited: Cell<bool>,
    session: RefCell<Option<Waker>>,
    response: RefCell<Option<Waker>>,
    _admission: Admission,
}

impl EventOutbox {
    pub(super) fn new(form: &'static Form, settings: Rc<SocketSettings>, admission: Admission) -> Self {
        EventOutbox {
            form,
            settings,
            queue: RefCell::default(),
            queued_bytes: Cell::new(0),
            written: Cell::new(0),
            closed_with: Cell::new(None),
            deadline: RefCell::default(),
            ended: Cell::new(false),
            awaited: Cell::new(false),
            session: RefCell::default(),
            response: RefCell::default(),
            _admission: admission,
        }
    }

    pub(super) fn form(&self) -> &'static Form {
        self.form
    }

    /// Queues an event beyond every bound: the first and the last one.
    pub(super) fn push(&self, event: Bytes) {
        self.queued_bytes.set(self.queued_bytes.get() + event.len());
        self.queue.borrow_mut().push_back(event);
        wake(&self.response);
    }

    /// The next event for the response; `None` when it is complete, an error when it is cut off.
    pub(super) fn poll_event(&self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.ended.get() {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
        }
        let next = self.queue.borrow_mut().pop_front();
        if let Some(event) = next {
            self.queued_bytes.set(self.queued_bytes.get() - event.len());
            self.written.set(self.written.get() + event.len() as u64);
            if self.queued_bytes.get() == 0 && self.awaited.take() {
                wake(&self.session);
            }
            return Poll::Ready(Some(Ok(event)));
        }
        if self.closed_with.get().is_some() {
            return Poll::Ready(None);
        }
        *self.response.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }

    /// The response has ended, or has to be cut.
    pub(super) fn end(&self) {
        if !self.ended.replace(true) {
            self.queue.take();
            self.queued_bytes.set(0);
            wake(&self.session);
            wake(&self.response);
        }
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended.get()
    }

    fn offer_within(&self, event: Bytes, bound: usize) -> Offer {
        if self.is_closing() {
            return Offer::Closed;
        }
        let waiting = self.queued_bytes.get() + self.queue.borrow().len() * OVERHEAD_BYTES;
        if waiting > 0 && waiting + event.len() + OVERHEAD_BYTES > bound {
            return Offer::Full;
        }
        if !event.is_empty() {
            self.push(event);
        }
        Offer::Taken
    }
}

fn wake(waker: &RefCell<Option<Waker>>) {
    if let Some(waker) = waker.borrow().as_ref() {
        waker.wake_by_ref();
    }
}

impl Outbox for EventOutbox {
    fn offer(&self, frame: &Bytes) -> Offer {
        self.offer_within((self.form.shared)(frame), self.settings.outbox_bytes_max)
    }

    fn offer_reply(&self, frame: &Bytes) -> Offer {
        self.offer_within((self.form.messages)(frame), self.settings.outbox_bytes_max.saturating_add(REPLY_EXTRA_BYTES))
    }

    fn queued_bytes(&self) -> usize {
        self.queued_bytes.get()
    }

    fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let is_late = |deadline: &mut Pin<Box<Sleep>>| deadline.as_mut().poll(cx).is_ready();
        if self.deadline.borrow_mut().as_mut().is_some_and(is_late) {
            self.end();
        }
        if self.is_ended() {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        }
        let is_empty = self.queued_bytes.get() == 0;
        self.awaited.set(!is_empty);
        if is_empty {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }

    fn wake(&self) {
        wake(&self.session);
    }

    fn register(&self, cx: &Context<'_>) {
        let mut session = self.session.borrow_mut();
        if !session.as_ref().is_some_and(|session| session.will_wake(cx.waker())) {
            *session = Some(cx.waker().clone());
        }
    }

    fn close(&self, code: u16, reason: &str) {
        if !self.is_closing() {
            self.push((self.form.close)(code, reason));
            self.closed_with.set(Some(code));
            *self.deadline.borrow_mut() = Some(Box::pin(sleep(self.settings.close_timeout)));
            self.wake();
        }
    }

    fn abort(&self) {
        self.end();
    }

    fn is_closing(&self) -> bool {
        self.ended.get() || self.closed_with.get().is_some()
    }

    fn closed_with(&self) -> Option<u16> {
        self.closed_with.get()
    }

    /// A client need not answer pings. When it is gone, its kernel reports that or stops acknowledging data, and the
    /// response ends.
    fn take_heard(&self) -> bool {
        !self.is_ended()
    }

    fn is_peer_gone(&self) -> bool {
        self.is_ended()
    }

    fn written_bytes(&self) -> u64 {
        self.written.get()
    }
}
