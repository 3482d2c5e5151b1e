//! The write side of one socket: a queue that is empty as long as the kernel takes everything.
//!
//! A frame offered from outside the session's task is written at once when nothing waits. What is offered while the
//! session's task runs (between [`Outbox::register`] and [`Outbox::poll_flush`]) is gathered and leaves in one write
//! when the task's turn ends: one system call instead of one per frame.

use super::admissions::Admission;
use super::closing::Closing;
use super::settings::SocketSettings;
use actix_rt::net::TcpStream;
use bytes::Bytes;
use hubwire_actors::outbox::{Offer, Outbox};
use hubwire_protocol::frame;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// What a queued frame costs beside its bytes, so that many tiny frames are bounded too: its place in the queue and
/// the shared buffer's own head.
const FRAME_OVERHEAD_BYTES: usize = 48;
/// How far an answer may pass the bound.
const REPLY_EXTRA_BYTES: usize = 64 * 1024;
/// Frames given to the kernel in one `writev`.
const FRAMES_PER_WRITE: usize = 64;
/// Above this the queue gives its memory back when it runs empty.
const IDLE_CAPACITY: usize = 8;

/// A bounded queue of frames in front of a socket, and the socket itself, which the read side shares.
pub struct SocketOutbox {
    io: TcpStream,
    settings: Rc<SocketSettings>,
    queue: RefCell<VecDeque<Bytes>>,
    /// Bytes of the first frame in the queue that the kernel took already.
    front_written: Cell<usize>,
    queued: Cell<usize>,
    written: Cell<u64>,
    /// The session's task runs and will flush when its turn ends.
    gathering: Cell<bool>,
    heard: Cell<bool>,
    task: RefCell<Option<Waker>>,
    closing: RefCell<Closing>,
    _admission: Admission,
}

impl SocketOutbox {
    /// Takes over a socket. What is offered before the first flush leaves together with it.
    pub(super) fn new(io: TcpStream, settings: Rc<SocketSettings>, admission: Admission) -> Self {
        SocketOutbox {
            io,
            settings,
            queue: RefCell::default(),
            front_written: Cell::new(0),
            queued: Cell::new(0),
            written: Cell::new(0),
            gathering: Cell::new(true),
            heard: Cell::new(false),
            task: RefCell::default(),
            closing: RefCell::new(Closing::Open),
            _admission: admission,
        }
    }

    /// Settings of the socket.
    pub(super) fn settings(&self) -> &SocketSettings {
        &self.settings
    }

    /// Queues bytes past every bound: the answer to the handshake, a close frame.
    pub(super) fn push(&self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        self.queued.set(self.queued.get() + bytes.len());
        self.queue.borrow_mut().push_back(bytes);
    }

    /// Reads into a buffer: `Ok(0)` is the end of the stream.
    pub(super) fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.io.try_read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => match self.io.poll_read_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return Poll::Pending,
                },
                done => return Poll::Ready(done),
            }
        }
    }

    /// Notes a sign of life.
    pub(super) fn note_heard(&self) {
        self.heard.set(true);
    }

    /// The peer closed, or broke the protocol: answers with a close frame unless one was sent already, and ends the
    /// connection when it is written. `linger` bounds how long the peer may take to end its side after that.
    pub(super) fn finish(&self, answer: Bytes, linger: std::time::Duration) {
        let mut closing = self.closing.borrow_mut();
        if closing.is_open() {
            self.push(answer);
        }
        closing.finish(self.settings.close_timeout, linger);
    }

    /// The peer ended its side of the connection.
    pub(super) fn note_read_ended(&self) {
        self.closing.borrow_mut().note_read_ended();
    }

    /// Whether the closing got so far that what the peer still sends is of no interest.
    pub(super) fn is_finishing(&self) -> bool {
        self.closing.borrow().is_finishing()
    }

    /// Whether the connection is over.
    pub(super) fn is_ended(&self) -> bool {
        self.closing.borrow().is_ended()
    }

    /// Ends the connection at once and frees what waits.
    pub(super) fn end(&self) {
        if self.closing.replace(Closing::Ended).is_ended() {
            return;
        }
        self.queue.take();
        self.queued.set(0);
        self.front_written.set(0);
        // fails only when the peer ended the connection first
        let _ = socket2::SockRef::from(&self.io).shutdown(std::net::Shutdown::Both);
        self.wake();
    }

    fn offer_within(&self, frame: &Bytes, bound: usize) -> Offer {
        if self.is_closing() {
            return Offer::Closed;
        }
        if self.queued.get() == 0 && !self.gathering.get() {
            return self.write_or_queue(frame);
        }
        if !self.fits(frame, bound) && (self.write().is_err() || !self.fits(frame, bound)) {
            return Offer::Full;
        }
        self.push(frame.clone());
        if !self.gathering.get() {
            self.wake();
        }
        Offer::Taken
    }

    /// Whether a frame may join the queue: any frame when nothing waits.
    fn fits(&self, frame: &Bytes, bound: usize) -> bool {
        let frames = self.queue.borrow().len();
        frames == 0 || self.queued.get() + frame.len() + (frames + 1) * FRAME_OVERHEAD_BYTES <= bound
    }

    fn write_or_queue(&self, frame: &Bytes) -> Offer {
        let count = match self.io.try_write(frame) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => {
                self.end();
                return Offer::Closed;
            }
        };
        self.written.set(self.written.get() + count as u64);
        if count < frame.len() {
            self.push(frame.slice(count..));
            self.wake();
        }
        Offer::Taken
    }

    /// Writes what waits, as far as the kernel takes it now. `WouldBlock` when something is left.
    fn write(&self) -> io::Result<()> {
        while self.queued.get() > 0 {
            let count = self.write_front()?;
            self.written.set(self.written.get() + count as u64);
            self.queued.set(self.queued.get() - count);
            self.drop_written(count);
        }
        Ok(())
    }

    fn write_front(&self) -> io::Result<usize> {
        let queue = self.queue.borrow();
        let skip = self.front_written.get();
        if queue.len() == 1 {
            return self.io.try_write(&queue[0][skip..]);
        }
        let mut slices = [IoSlice::new(&[]); FRAMES_PER_WRITE];
        let mut count = 0;
        for (slice, frame) in slices.iter_mut().zip(queue.iter()) {
            *slice = IoSlice::new(if count == 0 { &frame[skip..] } else { frame });
            count += 1;
        }
        self.io.try_write_vectored(&slices[..count])
    }

    fn drop_written(&self, count: usize) {
        let mut queue = self.queue.borrow_mut();
        let mut count = self.front_written.get() + count;
        while let Some(front) = queue.front().filter(|front| front.len() <= count) {
            count -= front.len();
            queue.pop_front();
        }
        self.front_written.set(count);
        if queue.is_empty() && queue.capacity() > IDLE_CAPACITY {
            *queue = VecDeque::new();
        }
    }

    fn poll_write(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.write() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => match self.io.poll_write_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return Poll::Pending,
                },
                done => return Poll::Ready(done),
            }
        }
    }

    /// Goes on with the closing: the end of our side when all is written, then the end of the connection.
    fn poll_closing(&self, cx: &mut Context<'_>, is_written: bool) {
        let mut closing = self.closing.borrow_mut();
        if is_written && closing.begin_linger() {
            // fails only when the peer ended the connection first
            let _ = socket2::SockRef::from(&self.io).shutdown(std::net::Shutdown::Write);
        }
        let is_over = closing.poll_over(cx).is_ready();
        drop(closing);
        if is_over {
            self.end();
        }
    }
}

impl Outbox for SocketOutbox {
    fn offer(&self, frame: &Bytes) -> Offer {
        self.offer_within(frame, self.settings.outbox_bytes_max)
    }

    fn offer_reply(&self, frame: &Bytes) -> Offer {
        self.offer_within(frame, self.settings.outbox_bytes_max.saturating_add(REPLY_EXTRA_BYTES))
    }

    fn queued_bytes(&self) -> usize {
        self.queued.get()
    }

    /// Also drives the closing, so a session needs no timer of its own: past the deadline the connection ends, and the
    /// read side says so.
    fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.gathering.set(false);
        if self.is_ended() {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        }
        let written = self.poll_write(cx);
        match written {
            Poll::Ready(Err(_)) => self.end(),
            _ => self.poll_closing(cx, written.is_ready()),
        }
        written
    }

    fn wake(&self) {
        if let Some(task) = self.task.borrow().as_ref() {
            task.wake_by_ref();
        }
    }

    fn register(&self, cx: &Context<'_>) {
        self.gathering.set(true);
        let mut task = self.task.borrow_mut();
        if !task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            *task = Some(cx.waker().clone());
        }
    }

    fn close(&self, code: u16, reason: &str) {
        let mut closing = self.closing.borrow_mut();
        if closing.is_open() {
            self.push(frame::close(code, reason));
            closing.close(self.settings.close_timeout);
            drop(closing);
            self.wake();
        }
    }

    fn abort(&self) {
        self.end();
    }

    fn is_closing(&self) -> bool {
        !self.closing.borrow().is_open()
    }

    fn take_heard(&self) -> bool {
        self.heard.take()
    }

    fn written_bytes(&self) -> u64 {
        self.written.get()
    }
}
