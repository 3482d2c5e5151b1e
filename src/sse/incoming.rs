//! The read side of a stream: posts, and the end of the response.

use super::outbox::EventOutbox;
use super::posts::Post;
use bytes::Bytes;
use futures_util::Stream;
use hubwire_actors::outbox::{Ended, Incoming, Outbox};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// The posts of one client, in the order of arrival. Ends after [`Incoming::Ended`]. When it is dropped, it ends the
/// response, unless that is already closing.
pub(crate) struct PostedIncoming {
    outbox: Rc<EventOutbox>,
    posts: mpsc::Receiver<Post>,
    /// Converts a post for the session.
    read: fn(Bytes) -> Incoming,
    is_done: bool,
}

impl PostedIncoming {
    pub(crate) fn new(outbox: Rc<EventOutbox>, posts: mpsc::Receiver<Post>, read: fn(Bytes) -> Incoming) -> Self {
        PostedIncoming { outbox, posts, read, is_done: false }
    }

    fn poll_post(&mut self, cx: &mut Context<'_>) -> Poll<Post> {
        loop {
            match self.posts.poll_recv(cx) {
                // what arrives after the close is dropped
                Poll::Ready(Some(_)) if self.outbox.is_closing() => {}
                Poll::Ready(Some(post)) => return Poll::Ready(post),
                // nobody can post any more: the response has ended, which the outbox reports
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl Stream for PostedIncoming {
    type Item = Incoming;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Incoming>> {
        if self.is_done {
            return Poll::Ready(None);
        }
        if self.outbox.is_ended() {
            self.is_done = true;
            return Poll::Ready(Some(Incoming::Ended(Ended::Lost)));
        }
        self.poll_post(cx).map(|post| match post {
            Post::Frame(frame) => Some((self.read)(frame)),
            Post::End => {
                self.is_done = true;
                self.outbox.end();
                Some(Incoming::Ended(Ended::ByPeer { code: None }))
            }
        })
    }
}

impl Drop for PostedIncoming {
    fn drop(&mut self) {
        if !self.outbox.is_closing() {
            self.outbox.end();
        }
    }
}
