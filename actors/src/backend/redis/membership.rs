//! The members of channels: calls of the backend.

use super::super::*;
use super::RedisBackend;
use hubwire_protocol::{Address, Incarnation, MemberState, UserId};
use std::time::Duration;

impl ChannelMembership for RedisBackend {
    fn join(&self, joining: Joining) -> Reply<JoinOutcome> {
        self.core.join(joining)
    }

    fn set_state(&self, channel: Address, member: Member, state: Option<MemberState>) -> Reply<bool> {
        self.core.set_state(channel, member, state)
    }

    fn depart(&self, channel: Address, member: Member, live: Vec<Incarnation>, grace: Duration) -> Reply<()> {
        self.core.depart(channel, member, live, grace)
    }

    fn tell_joined(&self, channel: Address, user: UserId) -> Reply<()> {
        self.core.tell_joined(&channel, &user)
    }

    fn tell_left(&self, live: Vec<Incarnation>, limit: usize) -> Reply<usize> {
        self.core.tell_left(live, limit)
    }

    fn roster(&self, channel: Address, users_max: usize) -> Reply<Roster> {
        self.core.roster(&channel, users_max)
    }

    fn members(&self, channel: Address) -> Reply<Members> {
        self.core.members(&channel)
    }
}
