//! `POST` and `DELETE /stream/{session}`: brings posts of a client to its session, on any node.

use super::posts::{Post, Posted, Posts, Taken};
use crate::operator::{ask, Inspect, Question};
use hubwire_protocol::{ErrorCode, Incarnation};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Posts in flight to other nodes; further ones are refused.
const FORWARDED_MAX: usize = 32;

/// Where posts go: to the streams of this node, or by the node channel to another.
#[derive(Clone)]
pub struct PostOffice {
    incarnation: Incarnation,
    posts: Posts,
    forwarding: Arc<Semaphore>,
}

impl PostOffice {
    pub(crate) fn new(incarnation: Incarnation) -> Self {
        let forwarding = Arc::new(Semaphore::new(FORWARDED_MAX));
        PostOffice { incarnation, posts: Posts::default(), forwarding }
    }

    /// The streams of this node.
    pub(crate) fn posts(&self) -> &Posts {
        &self.posts
    }

    /// Accepts a post for a session of this node.
    pub(crate) fn take(&self, posted: Posted) -> Taken {
        let post = posted.frame.map_or(Post::End, |frame| Post::Frame(frame.into()));
        self.posts.give(posted.session, &posted.key, post)
    }

    /// Delivers a post to its session.
    ///
    /// # Errors
    /// With a code for the client, and what it means for the post.
    pub(crate) async fn bring(&self, nodes: &dyn Inspect, posted: Posted) -> Result<(), (ErrorCode, &'static str)> {
        let node = posted.session.incarnation();
        let taken = if node == self.incarnation { self.take(posted) } else { self.forward(nodes, posted).await? };
        match taken {
            Taken::ForSession => Ok(()),
            // a client without the key must not learn whether the session exists
            Taken::NoSession | Taken::WrongKey => {
                Err((ErrorCode::NotFound, "there is no such session with that key: open a stream"))
            }
            Taken::Full => {
                Err((ErrorCode::Overloaded, "the session has not read what was posted before; nothing was done"))
            }
        }
    }

    /// A node whose lease has expired has no sessions. One that does not answer may have accepted the post all the
    /// same.
    async fn forward(&self, nodes: &dyn Inspect, posted: Posted) -> Result<Taken, (ErrorCode, &'static str)> {
        const BUSY: &str = "too many posts are on their way to other nodes; nothing was done";
        const SILENT: &str = "the node of the session did not answer in time: repeat only actions that have an id";
        let node = posted.session.incarnation();
        let _turn = self.forwarding.try_acquire().map_err(|_| (ErrorCode::Overloaded, BUSY))?;
        let live =
            nodes.nodes().await.map_err(|refusal| (refusal.code, "the nodes are not known now; nothing was done"))?;
        if !live.iter().any(|other| other.incarnation == node) {
            return Ok(Taken::NoSession);
        }
        ask::one(nodes, node, &Question::Post(posted)).await.ok_or((ErrorCode::Timeout, SILENT))
    }
}
