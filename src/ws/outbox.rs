//! The write side of one socket: a queue that is empty as long as the kernel accepts everything.
//!
//! A frame offered from outside the session's task is written at once when the queue is empty. Frames offered while the
//! session's task runs (between [`Outbox::register`] and [`Outbox::poll_flush`]) are collected and written together
//! when the task's turn ends: one system call instead of one per frame.

mod egress;

use super::admissions::Admission;
use super::closing::Closing;
use super::deflate::compressed;
use super::frame_queue::FrameQueue;
use super::settings::SocketSettings;
use crate::listener::Wire;
use bytes::Bytes;
use hubwire_actors::outbox::{Offer, Outbox};
use hubwire_protocol::frame;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use tokio::io::Interest;

/// By how much an answer may exceed the bound.
const REPLY_EXTRA_BYTES: usize = 64 * 1024;
/// Frames per `writev`.
const FRAMES_PER_WRITE: usize = 64;
/// The readiness by which tokio reports the peer's end without reading: on Linux it comes with urgent data, elsewhere
/// only with readable data.
#[cfg(target_os = "linux")]
const PEER_END: Interest = Interest::PRIORITY;
#[cfg(not(target_os = "linux"))]
const PEER_END: Interest = Interest::READABLE;

/// A bounded queue of frames in front of a socket, and the socket itself, which the read side shares.
pub struct SocketOutbox {
    io: Wire,
    settings: Rc<SocketSettings>,
    queue: RefCell<FrameQueue>,
    written: Cell<u64>,
    /// Whether the client agreed to compression.
    compressing: bool,
    /// Whether the session's task is running and will flush at the end of its turn.
    gathering: Cell<bool>,
    heard: Cell<bool>,
    /// Whether a ping was sent and not answered yet.
    pinged: Cell<bool>,
    /// Whether the session does not read for now.
    paused: Cell<bool>,
    /// The code of our close frame, when we closed first.
    closed_with: Cell<Option<u16>>,
    task: RefCell<Option<Waker>>,
    closing: RefCell<Closing>,
    admission: Admission,
}

impl SocketOutbox {
    /// Takes over a socket. Frames offered before the first flush are sent together with it.
    pub(super) fn new(io: Wire, settings: Rc<SocketSettings>, admission: Admission) -> Self {
        SocketOutbox {
            io,
            settings,
            queue: RefCell::default(),
            written: Cell::new(0),
            compressing: false,
            gathering: Cell::new(true),
            heard: Cell::new(false),
            pinged: Cell::new(false),
            paused: Cell::new(false),
            closed_with: Cell::new(None),
            task: RefCell::default(),
            closing: RefCell::new(Closing::Open),
            admission,
        }
    }

    /// The client has agreed to compression.
    pub(super) fn compressing(mut self) -> Self {
        self.compressing = true;
        self
    }

    /// Whether messages are compressed, in both directions.
    pub(super) fn is_compressing(&self) -> bool {
        self.compressing
    }

    /// The form of a frame for this socket.
    fn as_agreed<'a>(&self, frame: &'a Bytes, is_shared: bool) -> Cow<'a, Bytes> {
        if !self.compressing {
            return Cow::Borrowed(frame);
        }
        match &self.settings.compression {
            Some(settings) => Cow::Owned(compressed(frame, is_shared, settings)),
            None => Cow::Borrowed(frame),
        }
    }

    /// Settings of the socket.
    pub(super) fn settings(&self) -> &SocketSettings {
        &self.settings
    }

    /// Queues bytes beyond every bound: the answer to the handshake, a close frame.
    pub(super) fn push(&self, bytes: Bytes) {
        self.queue.borrow_mut().push(bytes);
    }

    /// Reads into a buffer: `Ok(0)` is the end of the stream.
    pub(super) fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.io.try_read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => match self.io.tcp().poll_read_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return Poll::Pending,
                },
                done => return Poll::Ready(done.inspect(|count| self.admission.note_read(*count))),
            }
        }
    }

    /// Records a sign of life.
    pub(super) fn note_heard(&self) {
        self.heard.set(true);
    }

    /// The peer has closed, or broken the protocol: answers with a close frame unless one was sent already, and ends
    /// the connection when it is written. `linger` limits how long the peer may take to end its side after that.
    pub(super) fn finish(&self, answer: Bytes, linger: std::time::Duration) {
        let mut closing = self.closing.borrow_mut();
        if closing.is_open() {
            self.push(answer);
        }
        closing.finish(self.settings.close_timeout, linger);
    }

    /// The peer has ended its side of the connection.
    pub(super) fn note_read_ended(&self) {
        self.closing.borrow_mut().note_read_ended();
    }

    /// Whether the closing has progressed so far that further input of the peer is ignored.
    pub(super) fn is_finishing(&self) -> bool {
        self.closing.borrow().is_finishing()
    }

    /// Whether the connection has ended.
    pub(super) fn is_ended(&self) -> bool {
        self.closing.borrow().is_ended()
    }

    /// Ends the connection at once and frees the queue.
    pub(super) fn end(&self) {
        if self.closing.replace(Closing::Ended).is_ended() {
            return;
        }
        self.queue.take();
        // fails only when the peer has already ended the connection
        let _ = socket2::SockRef::from(self.io.tcp()).shutdown(std::net::Shutdown::Both);
        self.wake();
    }

    fn offer_within(&self, frame: &Bytes, bound: usize) -> Offer {
        if self.is_closing() {
            return Offer::Closed;
        }
        if !self.fits(frame, bound) {
            // the kernel may have room that nobody noticed yet
            match self.write() {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    self.end();
                    return Offer::Closed;
                }
                _ if !self.fits(frame, bound) => return Offer::Full,
                _ => {}
            }
        }
        if self.is_queue_empty() && !self.gathering.get() {
            return self.write_or_queue(frame);
        }
        // the session's task will flush: its turn continues, or it waits for the kernel because of the queue
        self.push(frame.clone());
        Offer::Taken
    }

    /// Whether a frame may join the queue; any frame may join an empty one.
    fn fits(&self, frame: &Bytes, bound: usize) -> bool {
        let queue = self.queue.borrow();
        queue.is_empty() || queue.cost() + FrameQueue::cost_of(frame) <= bound
    }

    fn is_queue_empty(&self) -> bool {
        self.queue.borrow().is_empty()
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
        self.count_written(count);
        if count < frame.len() {
            self.push(frame.slice(count..));
        }
        if count < frame.len() || self.io.is_behind() {
            self.wake(); // nobody waits for the kernel yet
        }
        Offer::Taken
    }

    /// Writes the queue as far as the kernel accepts it now. `WouldBlock` when some remains.
    fn write(&self) -> io::Result<()> {
        while !self.is_queue_empty() {
            let count = self.write_front()?;
            self.count_written(count);
            self.queue.borrow_mut().advance(count);
        }
        self.io.try_flush()
    }

    fn count_written(&self, count: usize) {
        self.written.set(self.written.get() + count as u64);
        self.admission.note_written(count);
    }

    fn write_front(&self) -> io::Result<usize> {
        let queue = self.queue.borrow();
        if let Some(only) = queue.only() {
            return self.io.try_write(only);
        }
        let mut slices = [IoSlice::new(&[]); FRAMES_PER_WRITE];
        let count = queue.slices(&mut slices);
        self.io.try_write_vectored(&slices[..count])
    }

    fn poll_write(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.write() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => match self.io.tcp().poll_write_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return Poll::Pending,
                },
                done => return Poll::Ready(done),
            }
        }
    }

    /// Continues the closing: the end of our side when all is written, then the end of the connection.
    fn poll_closing(&self, cx: &mut Context<'_>, is_written: bool) {
        let mut closing = self.closing.borrow_mut();
        if is_written && closing.begin_linger() {
            self.io.end_writing();
        }
        let is_over = closing.poll_over(cx).is_ready();
        drop(closing);
        if is_over {
            self.end();
        }
    }
}
