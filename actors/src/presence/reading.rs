//! How far users have read their conversations.

use super::Presence;
use crate::apart;
use crate::backend::{BackendError, DirectoryEntry};
use crate::context::Context;
use crate::words::action_class::ActionClass;
use crate::words::outcome::Refusal;
use crate::words::people::MarkRead;
use hubwire_protocol::cluster::READ;
use hubwire_protocol::conversations::ReadUpTo;
use hubwire_protocol::event::Ack;
use hubwire_protocol::{Address, ErrorCode, UserId};

/// The outcome of moving a read mark.
enum Marked {
    /// It moved: these sessions are notified.
    Moved(Vec<DirectoryEntry>),
    /// It was at that position already, or further.
    Stayed,
    /// The stream has not reached that position.
    Ahead,
}

impl Presence {
    pub(super) fn mark_read(&mut self, message: MarkRead, ctx: &mut Context<Self>) {
        let MarkRead { user, read, payer, answer } = message;
        if !self.core.holds_lease() {
            return answer.give(Err(Refusal::no_lease()));
        }
        if let Err(refusal) = self.core.act(&payer, ActionClass::Presence) {
            return answer.give(Err(refusal));
        }
        let (backend, marks_max) = (self.core.backend.clone(), self.core.settings.people_max);
        let retention = &self.core.settings.retention;
        // after this time no unread publication can be left
        let keep = retention.of(&Address::User(user.clone())).unwrap_or(retention.user).age;
        let (whose, up_to) = (user.clone(), read.clone());
        let marked = async move {
            let tops = backend.tops(vec![Address::User(whose.clone())]).await?;
            if tops.first().is_none_or(|top| up_to.pos.seq > top.seq) {
                return Ok(Marked::Ahead);
            }
            match backend.mark_read(whose.clone(), up_to, marks_max, keep).await? {
                true => backend.sessions(whose).await.map(Marked::Moved),
                false => Ok(Marked::Stayed),
            }
        };
        apart::wait(
            ctx.shared_address(),
            marked,
            move |marked: Result<Marked, BackendError>, presence: &mut Presence, _| {
                answer.give(match marked {
                    Ok(Marked::Moved(sessions)) => {
                        presence.tell_read(&user, &read, &sessions);
                        Ok(Ack::default())
                    }
                    Ok(Marked::Stayed) => Ok(Ack::default()),
                    Ok(Marked::Ahead) => {
                        Err(Refusal::new(ErrorCode::BadPayload, "`pos`: your stream has not come to that position"))
                    }
                    Err(error) => Err(error.into()),
                });
            },
        );
    }

    /// Notifies all sessions of the user itself; other users are not notified.
    fn tell_read(&self, user: &UserId, read: &ReadUpTo, sessions: &[DirectoryEntry]) {
        // an id and a position: serialization cannot fail
        let payload = serde_json::to_string(read).unwrap_or_default();
        self.tell_sessions(user, READ, &payload, sessions);
    }
}
