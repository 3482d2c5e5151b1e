//! The read side of one socket: passes messages to the session, and handles pings, pongs and the closing handshake
//! itself.

use super::control_budget::ControlBudget;
use super::frame_reader::{Event, FrameReader};
use super::outbox::SocketOutbox;
use super::violation::Violation;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::Stream;
use hubwire_actors::outbox::{Ended, Incoming, Offer, Outbox};
use hubwire_protocol::frame::{self, Opcode};
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use tokio::time::{sleep, Instant, Sleep};

/// Size of a worker's read buffer.
const READ_BUFFER_BYTES: usize = 64 * 1024;
/// Messages per turn; then other tasks of the worker run, so that a flooding peer starves nobody.
const MESSAGES_PER_TURN: u32 = 128;
/// Reads in search of one message, after which the turn ends, too.
const READS_PER_TURN: u32 = 16;

thread_local! {
    /// One read buffer per worker: an idle socket has none.
    static READ_BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BUFFER_BYTES].into());
}

/// The messages of one peer, in order. Ends after [`Incoming::Ended`].
///
/// Messages that arrive after the session closed the socket are dropped. When the stream is not polled, nothing is read
/// and the peer's kernel makes it wait. When it is dropped, a closing that has begun continues without the session, so
/// that the peer receives the code; otherwise the connection ends at once.
pub struct SocketIncoming(Option<Reading>);

/// The state of the read side.
struct Reading {
    outbox: Rc<SocketOutbox>,
    reader: FrameReader,
    control: ControlBudget,
    /// Bytes that were read and not parsed yet: those that came with the handshake, or after the first message of a
    /// read.
    unread: BytesMut,
    /// Deadline of the partially received message. `None` without one: an idle socket has no timer.
    deadline: Option<Pin<Box<Sleep>>>,
    messages_this_turn: u32,
    ended: Option<Ended>,
    is_done: bool,
}

impl SocketIncoming {
    /// The read side of an outbox's socket. `unread` came together with the handshake.
    pub(super) fn new(outbox: Rc<SocketOutbox>, unread: BytesMut) -> Self {
        let settings = outbox.settings();
        let reader = FrameReader::new(settings.limits);
        SocketIncoming(Some(Reading {
            reader: if outbox.is_compressing() { reader.inflating() } else { reader },
            control: ControlBudget::new(settings.control_frames_per_second),
            outbox,
            unread,
            deadline: None,
            messages_this_turn: 0,
            ended: None,
            is_done: false,
        }))
    }
}

impl Reading {
    /// Reads until a message is complete, it has to wait for the peer, or the turn is over.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        for _ in 0..READS_PER_TURN {
            if self.outbox.is_ended() {
                self.is_done = true;
                return Poll::Ready(Incoming::Ended(self.ended.take().unwrap_or(Ended::Lost)));
            }
            if let Some(message) = self.read_unread() {
                return Poll::Ready(message);
            }
            let mut message = None;
            let read = READ_BUFFER.with_borrow_mut(|buffer| {
                self.outbox.poll_read(cx, buffer).map_ok(|count| {
                    let mut input = &mut buffer[..count];
                    message = self.next_message(&mut input);
                    self.unread.extend_from_slice(input);
                    count
                })
            });
            match read {
                Poll::Pending => return self.poll_deadline(cx),
                Poll::Ready(Ok(0)) if self.outbox.is_finishing() => {
                    self.outbox.note_read_ended();
                    return Poll::Pending; // the flush that follows ends the connection and wakes this task
                }
                Poll::Ready(Ok(0) | Err(_)) => self.outbox.end(),
                // any byte is a sign of life: a large message over a slow line is not silence
                Poll::Ready(Ok(_)) => self.outbox.note_heard(),
            }
            if let Some(message) = message {
                return Poll::Ready(message);
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Waits for the peer; within a message, until the message's deadline. Otherwise a slow trickle of frames could
    /// keep a socket and its buffer for as long as the peer likes.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        if self.reader.is_at_boundary() || self.outbox.is_finishing() {
            self.deadline = None;
            return Poll::Pending;
        }
        let timeout = self.outbox.settings().message_timeout;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(timeout)));
        if deadline.as_mut().poll(cx).is_ready() {
            self.deadline = None;
            self.refuse(Violation::TooSlow(timeout));
        }
        Poll::Pending // after a refusal the flush that follows writes the close frame
    }

    /// The next message in the bytes read before.
    fn read_unread(&mut self) -> Option<Incoming> {
        let mut unread = std::mem::take(&mut self.unread);
        let mut input = &mut unread[..];
        let message = self.next_message(&mut input);
        let left = input.len();
        if left > 0 {
            unread.advance(unread.len() - left);
            self.unread = unread;
        }
        message
    }

    /// Parses up to the next message for the session; consumes all of the input when there is none.
    fn next_message(&mut self, input: &mut &mut [u8]) -> Option<Incoming> {
        while !input.is_empty() && !self.outbox.is_finishing() {
            match self.reader.next(input) {
                Ok(Some(event)) => {
                    if self.reader.is_at_boundary() {
                        self.deadline = None; // the next message has a deadline of its own
                    }
                    if let Some(message) = self.take(event) {
                        return Some(message);
                    }
                }
                Ok(None) => return None,
                Err(violation) => self.refuse(violation),
            }
        }
        *input = &mut [];
        None
    }

    fn take(&mut self, event: Event) -> Option<Incoming> {
        let message = match event {
            Event::Text(text) => Incoming::Text(text),
            Event::Binary(bytes) => Incoming::Binary(bytes),
            Event::Ping(payload) => return self.answer_ping(&payload),
            Event::Pong => return self.spend_control(),
            Event::Close(code) => return self.answer_close(code),
        };
        (!self.outbox.is_closing()).then_some(message)
    }

    fn answer_ping(&mut self, payload: &Bytes) -> Option<Incoming> {
        // a peer that sends pings and never reads the answers is cut
        if self.outbox.offer_reply(&frame::frame(Opcode::Pong, payload)) == Offer::Full {
            self.outbox.abort();
        }
        self.spend_control()
    }

    fn answer_close(&mut self, code: Option<u16>) -> Option<Incoming> {
        self.ended = Some(Ended::ByPeer { code });
        let answer = code.map_or_else(|| frame::frame(Opcode::Close, &[]), |code| frame::close(code, ""));
        self.outbox.finish(answer, self.outbox.settings().linger);
        None
    }

    fn spend_control(&mut self) -> Option<Incoming> {
        if let Err(violation) = self.control.spend(Instant::now()) {
            self.refuse(violation);
        }
        None
    }

    fn refuse(&mut self, violation: Violation) {
        log::debug!("socket refused: {violation}");
        let code = violation.close_code();
        self.ended = Some(Ended::Refused { code: code.code() });
        let answer = frame::close(code.code(), code.reason());
        // further input of the peer before it sees the close frame is read and dropped, so that no reset destroys the
        // frame
        self.outbox.finish(answer, self.outbox.settings().close_timeout);
    }

    /// The next message; pending also when the turn is over.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Incoming>> {
        if self.is_done {
            return Poll::Ready(None);
        }
        if self.messages_this_turn >= MESSAGES_PER_TURN {
            self.messages_this_turn = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let message = self.poll_message(cx);
        self.messages_this_turn = if message.is_ready() { self.messages_this_turn + 1 } else { 0 };
        message.map(Some)
    }

    /// Continues a closing that no session waits for.
    async fn see_off(mut self) {
        std::future::poll_fn(|cx| {
            self.outbox.register(cx);
            while let Poll::Ready(message) = self.poll_next(cx) {
                if message.is_none() {
                    return Poll::Ready(());
                }
            }
            // if the connection breaks, the read side reports it in the next turn
            let _ = self.outbox.poll_flush(cx);
            Poll::Pending
        })
        .await;
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.outbox.end();
    }
}

impl Stream for SocketIncoming {
    type Item = Incoming;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Incoming>> {
        self.get_mut().0.as_mut().map_or(Poll::Ready(None), |reading| reading.poll_next(cx))
    }
}

impl Drop for SocketIncoming {
    fn drop(&mut self) {
        let Some(reading) = self.0.take() else { return };
        let is_closing = reading.outbox.is_closing() && !reading.outbox.is_ended();
        // without a runtime the process ends, and the connection with it
        if is_closing && tokio::runtime::Handle::try_current().is_ok() {
            actix_rt::spawn(reading.see_off());
        }
    }
}
