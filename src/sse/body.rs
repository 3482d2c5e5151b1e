//! The response body: takes events as fast as the connection accepts them.

use super::outbox::EventOutbox;
use super::posts::Registration;
use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{sleep, Instant, Sleep};

/// Longest silence of a response.
const COMMENT_EVERY: Duration = Duration::from_secs(15);

/// The body. It is dropped when the connection has ended: then so has the session.
pub(crate) struct EventBody {
    outbox: Rc<EventOutbox>,
    silence: Pin<Box<Sleep>>,
    _registration: Option<Registration>,
}

impl EventBody {
    /// `registration`: the path of its client's posts, if the client posts.
    pub(crate) fn new(outbox: Rc<EventOutbox>, registration: Option<Registration>) -> Self {
        EventBody { outbox, silence: Box::pin(sleep(COMMENT_EVERY)), _registration: registration }
    }
}

impl MessageBody for EventBody {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let event = match self.outbox.poll_event(cx) {
            Poll::Pending => match self.silence.as_mut().poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) => match &self.outbox.form().comment {
                    Some(comment) => Some(Ok(comment.clone())),
                    // its client is pinged instead
                    None => return Poll::Pending,
                },
            },
            Poll::Ready(event) => event,
        };
        self.silence.as_mut().reset(Instant::now() + COMMENT_EVERY);
        Poll::Ready(event)
    }
}

impl Drop for EventBody {
    fn drop(&mut self) {
        self.outbox.end();
    }
}
