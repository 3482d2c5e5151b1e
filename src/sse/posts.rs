//! Delivers posts to the sessions of a node, from any of its threads.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine;
use bytes::Bytes;
use hubwire_protocol::SessionId;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use subtle::ConstantTimeEq;
use tokio::sync::mpsc;

/// Posts that wait for one session; further ones are refused.
const POSTS_MAX: usize = 16;

/// The key for posting to a session: only the reader of the stream knows it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Key(String);

impl Key {
    /// A key from 192 random bits of a cryptographic source.
    pub(crate) fn new(random: [u8; 24]) -> Self {
        Key(URL_SAFE_NO_PAD.encode(random))
    }

    /// A key that a client presented.
    pub(crate) fn shown(text: &str) -> Self {
        Key(text.to_owned())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([redacted])")
    }
}

/// What one node hands another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The session it is for.
    pub session: SessionId,
    /// What the client showed.
    pub key: Key,
    /// One action or an array of them, as it was sent; absent: the client is done.
    pub frame: Option<String>,
}

/// What became of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Taken {
    /// The session will read it after earlier ones.
    ForSession,
    /// There is no such session with a stream.
    NoSession,
    /// The key belongs to another session.
    WrongKey,
    /// The session has not read earlier posts yet.
    Full,
}

/// The streams of a node; shared by all workers. Locked once per post, and when a stream starts or ends.
#[derive(Clone, Default)]
pub struct Posts(Arc<Mutex<HashMap<SessionId, Way>>>);

struct Way {
    key: Key,
    posts: mpsc::Sender<Post>,
}

/// A post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Post {
    /// One action or an array of them.
    Frame(Bytes),
    /// The client ends the session.
    End,
}

/// The path to one session; closed when dropped.
pub(crate) struct Registration {
    posts: Posts,
    session: SessionId,
}

/// A queue of posts.
pub(crate) fn queue() -> (mpsc::Sender<Post>, mpsc::Receiver<Post>) {
    mpsc::channel(POSTS_MAX)
}

impl Posts {
    /// Registers a new session with a stream.
    pub(crate) fn register(&self, session: SessionId, key: Key, posts: mpsc::Sender<Post>) -> Registration {
        self.ways().insert(session, Way { key, posts });
        Registration { posts: self.clone(), session }
    }

    /// Passes a post to a session of this node.
    pub(super) fn give(&self, session: SessionId, key: &Key, post: Post) -> Taken {
        match self.ways().get(&session) {
            None => Taken::NoSession,
            Some(way) if way.key != *key => Taken::WrongKey,
            Some(way) => match way.posts.try_send(post) {
                Ok(()) => Taken::ForSession,
                Err(mpsc::error::TrySendError::Full(_)) => Taken::Full,
                Err(mpsc::error::TrySendError::Closed(_)) => Taken::NoSession,
            },
        }
    }

    fn ways(&self) -> MutexGuard<'_, HashMap<SessionId, Way>> {
        // each change of the map is complete, even if a thread panicked while it held the lock
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.posts.ways().remove(&self.session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hubwire_protocol::Incarnation;

    #[test]
    fn only_the_key_of_a_session_lets_post_to_it_and_only_while_it_is_there() {
        let (posts, session) = (Posts::default(), SessionId::new(Incarnation::from_random(1), 2));
        let (key, other) = (Key::new([7; 24]), Key::new([8; 24]));
        let give = |key: &Key| posts.give(session, key, Post::Frame(Bytes::from_static(b"{}")));
        assert_eq!(give(&key), Taken::NoSession);
        let (sender, mut frames) = queue();
        let registration = posts.register(session, key.clone(), sender);
        assert_eq!(
            [give(&other), give(&Key::shown("")), give(&key)],
            [Taken::WrongKey, Taken::WrongKey, Taken::ForSession]
        );
        (1..POSTS_MAX).for_each(|_| assert_eq!(give(&key), Taken::ForSession));
        assert_eq!(give(&key), Taken::Full);
        assert!(frames.try_recv().is_ok());
        assert_eq!(give(&key), Taken::ForSession);
        drop(registration);
        assert_eq!(give(&key), Taken::NoSession);
        assert_eq!(format!("{key:?}"), "Key([redacted])");
    }
}
