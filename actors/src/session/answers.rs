//! Outcomes of the client's actions, sent as answers.

use super::{Phase, Session, SessionContext};
use crate::access::{may, Capability};
use crate::backend::Entry;
use crate::words::beginning::shown_one;
use crate::words::member::Permit;
use crate::words::outcome::{Acquaintance, Found, Occupant, Refusal, Talk};
use crate::words::receivers::leaves_out;
use crate::words::session as messages;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::event::{
    ChannelList, Conversation, Conversations, Event, HistoryPage, LiveChannel, People, Person, Presence,
};
use hubwire_protocol::{Address, CloseCode, ErrorCode};

impl Session {
    pub(super) fn done(&mut self, message: messages::Done, _: &mut SessionContext) {
        let messages::Done { permit: _permit, re, outcome } = message;
        match outcome {
            Ok(ack) => self.reply(&Event::Ack(ack), None, re.as_deref()),
            // without this answer, which was lost, the session cannot enter
            Err(_) if matches!(self.phase, Phase::AskingCursors) => self.close(CloseCode::Internal),
            Err(refusal) => self.pass_on(&refusal, None, re.as_deref()),
        }
    }

    /// A permit for an action of the client. After the last one the session stops reading.
    pub(super) fn accept(&self) -> Permit {
        self.worker.node.metrics().actions_accepted.inc();
        self.permit()
    }

    /// A permit.
    pub(super) fn permit(&self) -> Permit {
        let permit = Permit::take(self.handle.clone());
        if self.handle.in_flight.is_full(self.settings.in_flight_max) {
            self.socket.set_paused(true);
        }
        permit
    }

    /// A permit was returned while the session waited for one.
    pub(super) fn room_again(&mut self, _: messages::RoomAgain, _: &mut SessionContext) {
        self.look_for_room();
    }

    /// Stops reading when no permit is free, and continues when one is.
    pub(super) fn look_for_room(&self) {
        self.socket.set_paused(self.waits() || self.handle.in_flight.is_full(self.settings.in_flight_max));
    }

    pub(super) fn answered(&mut self, message: messages::Answered, _: &mut SessionContext) {
        let messages::Answered { permit: _permit, re, to, found } = message;
        // a refresh may have changed the rights in between
        let found = found.and_then(|found| self.still_allowed(to.as_ref(), &found).map(|()| found));
        if let Ok(found) = &found {
            self.charge(found.cost());
        }
        match found {
            Ok(Found::Users(users)) => {
                let (users, more) = self.fitting(&users, Occupant::bytes);
                let users = users.iter().map(Occupant::shown).collect();
                let presence = Presence { users, more, ..Presence::default() };
                self.reply(&Event::Presence(presence), to.as_ref(), re.as_deref());
            }
            Ok(Found::Members { users, count, more }) => {
                let (users, is_cut) = self.fitting(&users, Occupant::bytes);
                let users = users.iter().map(Occupant::shown).collect();
                let presence = Presence { users, count: Some(count), more: more || is_cut };
                self.reply(&Event::Presence(presence), to.as_ref(), re.as_deref());
            }
            Ok(Found::People { people, more }) => {
                let (people, is_cut) = self.fitting(&people, |known| known.profile.bytes());
                let people = people.iter().map(person).collect();
                self.reply(&Event::People(People { people, more: more || is_cut }), None, re.as_deref());
            }
            Ok(Found::Conversations { talks, more, .. }) => {
                let conversations = self.conversations_of(&talks, more);
                self.reply(&Event::Conversations(conversations), None, re.as_deref());
            }
            Ok(Found::Channels { channels, more }) => {
                let channels = channels.iter().map(|(to, count)| LiveChannel { to, count: *count }).collect();
                let list = ChannelList { channels, more };
                self.reply(&Event::Channels(list), to.as_ref(), re.as_deref());
            }
            Ok(Found::Beginning { .. }) => {} // only a join asks for it
            Ok(Found::History { entries, more, oldest_first, top }) => {
                let mut page = self.history_page(&entries, more, oldest_first);
                page.top = top;
                self.reply(&Event::History(page), to.as_ref(), re.as_deref());
            }
            Ok(Found::Publication { entry: Some(entry), .. }) => {
                let page = self.history_page(std::slice::from_ref(&entry), false, true);
                self.reply(&Event::History(page), to.as_ref(), re.as_deref());
            }
            Ok(Found::Publication { entry: None, .. }) => {
                let message = "none of the newest publications of this stream has that id";
                self.refuse_at(ErrorCode::NotFound, message, to.as_ref(), re.as_deref());
            }
            Err(refusal) => self.pass_on(&refusal, to.as_ref(), re.as_deref()),
        }
    }

    fn still_allowed(&self, to: Option<&Address>, found: &Found) -> Result<(), Refusal> {
        let Some(identity) = self.credentials.identity() else { return Ok(()) };
        let capability = match found {
            Found::Users(_) | Found::Members { .. } | Found::Channels { .. } => Capability::Presence,
            Found::History { .. } | Found::Publication { .. } | Found::Beginning { .. } => Capability::Read,
            Found::People { .. } | Found::Conversations { .. } => return Ok(()),
        };
        let Some(to) = to else {
            let Found::Users(users) = found else { return Ok(()) };
            return self.may_see(identity, users.iter().map(|it| it.user.clone()));
        };
        may(identity, &self.worker.node.rules().policy, capability, to)
            .map_err(|denial| Refusal::new(denial.code(), denial.reason()))
    }

    /// The first ones of a list whose profiles and states fit into half an outbox, at least one, and whether that left
    /// some out.
    fn fitting<'a, T>(&self, list: &'a [T], size: impl Fn(&T) -> usize) -> (&'a [T], bool) {
        let bytes_max = self.worker.node.settings().outbox_bytes_max / 2;
        let mut bytes = 0;
        let fits = list.iter().take_while(|one| {
            bytes += size(one);
            bytes <= bytes_max
        });
        let count = fits.count().max(1).min(list.len());
        (&list[..count], count < list.len())
    }

    /// As many as fit into half an outbox.
    fn conversations_of<'a>(&self, talks: &'a [Talk], mut more: bool) -> Conversations<'a> {
        let bytes_max = self.worker.node.settings().outbox_bytes_max / 2;
        let (mut conversations, mut bytes) = (Vec::new(), 0);
        for Talk { user, unread, last, .. } in talks {
            bytes += last.envelope.len();
            if bytes > bytes_max && !conversations.is_empty() {
                more = true;
                break;
            }
            conversations.extend(shown_one(last).map(|last| Conversation { user, unread: *unread, last }));
        }
        Conversations { conversations, more }
    }

    /// A page has at most as many publications as requested, and at most half an outbox of bytes. The publications that
    /// are farthest from its start are dropped.
    fn history_page<'a>(&self, entries: &'a [Entry], mut more: bool, oldest_first: bool) -> HistoryPage<'a> {
        let bytes_max = self.worker.node.settings().outbox_bytes_max / 2;
        let mut bytes = 0;
        let mut publications = Vec::new();
        for entry in entries {
            // unreadable publications are counted where they are delivered
            let Ok(envelope) = Envelope::decode(&entry.envelope) else { continue };
            if self.credentials.identity().is_some_and(|identity| leaves_out(&envelope, &identity.user)) {
                continue;
            }
            bytes += entry.envelope.len();
            if bytes > bytes_max && !publications.is_empty() {
                more = true;
                break;
            }
            publications.push((envelope, entry.pos));
        }
        if !oldest_first {
            publications.reverse();
        }
        HistoryPage { publications, more, top: None }
    }
}

fn person(known: &Acquaintance) -> Person<'_> {
    Person { user: &known.user, state: known.state, profile: known.profile.shown() }
}
