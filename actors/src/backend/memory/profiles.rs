//! Profiles of users, which lists of a channel's members include.

use super::super::*;
use super::node::{ready, MemoryBackend};
use super::MemoryBroker;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::{Address, Incarnation, Profile, UserId};
use std::time::Duration;
use tokio::time::Instant;

impl MemoryBroker {
    pub(super) fn profile_of(&self, user: &UserId) -> Profile {
        self.profiles.find(Instant::now(), user).cloned().unwrap_or_default()
    }

    /// Extends the life of a profile that is in use.
    pub(super) fn use_profile(&mut self, user: &UserId, keep: Duration) {
        let now = Instant::now();
        if self.profiles.holds(now, user) {
            self.profiles.entry(now, user.clone(), keep, Profile::default);
        }
    }

    /// Announces the profile of a user to the subscribers of a channel.
    pub(super) fn tell_profile(&mut self, own: Incarnation, channel: &Address, user: &UserId, profile: &Profile) {
        let (name, text) = (channel.to_string(), profile.to_text());
        let message = ClusterMessage::Profile { channel: &name, user: user.as_str(), profile: text.as_bytes() };
        self.say(own, channel, || message.encode().into());
    }
}

impl Profiles for MemoryBackend {
    fn set_profile(&self, user: UserId, profile: Profile, keep: Duration) -> Reply<()> {
        let (broker, now) = (&mut *self.cluster.broker(), Instant::now());
        if broker.profile_of(&user) != profile {
            for channel in broker.directory.homes(&user) {
                broker.tell_profile(self.incarnation(), &channel, &user, &profile);
            }
            broker.watched.stir(&user);
        }
        match profile.is_empty() {
            true => drop(broker.profiles.take(now, &user)),
            false => *broker.profiles.entry(now, user, keep, Profile::default) = profile,
        }
        ready(())
    }

    fn profiles(&self, users: Vec<UserId>) -> Reply<Vec<Profile>> {
        let broker = self.cluster.broker();
        ready(users.iter().map(|user| broker.profile_of(user)).collect())
    }
}
