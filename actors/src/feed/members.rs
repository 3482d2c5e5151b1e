//! The members of a feed: counted per worker here, kept by the worker's delivery actor.

use super::{Feed, State};
use crate::backend::BackendError;
use crate::mail;
use crate::words::delivery::{AddMember, Announce, DeliveryPort, Passed, RemoveMember, Start};
use crate::words::frames::Wanted;
use crate::words::member::MemberRef;
use crate::words::outcome::turned_away;
use crate::words::session::AttachFailed;
use bytes::Bytes;
use hubwire_protocol::{Dialect, PerDialect, Position};
use std::sync::Arc;

/// A member that is added once the feed has started.
pub(super) struct NewMember {
    pub member: MemberRef,
    pub start: Start,
    pub announce: Announce,
    pub presence: bool,
}

/// Members in the order of their arrival.
#[derive(Default)]
pub(super) struct Waiters(pub Vec<NewMember>);

/// The members on one worker.
pub(super) struct WorkerMembers {
    pub delivery: Arc<dyn DeliveryPort>,
    pub members: PerDialect<u32>,
    /// The last position that was sent to the delivery actor.
    pub last: Position,
    /// Whether the delivery actor's mailbox was full since the last reminder.
    pub missed: bool,
}

impl WorkerMembers {
    pub fn members(&self) -> usize {
        self.members.iter().map(|count| *count as usize).sum()
    }
}

impl Feed {
    /// Adds a member. Returns false while the feed's own position is unknown: it is added once that is known.
    pub fn add(&mut self, member: MemberRef, start: Start, announce: Announce, presence: bool) -> bool {
        if self.state == State::Starting {
            self.waiting.get_or_insert_default().0.push(NewMember { member, start, announce, presence });
            return false;
        }
        self.count(&member, 1);
        self.place(&member, start, announce, presence);
        true
    }

    /// Closes the sessions that wait for the feed to start, because it is unknown when it will.
    pub fn turn_away(&self, error: &BackendError) {
        for waiting in self.waiting.iter().flat_map(|waiting| &waiting.0) {
            // the session closes itself: while it is still entering, it reads nothing until it is notified
            let (code, said) = turned_away(&self.stream, error.clone());
            let _ = mail::tell(&waiting.member.handle, AttachFailed { code, said });
            // one that is over needs no answer
        }
    }

    /// Removes and returns the members that wait for the feed to start, each with its announcement.
    pub fn give_up(&mut self) -> Vec<(MemberRef, Announce)> {
        let waiting = self.waiting.take().map_or_else(Vec::new, |waiting| waiting.0);
        waiting.into_iter().map(|waiting| (waiting.member, waiting.announce)).collect()
    }

    /// Continues a member from another position.
    pub fn resume(&mut self, member: &MemberRef, start: Start, announce: Announce, presence: bool) {
        let mut waiting = self.waiting.iter_mut().flat_map(|waiting| &mut waiting.0);
        match waiting.find(|waiting| waiting.member.session == member.session) {
            Some(waiting) => (waiting.start, waiting.announce) = (start, announce),
            None => self.place(member, start, announce, presence),
        }
    }

    /// Removes a member. Its delivery actor writes `reply`, if there is one.
    pub fn remove(&mut self, member: &MemberRef, reply: Option<Bytes>) {
        if let Some(waiting) = &mut self.waiting {
            let before = waiting.0.len();
            waiting.0.retain(|waiting| waiting.member.session != member.session);
            if waiting.0.len() < before {
                return;
            }
        }
        self.count(member, -1);
        let removal = RemoveMember { feed: self.id, key: member.key, reply };
        if mail::tell(&member.delivery, removal).is_err() {
            self.core.overflow("delivery");
        }
    }

    pub(super) fn place(&mut self, member: &MemberRef, start: Start, announce: Announce, presence: bool) {
        self.tell_passed(member);
        let addition = AddMember {
            feed: self.id,
            stream: self.stream.clone(),
            last: self.last,
            key: member.key,
            start,
            announce,
            presence,
            present: self.present.clone(),
        };
        // the mailbox of the delivery actor may be full, but the client must not wrongly believe that it is a member
        mail::insist(&member.delivery, addition);
    }

    /// A member starts at the feed's position, so its delivery actor needs to have that position, too.
    fn tell_passed(&mut self, member: &MemberRef) {
        let Some(reach) = self.reaches.iter_mut().find(|reach| Arc::ptr_eq(&reach.delivery, &member.delivery)) else {
            return;
        };
        if reach.last != self.last {
            let prev = std::mem::replace(&mut reach.last, self.last);
            reach.missed |= mail::tell(&reach.delivery, Passed { feed: self.id, prev, pos: self.last }).is_err();
        }
    }

    pub(super) fn count(&mut self, member: &MemberRef, change: i32) {
        let at = match self.reaches.iter().position(|reach| Arc::ptr_eq(&reach.delivery, &member.delivery)) {
            Some(at) => at,
            None => {
                let (delivery, last) = (member.delivery.clone(), self.last);
                self.reaches.push(WorkerMembers { delivery, members: PerDialect::default(), last, missed: false });
                self.reaches.len() - 1
            }
        };
        let reach = &mut self.reaches[at];
        let count = reach.members.of_mut(member.dialect);
        *count = count.saturating_add_signed(change);
        if reach.members() == 0 {
            self.reaches.swap_remove(at);
        }
        self.wanted = Wanted::each(|dialect| self.reaches.iter().any(|reach| *reach.members.of(dialect) > 0));
        self.known.returns_own = Dialect::all().any(|dialect| *self.wanted.of(dialect) && dialect.returns_own());
    }
}
