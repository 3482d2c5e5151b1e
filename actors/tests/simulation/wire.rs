//! A socket in memory: an outbox and a stream of messages for the node, and frames for the client.
//!
//! As with a real one there is a kernel in between that takes so many bytes and no more: a client that does not read
//! fills it, and then the outbox.

use crate::network::Network;
use bytes::{Buf, Bytes};
use futures_util::Stream;
use hubwire_actors::outbox::{Ended, Incoming, Offer, Outbox};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::Instant;

/// Bytes the kernel takes that the client has not read.
const KERNEL_BYTES: usize = 8 * 1024;
/// How far an answer may pass the bound.
pub const REPLY_EXTRA_BYTES: usize = 64 * 1024;
/// How long the client may take to answer a close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;

/// What a client reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A message.
    Text(Bytes),
    /// The end, with its code; 1006 when the connection broke.
    Close(u16),
}

/// One connection; both ends hold it.
pub struct Wire {
    network: Rc<Network>,
    bound: usize,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// The outbox: what the kernel did not take yet.
    queue: VecDeque<Bytes>,
    queued: usize,
    /// The session's task runs: what is offered leaves when its turn ends.
    gathering: bool,
    task: Option<Waker>,
    written: u64,
    closing: bool,
    heard: bool,
    /// The most bytes that ever waited.
    most: usize,
    kernel: VecDeque<Bytes>,
    in_kernel: usize,
    reader: Option<Waker>,
    /// Frames of the last chunk read.
    frames: VecDeque<Frame>,
    incoming: VecDeque<Incoming>,
    incoming_reader: Option<Waker>,
    /// The connection is over for the node.
    ended: bool,
    /// The connection broke for the client.
    broken: bool,
}

impl Wire {
    pub fn new(network: Rc<Network>, bound: usize) -> Rc<Self> {
        // a session's first turn writes together what it begins with
        let state = State { gathering: true, ..State::default() };
        Rc::new(Wire { network, bound, state: RefCell::new(state) })
    }

    /// The node's end.
    pub fn node_end(self: &Rc<Self>) -> (Rc<dyn Outbox>, NodeReader) {
        (Rc::new(NodeWriter(self.clone())), NodeReader(self.clone()))
    }

    // -- the client's end -----------------------------------------------------------------------------------------

    /// Writes a message.
    pub fn send(&self, text: String) {
        self.arrive(Incoming::Text(Bytes::from(text)));
    }

    /// Reads the next frame. Pings are answered, as any WebSocket library does it.
    pub async fn recv(&self) -> Frame {
        poll_fn(|cx| self.poll_frame(cx)).await
    }

    /// The client breaks the connection, and the node notices.
    pub fn cut(&self) {
        self.state.borrow_mut().broken = true;
        self.arrive(Incoming::Ended(Ended::Lost));
    }

    /// The network breaks the connection: both ends notice.
    pub fn reset(&self) {
        self.cut();
        wake(&mut self.state.borrow_mut().reader);
    }

    /// The client vanishes, and the node does not notice.
    pub fn vanish(&self) {
        self.state.borrow_mut().broken = true;
    }

    /// The most bytes that ever waited in the outbox.
    pub fn most_queued(&self) -> usize {
        self.state.borrow().most
    }

    fn poll_frame(&self, cx: &mut Context<'_>) -> Poll<Frame> {
        loop {
            let mut state = self.state.borrow_mut();
            if state.broken {
                return Poll::Ready(Frame::Close(1006));
            }
            if let Some(frame) = state.frames.pop_front() {
                if let Frame::Close(code) = frame {
                    drop(state);
                    self.arrive(Incoming::Ended(Ended::ByPeer { code: Some(code) }));
                    return Poll::Ready(frame);
                }
                return Poll::Ready(frame);
            }
            let Some(chunk) = state.kernel.pop_front() else {
                if state.ended {
                    return Poll::Ready(Frame::Close(1006));
                }
                state.reader = Some(cx.waker().clone());
                return Poll::Pending;
            };
            state.in_kernel -= chunk.len();
            let pinged = parse(chunk, &mut state.frames);
            state.heard |= pinged;
            state.flush();
            wake(&mut state.task); // there is room again
        }
    }

    fn arrive(&self, incoming: Incoming) {
        let mut state = self.state.borrow_mut();
        if state.ended {
            return;
        }
        state.heard = true;
        if let Incoming::Ended(_) = incoming {
            state.ended = true;
            state.closing = true;
            wake(&mut state.task);
        }
        state.incoming.push_back(incoming);
        wake(&mut state.incoming_reader);
    }
}

/// Frames of a chunk, which holds whole ones. Whether there was a ping among them.
fn parse(mut chunk: Bytes, frames: &mut VecDeque<Frame>) -> bool {
    let mut pinged = false;
    while chunk.has_remaining() {
        let opcode = chunk.get_u8() & 0x0f;
        let length = match chunk.get_u8() {
            126 => usize::from(chunk.get_u16()),
            127 => chunk.get_u64() as usize,
            short => usize::from(short),
        };
        let mut payload = chunk.split_to(length);
        match opcode {
            TEXT => frames.push_back(Frame::Text(payload)),
            CLOSE => frames.push_back(Frame::Close(payload.get_u16())),
            PING => pinged = true,
            other => panic!("a node wrote a frame of kind {other}"),
        }
    }
    pinged
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

impl State {
    /// Moves what the kernel takes.
    fn flush(&mut self) {
        while let Some(frame) = self.queue.front() {
            if self.in_kernel > 0 && self.in_kernel + frame.len() > KERNEL_BYTES {
                return;
            }
            let Some(frame) = self.queue.pop_front() else { return };
            self.queued -= frame.len();
            self.written += frame.len() as u64;
            if !self.broken {
                self.in_kernel += frame.len();
                self.kernel.push_back(frame);
            } else {
                // a client that vanished acknowledges nothing: the kernel fills up
                self.in_kernel += frame.len();
            }
            wake(&mut self.reader);
        }
    }

    fn push(&mut self, frame: Bytes) {
        self.queued += frame.len();
        self.most = self.most.max(self.queued);
        self.queue.push_back(frame);
    }
}

/// The node's write side.
struct NodeWriter(Rc<Wire>);

impl NodeWriter {
    fn offer_within(&self, frame: &Bytes, bound: usize) -> Offer {
        let mut state = self.0.state.borrow_mut();
        if state.closing || state.ended {
            return Offer::Closed;
        }
        state.flush();
        if !state.queue.is_empty() && state.queued + frame.len() > bound {
            return Offer::Full;
        }
        state.push(frame.clone());
        if !state.gathering {
            state.flush();
        }
        Offer::Taken
    }
}

impl Outbox for NodeWriter {
    fn offer(&self, frame: &Bytes) -> Offer {
        self.offer_within(frame, self.0.bound)
    }

    fn offer_reply(&self, frame: &Bytes) -> Offer {
        self.offer_within(frame, self.0.bound + REPLY_EXTRA_BYTES)
    }

    fn queued_bytes(&self) -> usize {
        self.0.state.borrow().queued
    }

    fn poll_flush(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.state.borrow_mut();
        state.gathering = false;
        if state.ended {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        }
        state.flush();
        match state.queue.is_empty() {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending, // the task is registered, and woken when the client has read
        }
    }

    fn wake(&self) {
        let state = self.0.state.borrow();
        if let Some(task) = &state.task {
            task.wake_by_ref();
        }
    }

    fn register(&self, cx: &Context<'_>) {
        let mut state = self.0.state.borrow_mut();
        state.gathering = true;
        state.task = Some(cx.waker().clone());
    }

    fn close(&self, code: u16, reason: &str) {
        let mut state = self.0.state.borrow_mut();
        if state.closing {
            return;
        }
        state.closing = true;
        state.push(hubwire_protocol::frame::close(code, reason));
        state.flush();
        drop(state);
        let wire = self.0.clone();
        self.0.network.at(Instant::now() + CLOSE_TIMEOUT, move || wire.reset());
    }

    fn abort(&self) {
        self.0.reset();
    }

    fn is_closing(&self) -> bool {
        self.0.state.borrow().closing
    }

    fn take_heard(&self) -> bool {
        std::mem::take(&mut self.0.state.borrow_mut().heard)
    }

    fn written_bytes(&self) -> u64 {
        self.0.state.borrow().written
    }
}

/// The node's read side.
pub struct NodeReader(Rc<Wire>);

impl Stream for NodeReader {
    type Item = Incoming;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Incoming>> {
        let mut state = self.0.state.borrow_mut();
        if state.closing {
            state.incoming.retain(|incoming| matches!(incoming, Incoming::Ended(_)));
        }
        match state.incoming.pop_front() {
            Some(incoming) => Poll::Ready(Some(incoming)),
            None if state.ended => Poll::Ready(None),
            None => {
                state.incoming_reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}
