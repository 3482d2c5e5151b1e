//! Profiles of users. A profile is stored with its user, which decides, and as a copy with each channel that the user
//! is in, because in a cluster those are on other servers, and a list of members must not need a look-up for each.
//!
//! Copies have versions, so an older one never replaces a newer one. A change finds every copy: it is stored before the
//! channels of the user's sessions are looked up in the indexes of their nodes, while a join is in the index before it
//! reads the profile. One of the two sees the other.

use super::super::*;
use super::command::{ms, Command};
use super::reply;
use super::route::{EntryRoute, Indexed};
use super::{RedisBackend, RedisCore};
use ::redis::Value;
use hubwire_protocol::{Address, Profile, SessionId, UserId};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

impl Profiles for RedisBackend {
    fn set_profile(&self, user: UserId, profile: Profile, keep: Duration) -> Reply<()> {
        if self.core.watermark.is_above() {
            return Box::pin(std::future::ready(Err(BackendError::Full)));
        }
        self.core.spawn(move |core| async move {
            let [watched, channel] = core.keys.of_watch(&user);
            let names = [core.keys.profile(&user), core.keys.sessions(&user), watched, channel];
            let set = core.wires.scripts.set_profile.call(&names).arg(profile.to_text()).arg(ms(keep));
            let set = set.arg(user.as_str()).arg(core.publish_command());
            let [value, sessions] = reply::array("profile", core.query(set).await?)?;
            let (value, sessions) = (reply::value::<Vec<u8>>("profile", value)?, reply::session_list(sessions)?);
            let channels = core.channels_of(&user, &sessions).await?;
            let shows: Vec<Command> =
                channels.iter().map(|channel| core.show_profile(channel, &user, &value)).collect();
            let answers = core.scatter(&shows.iter().collect::<Vec<_>>()).await;
            for answer in answers.inspect_err(|error| core.doubt(error))? {
                core.heed(Ok::<_, BackendError>(answer))?;
            }
            Ok(())
        })
    }

    fn profiles(&self, users: Vec<UserId>) -> Reply<Vec<Profile>> {
        self.core.spawn(move |core| async move {
            let gets: Vec<Command> = users.iter().map(|user| Command::on("GET", &core.keys.profile(user))).collect();
            let answers = core.scatter(&gets.iter().collect::<Vec<_>>()).await?;
            answers.into_iter().map(|answer| Ok(read(answer)?.1)).collect()
        })
    }
}

impl RedisCore {
    /// Copies the profile of a user to a channel that it joined.
    pub(super) async fn bring_profile(
        self: &Rc<Self>,
        channel: &Address,
        user: &UserId,
        keep: Duration,
    ) -> Result<(), BackendError> {
        let get = Command::on("GETEX", &self.keys.profile(user)).arg("PX").arg(ms(keep));
        let (value, profile) = read(self.query(get).await?)?;
        if !profile.is_empty() {
            self.heed(self.query(self.show_profile(channel, user, &value)).await)?;
        }
        Ok(())
    }

    fn show_profile(&self, channel: &Address, user: &UserId, value: &[u8]) -> Command {
        let call = self.wires.scripts.show_profile.call(&self.keys.of_members(channel));
        self.told_at(call.arg(user.as_str()).arg(value), channel)
    }

    /// The channels that sessions of a user are in.
    async fn channels_of(
        self: &Rc<Self>,
        user: &UserId,
        sessions: &[SessionId],
    ) -> Result<BTreeSet<Address>, BackendError> {
        let field = |session: &SessionId| EntryRoute::Session { user: user.clone(), session: *session }.indexed().field;
        let get =
            |session: &SessionId| Command::on("HGET", &self.keys.index(session.incarnation())).arg(field(session));
        let gets: Vec<Command> = sessions.iter().map(get).collect();
        let answers = self.scatter(&gets.iter().collect::<Vec<_>>()).await?;
        let mut channels = BTreeSet::new();
        for (session, answer) in sessions.iter().zip(answers) {
            let places: Option<Vec<u8>> = reply::value("index", answer)?;
            let routes = Indexed::all(field(session), &places.unwrap_or_default());
            channels.extend(routes.filter_map(|it| Some(it.route(session.incarnation())?.membership()?.0.clone())));
        }
        Ok(channels)
    }
}

/// Splits a stored value, and parses the profile in it.
fn read(answer: Value) -> Result<(Vec<u8>, Profile), BackendError> {
    let value: Option<Vec<u8>> = reply::value("profile", answer)?;
    let value = value.unwrap_or_default();
    let profile = profile(&value);
    Ok((value, profile))
}

/// The profile in `<version> <profile>`.
pub(super) fn profile(value: &[u8]) -> Profile {
    let text = value.iter().position(|byte| *byte == b' ').map_or(&[][..], |space| &value[space + 1..]);
    Profile::from_text(text)
}
