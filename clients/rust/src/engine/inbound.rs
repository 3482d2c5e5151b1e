//! Dispatches each action that a node sends.

use super::answers::{known, Acked, Bye, Call, Listed, Orgs, Told, Welcome};
use super::core::Core;
use super::desk::Pending;
use super::errand::Errand;
use crate::ack::Ack;
use crate::clock;
use crate::error::{HubError, Refusal};
use crate::event::{Event, Gap, GapCause, Invitation, Publication};
use crate::wire::{Received, WireError};
use hubwire_protocol::{Address, OrgId, Position};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Duration;

type Incoming<'a> = Received<'a, &'a RawValue>;

impl Core {
    /// Handles one action of the node. An error means that the peer is not a hubwire node.
    pub fn take(&mut self, text: &str) -> Result<(), WireError> {
        let received = Incoming::parse(text)?;
        self.heard();
        match &*received.kind {
            "@@hub/welcome" => {
                let welcome: Option<Welcome> = payload(&received);
                let welcome = welcome.ok_or_else(|| WireError::new("a welcome without its payload"))?;
                self.welcomed(welcome);
            }
            "@@hub/ack" => self.take_ack(&received, text),
            "@@hub/error" => self.take_error(&received),
            "@@hub/resumed" => self.take_resumed(&received),
            "@@hub/lag" => self.take_lag(&received),
            "@@hub/orgs" => self.take_orgs(&received),
            "@@hub/bye" => {
                let Bye { retry_in_ms } = payload(&received).unwrap_or_default();
                let retry_in = Duration::from_millis(retry_in_ms);
                self.retry_in = Some(retry_in);
                self.desk.tell(Event::Bye(retry_in));
            }
            "@@hub/joined" | "@@hub/left" | "@@hub/changed" if received.meta.hub.re.is_none() => {
                self.take_others(&received);
            }
            "@@hub/presence" if received.meta.hub.re.is_none() => {
                self.watches.heard(None, &payload(&received).unwrap_or_default());
            }
            "@@hub/rpc" if received.meta.hub.re.is_none() => self.take_call(&received),
            "@@hub/contact" if received.meta.hub.re.is_none() => {
                if let Some(contact) = payload(&received) {
                    self.desk.tell(Event::Contact(contact));
                }
            }
            "@@hub/read" if received.meta.hub.re.is_none() => {
                if let Some(mark) = payload(&received) {
                    self.desk.tell(Event::Read(mark));
                }
            }
            // a publication with a reserved type, such as an invitation
            _ if received.is_control() && received.meta.hub.pos.is_some() => self.take_publication(&received),
            _ if received.is_control() => self.take_answer(&received, text),
            _ => self.take_publication(&received),
        }
        Ok(())
    }

    fn take_ack(&mut self, received: &Incoming<'_>, text: &str) {
        let Some(id) = received.meta.hub.re.as_deref() else { return };
        let acked: Acked = payload(received).unwrap_or_default();
        let Some(to) = self.sender.destination(id) else {
            if let Some(own) = acked.own_pos {
                self.streams.own_copy_at(own);
            }
            return self.take_answer(received, text);
        };
        if matches!(to, Address::User(_)) {
            // a message to oneself has only one position, and is not sent to the sending session either
            let own = if Some(to) == self.own.as_ref() { acked.pos } else { acked.own_pos };
            if let Some(own) = own {
                self.streams.own_copy_at(own);
            }
        }
        let Acked { pos, ts, sessions, nodes, duplicate, .. } = acked;
        self.sender.acked(id, Ack { pos, duplicate, sessions, nodes, attempts: 0, ts });
    }

    fn take_error(&mut self, received: &Incoming<'_>) {
        let Some(refusal) = payload::<Refusal>(received) else { return };
        let id = received.meta.hub.re.as_deref();
        let error = HubError::refused(&refusal, id);
        // the frame was refused as a whole: its other actions were not executed either
        refusal.not_done.iter().filter(|other| Some(&***other) != id).for_each(|other| self.sender.repeat(other));
        let Some(id) = id else { return self.tell_error(error) };
        if self.sender.refused(id, &error, rand::random::<f64>(), clock::now()) {
            return;
        }
        match self.desk.answered(id) {
            // the caller may be gone
            Some(Pending::Asked(answer)) => drop(answer.send(Err(error))),
            Some(Pending::Join(of)) => self.channels(|channels, cx| channels.refused(cx, of, error, true)),
            Some(Pending::List(of)) => self.channels(|channels, cx| channels.refused(cx, of, error, false)),
            Some(Pending::Nothing) => {}
            Some(Pending::Watch(_) | Pending::WatchOrg(_) | Pending::OrgList(_) | Pending::Told) | None => {
                self.tell_error(error);
            }
        }
    }

    fn take_answer(&mut self, received: &Incoming<'_>, text: &str) {
        let Some(pending) = received.meta.hub.re.as_deref().and_then(|re| self.desk.answered(re)) else { return };
        match pending {
            Pending::Asked(answer) => drop(answer.send(Ok(text.to_owned()))),
            Pending::Join(of) => {
                let mut told: Told = payload(received).unwrap_or_default();
                self.take_recent(of, &mut told);
                self.channels(|channels, cx| channels.joined(cx, of, told));
            }
            Pending::List(of) => {
                let listed: Listed = payload(received).unwrap_or_default();
                self.channels(|channels, cx| channels.listed(cx, of, listed));
            }
            Pending::WatchOrg(of) => self.org_watches.watched(of, &mut self.desk),
            Pending::OrgList(of) => {
                let listed: Listed = payload(received).unwrap_or_default();
                self.org_watches.listed(of, listed, &mut self.desk);
            }
            Pending::Watch(of) => {
                self.watches.answered(of, &payload(received).unwrap_or_default(), &mut self.desk);
            }
            Pending::Told | Pending::Nothing => {}
        }
    }

    /// The newest publications in the answer to a join: they are the first of the stream.
    fn take_recent(&mut self, membership: u64, told: &mut Told) {
        let recent = std::mem::take(&mut told.recent);
        let Some(address) = self.channels.address(membership).filter(|_| !recent.is_empty()).cloned() else { return };
        self.streams.open(&address, Some(Position::START), told.pos);
        for raw in &recent {
            match Incoming::parse(raw.get()) {
                Ok(publication) => self.take_publication(&publication),
                Err(error) => log::warn!("{address}: a recent publication that is none: {error}"),
            }
        }
    }

    /// A call by the application's servers.
    fn take_call(&mut self, received: &Incoming<'_>) {
        if let Some(Call { call, method, params }) = payload(received) {
            self.desk.errand(Errand::Call { call, method, params });
        }
    }

    fn take_resumed(&mut self, received: &Incoming<'_>) {
        let Some(stream) = address(received) else { return };
        let told: Told = payload(received).unwrap_or_default();
        if let Some(refusal) = &told.error {
            self.streams.forget(&stream);
            return self.tell_error(HubError::refused(refusal, None));
        }
        self.streams.open(&stream, told.pos, told.top);
        if told.recovered == Some(false) {
            self.gap(stream, told.pos, GapCause::NotRecovered);
        }
    }

    fn take_lag(&mut self, received: &Incoming<'_>) {
        let Some(to) = address(received) else { return };
        let stream = self.stream_of(&to);
        let told: Told = payload(received).unwrap_or_default();
        self.streams.reset(&stream, told.pos);
        self.gap(stream.clone(), told.pos, GapCause::Lag);
        self.channels(|channels, cx| channels.missed(cx, &stream));
    }

    fn gap(&mut self, stream: Address, pos: Option<Position>, cause: GapCause) {
        self.desk.tell(Event::Gap(Gap { stream: Some(stream), pos, cause }));
    }

    /// A refresh or an operator changed the memberships: new streams are followed from now on.
    fn take_orgs(&mut self, received: &Incoming<'_>) {
        let orgs: Orgs = payload(received).unwrap_or_default();
        for (stream, pos) in known(&orgs.resume) {
            self.streams.open(&stream, Some(pos), None);
        }
        let is_member = |org: &OrgId| org.is_system() || orgs.orgs.contains(org);
        let lost: Vec<Address> = self
            .streams
            .positions()
            .map(|(stream, _)| stream.clone())
            .filter(|stream| matches!(stream, Address::Org(org) | Address::Team(org, _) if !is_member(org)))
            .collect();
        lost.iter().for_each(|stream| self.streams.forget(stream));
        self.orgs.clone_from(&orgs.orgs);
        if let Some(welcome) = &self.welcome {
            let mut welcome = (**welcome).clone();
            welcome.orgs.clone_from(&orgs.orgs);
            welcome.memberships = orgs.memberships;
            self.welcome = Some(Arc::new(welcome));
        }
        self.desk.tell(Event::Orgs(orgs.orgs));
    }

    fn take_others(&mut self, received: &Incoming<'_>) {
        let (Some(to), Some(own)) = (address(received), self.user().cloned()) else { return };
        let mut told: Told = payload(received).unwrap_or_default();
        if let Address::Org(org) = &to {
            return self.org_watches.others_changed(&received.kind, org, &mut told);
        }
        self.channels(|channels, cx| channels.others_changed(cx, &received.kind, &to, told, &own));
    }

    fn take_publication(&mut self, received: &Incoming<'_>) {
        let Some(publication) = Publication::read(received) else {
            return log::warn!("an action of the type {} without an address that this version knows", received.kind);
        };
        let Some(position) = publication.pos else { return self.deliver(publication) };
        let stream = self.stream_of(&publication.to);
        if self.is_new(&publication, &stream, position) {
            self.deliver(publication);
        }
        self.streams.delivered(&stream);
        if self.own.as_ref() == Some(&stream) {
            self.own_moved();
        }
    }

    fn is_new(&mut self, publication: &Publication, stream: &Address, position: Position) -> bool {
        let is_new = self.streams.accept(stream, position);
        let Some(id) = publication.id.as_deref().filter(|_| publication.from.as_ref() == self.user()) else {
            return is_new;
        };
        if self.streams.position(stream) != Some(position) {
            return is_new;
        }
        let (pos, ts) = (publication.pos, publication.ts);
        let echo = Ack { pos, duplicate: false, sessions: None, nodes: None, attempts: 0, ts };
        self.sender.echoed(id, echo);
        // not a copy, returned by a replay, of what this client sent
        is_new && !(self.own.as_ref() == Some(stream) && self.is_own_id(id))
    }

    fn deliver(&mut self, publication: Publication) {
        let is_own = self.own.as_ref() == Some(&publication.to);
        let invitation = Invitation::read(&publication).filter(|_| is_own);
        self.desk.tell(Event::Action(Arc::new(publication)));
        if let Some(invitation) = invitation {
            self.desk.tell(Event::Invited(invitation));
        }
    }

    /// The stream of a publication: everything addressed to users is in the user's own stream.
    fn stream_of(&self, to: &Address) -> Address {
        match (&self.own, to) {
            (Some(own), Address::User(_)) => own.clone(),
            _ => to.clone(),
        }
    }
}

fn payload<'a, T: Deserialize<'a>>(received: &Incoming<'a>) -> Option<T> {
    let payload = serde_json::from_str(received.payload?.get());
    payload.inspect_err(|error| log::warn!("{} with a payload of another shape: {error}", received.kind)).ok()
}

fn address(received: &Incoming<'_>) -> Option<Address> {
    received.meta.hub.to.as_deref()?.parse().ok()
}
