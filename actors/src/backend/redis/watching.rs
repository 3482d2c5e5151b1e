//! Watching users: a channel for each watched user, and a key that tells the scripts of the directory that a node
//! listens.

use super::super::*;
use super::command::{ms, Command};
use super::RedisBackend;
use hubwire_protocol::UserId;
use std::rc::Rc;

impl Watching for RedisBackend {
    fn watch(&self, users: Vec<UserId>) -> Reply<()> {
        let (core, patience) = (Rc::clone(&self.core), 2 * self.core.wires.config.response_timeout);
        let subscribed: Result<Vec<_>, BackendError> =
            users.iter().map(|user| self.subscriptions.subscribe(core.keys.watch_channel(user))).collect();
        Box::pin(async move {
            // one by one: a channel that was confirmed before needs no wait
            let all = async {
                for confirmed in subscribed?.into_iter().flatten() {
                    let unsubscribed = |_| BackendError::Unavailable { reason: "the watch was ended meanwhile".into() };
                    confirmed.await.map_err(unsubscribed)?;
                }
                Ok::<(), BackendError>(())
            };
            let silent = |_| BackendError::Unavailable { reason: "the broker does not confirm a subscription".into() };
            tokio::time::timeout(patience, all).await.map_err(silent)??;
            let mark = |user| Command::on("SET", &core.keys.watched(user)).arg(1).arg("PX").arg(ms(WATCH_TTL));
            let marks: Vec<Command> = users.iter().map(mark).collect();
            let marks: Vec<&Command> = marks.iter().collect();
            core.scatter(&marks).await?;
            Ok(())
        })
    }

    /// The key expires by itself: other nodes may watch the user, too.
    fn unwatch(&self, users: Vec<UserId>) -> Reply<()> {
        let mut names = users.iter().map(|user| self.core.keys.watch_channel(user));
        let outcome = names.try_for_each(|name| self.subscriptions.unsubscribe(name));
        Box::pin(std::future::ready(outcome))
    }
}
