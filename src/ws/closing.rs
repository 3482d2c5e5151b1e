//! The end of a connection, in order: our close frame or the peer's, the end of our side (FIN), the peer's end or a
//! deadline (RFC 6455, section 7.1.1: the server ends TCP first).
//!
//! Our side ends before the peer's input is left unread: closing a socket with unread input makes the kernel send a
//! reset, which can destroy a close frame still on its way.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{sleep, Instant, Sleep};

/// The progress of closing one connection.
#[derive(Debug)]
pub(super) enum Closing {
    /// Not begun.
    Open,
    /// Our close frame is queued; the peer's is awaited until the deadline.
    Awaiting(Pin<Box<Sleep>>),
    /// Both close frames are known, or the peer's will not be read.
    Finishing(Box<Finish>),
    /// The connection is over.
    Ended,
}

/// The last steps.
#[derive(Debug)]
pub(super) struct Finish {
    deadline: Pin<Box<Sleep>>,
    /// Time limit for the peer after our side has ended.
    linger: Duration,
    is_write_ended: bool,
    is_read_ended: bool,
}

impl Closing {
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Closing::Open)
    }

    pub(super) fn is_finishing(&self) -> bool {
        matches!(self, Closing::Finishing(_) | Closing::Ended)
    }

    pub(super) fn is_ended(&self) -> bool {
        matches!(self, Closing::Ended)
    }

    /// We close first.
    pub(super) fn close(&mut self, timeout: Duration) {
        *self = Closing::Awaiting(Box::pin(sleep(timeout)));
    }

    /// The peer's close frame has arrived, or its input is no longer read. A running deadline is kept.
    pub(super) fn finish(&mut self, timeout: Duration, linger: Duration) {
        let deadline = match std::mem::replace(self, Closing::Ended) {
            Closing::Open => Box::pin(sleep(timeout)),
            Closing::Awaiting(deadline) => deadline,
            over @ (Closing::Finishing(_) | Closing::Ended) => {
                *self = over;
                return;
            }
        };
        *self = Closing::Finishing(Box::new(Finish { deadline, linger, is_write_ended: false, is_read_ended: false }));
    }

    pub(super) fn note_read_ended(&mut self) {
        if let Closing::Finishing(finish) = self {
            finish.is_read_ended = true;
        }
    }

    /// Everything is written: returns whether our side of the connection has to end now.
    pub(super) fn begin_linger(&mut self) -> bool {
        let Closing::Finishing(finish) = self else { return false };
        if std::mem::replace(&mut finish.is_write_ended, true) {
            return false;
        }
        let until = Instant::now() + finish.linger;
        if until < finish.deadline.deadline() {
            finish.deadline.as_mut().reset(until);
        }
        true
    }

    /// Ready when there is nothing more to wait for.
    pub(super) fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Closing::Open => Poll::Pending,
            Closing::Ended => Poll::Ready(()),
            Closing::Awaiting(deadline) => deadline.as_mut().poll(cx),
            Closing::Finishing(finish) if finish.is_write_ended && finish.is_read_ended => Poll::Ready(()),
            Closing::Finishing(finish) => finish.deadline.as_mut().poll(cx),
        }
    }
}
