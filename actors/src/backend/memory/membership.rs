//! The members of all channels, and the announcements about them.

use super::super::*;

use super::node::{ready, MemoryBackend};
use hubwire_protocol::{Address, Incarnation, MemberState, UserId};
use std::time::Duration;
use tokio::time::Instant;

impl MemoryBackend {
    /// Announces users that left, at most `limit`. Returns the number that was checked.
    fn tell_due(&self, limit: usize) -> usize {
        let (broker, now) = (&mut *self.cluster.broker(), Instant::now());
        let (seen, left) = broker.directory.take_left(now, &broker.leases.live(now), limit);
        broker.tell_states(self.incarnation());
        let unix_ms = self.cluster.unix_ms();
        left.iter().for_each(|(channel, user)| broker.tell(self.incarnation(), unix_ms, channel, user, false));
        broker.tell_vacated(unix_ms, left.into_iter().map(|(channel, _)| channel).collect());
        seen
    }
}

impl ChannelMembership for MemoryBackend {
    fn join(&self, joining: Joining) -> Reply<JoinOutcome> {
        if let Some(fenced) = self.fenced() {
            return fenced;
        }
        let broker = &mut *self.cluster.broker();
        let mut live = broker.leases.live(Instant::now());
        live.push(joining.member.session.incarnation());
        let (unix_ms, channel) = (self.cluster.unix_ms(), joining.channel.clone());
        if let Some(keep) = joining.profiles_kept {
            broker.use_profile(&joining.member.user, keep);
        }
        let first = broker.in_channel(unix_ms, &channel, |directory| directory.join(Joining { live, ..joining }));
        let company = broker.has_company(self.incarnation(), &channel);
        broker.tell_states(self.incarnation());
        ready(JoinOutcome { first, company })
    }

    fn set_state(&self, channel: Address, member: Member, state: Option<MemberState>) -> Reply<bool> {
        let broker = &mut *self.cluster.broker();
        let is_there = broker.directory.set_state(channel, member, state);
        broker.tell_states(self.incarnation());
        ready(is_there)
    }

    fn depart(&self, channel: Address, member: Member, _: Vec<Incarnation>, grace: Duration) -> Reply<()> {
        {
            let (broker, now) = (&mut *self.cluster.broker(), Instant::now());
            let (unix_ms, live) = (self.cluster.unix_ms(), broker.leases.live(now));
            broker.in_channel(unix_ms, &channel.clone(), |directory| {
                directory.depart(channel, member, &live, now + grace);
            });
            broker.tell_states(self.incarnation());
        }
        if grace.is_zero() {
            self.tell_due(usize::MAX);
        }
        ready(())
    }

    fn tell_joined(&self, channel: Address, user: UserId) -> Reply<()> {
        let broker = &mut *self.cluster.broker();
        if broker.directory.take_untold(&channel, &user) {
            broker.tell(self.incarnation(), self.cluster.unix_ms(), &channel, &user, true);
            broker.tell_states(self.incarnation());
            let profile = broker.profile_of(&user);
            if !profile.is_empty() {
                broker.tell_profile(self.incarnation(), &channel, &user, &profile);
            }
        }
        ready(())
    }

    fn tell_left(&self, _: Vec<Incarnation>, limit: usize) -> Reply<usize> {
        ready(self.tell_due(limit))
    }

    fn roster(&self, channel: Address, users_max: usize) -> Reply<Roster> {
        let broker = self.cluster.broker();
        ready(broker.directory.roster(&channel, users_max, &|user| broker.profile_of(user)))
    }

    fn members(&self, channel: Address) -> Reply<Members> {
        let broker = self.cluster.broker();
        ready(broker.directory.members(&channel, &|user| broker.profile_of(user)))
    }
}
