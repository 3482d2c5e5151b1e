//! The outbox from the session's view.

use super::*;

impl Outbox for SocketOutbox {
    fn offer(&self, frame: &Bytes) -> Offer {
        self.offer_within(&self.as_agreed(frame, true), self.settings.outbox_bytes_max)
    }

    fn offer_reply(&self, frame: &Bytes) -> Offer {
        let bound = self.settings.outbox_bytes_max.saturating_add(REPLY_EXTRA_BYTES);
        self.offer_within(&self.as_agreed(frame, false), bound)
    }

    fn offer_ping(&self, frame: &Bytes) -> Offer {
        self.pinged.set(true);
        self.offer_reply(frame)
    }

    fn take_pinged(&self) -> bool {
        self.pinged.take()
    }

    fn queued_bytes(&self) -> usize {
        self.queue.borrow().bytes()
    }

    /// Also drives the closing, so a session needs no timer of its own: after the deadline the connection ends, and the
    /// read side reports it.
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
            self.closed_with.set(Some(code));
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

    fn closed_with(&self) -> Option<u16> {
        self.closed_with.get()
    }

    fn take_heard(&self) -> bool {
        self.heard.take() || (self.paused.get() && !self.is_peer_gone())
    }

    fn set_paused(&self, paused: bool) {
        self.paused.set(paused);
    }

    /// The kernel reports it separately from readable data (`EPOLLRDHUP`), so it is seen without reading.
    fn is_peer_gone(&self) -> bool {
        let ready = std::pin::pin!(self.io.tcp().ready(PEER_END));
        let ready = ready.poll(&mut Context::from_waker(Waker::noop()));
        self.is_ended() || matches!(ready, Poll::Ready(Ok(ready)) if ready.is_read_closed())
    }

    fn written_bytes(&self) -> u64 {
        self.written.get()
    }
}
