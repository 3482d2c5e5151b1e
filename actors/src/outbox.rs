//! The write side of one socket, as the actors see it: all that they know of the network.

use bytes::Bytes;
use std::io;
use std::task::{Context, Poll};

/// The fate of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// Written, or queued within the bound.
    Taken,
    /// The bound would be exceeded; no part of the frame was accepted.
    Full,
    /// The socket is gone or closing; nothing will ever be accepted again.
    Closed,
}

/// A bounded queue of shared frames in front of a socket. One thread owns it; methods take `&self` and never block.
///
/// Frames stay whole: a frame is either accepted completely and in order, or not at all.
pub trait Outbox {
    /// Offers a frame: written at once when the queue is empty, otherwise queued, up to the bound in bytes.
    ///
    /// A frame longer than the bound itself is accepted when the queue is empty, so that a bound smaller than a message
    /// does not starve a client.
    fn offer(&self, frame: &Bytes) -> Offer;

    /// Offers a frame that the protocol needs to continue (an answer, welcome, bye): it may exceed the bound by at most
    /// 64 KiB; beyond that the result is [`Offer::Full`], and the caller closes the socket.
    fn offer_reply(&self, frame: &Bytes) -> Offer;

    /// Offers a ping, like [`Outbox::offer_reply`].
    fn offer_ping(&self, frame: &Bytes) -> Offer {
        self.offer_reply(frame)
    }

    /// Whether a ping was offered since the last call that the client answers with a message.
    fn take_pinged(&self) -> bool {
        true
    }

    /// Bytes in the queue.
    fn queued_bytes(&self) -> usize;

    /// Writes the queue. `Ready(Ok)` when it is empty, `Pending` with the task registered when the socket is full.
    fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Makes the session's task poll again soon (another task of the same thread has queued something).
    fn wake(&self);

    /// Registers the task that [`Outbox::wake`] wakes. Called by the session's task at each poll.
    fn register(&self, cx: &Context<'_>);

    /// Starts closing: queues a close frame behind the present queue; later frames are not accepted, and what the peer
    /// sends from then on is dropped. The socket layer waits for the peer's close frame or its own deadline, then ends
    /// the connection. Idempotent; the first code wins.
    fn close(&self, code: u16, reason: &str);

    /// Ends the connection at once (a client that never reads would never see a close frame).
    fn abort(&self);

    /// Whether [`Outbox::close`] or [`Outbox::abort`] was called or the connection ended.
    fn is_closing(&self) -> bool;

    /// The code of [`Outbox::close`], when this side was the first to close.
    fn closed_with(&self) -> Option<u16> {
        None
    }

    /// Whether anything arrived from the peer since the last call (any frame counts, RFC 6455, sections 5.5.2 and
    /// 5.5.3).
    fn take_heard(&self) -> bool;

    /// Sets whether the session reads. While it does not, nothing of the peer can arrive, so its silence is no sign of
    /// death: [`Outbox::take_heard`] returns true.
    fn set_paused(&self, _paused: bool) {}

    /// Whether the peer has ended its side of the connection, even if earlier data was not read yet. Used while the
    /// session does not read.
    fn is_peer_gone(&self) -> bool {
        false
    }

    /// Bytes that the kernel accepted since the connection began: the progress of a slow consumer.
    fn written_bytes(&self) -> u64;
}

/// Events of the socket's read side for the session, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A whole text message; UTF-8 was checked.
    Text(Bytes),
    /// A whole binary message.
    Binary(Bytes),
    /// The connection has ended: nothing follows.
    Ended(Ended),
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The peer sent a close frame (with this code) and got its echo.
    ByPeer {
        /// Code of the close frame, when it had one.
        code: Option<u16>,
    },
    /// The frame reader rejected the input and sent this code.
    Refused {
        /// Code sent.
        code: u16,
    },
    /// The connection broke, or ended without a close frame.
    Lost,
}
