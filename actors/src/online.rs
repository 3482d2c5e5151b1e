//! Which users are online, by the directory, and their profiles: for clients that ask and for watches.

use crate::backend::{BackendError, DirectoryEntry};
use crate::core::Core;
use crate::words::outcome::Occupant;
use futures_util::future::try_join_all;
use hubwire_protocol::UserId;

/// Users that are looked up in parallel.
const STEP: usize = 32;

/// Adds to offline users when their last session ended.
async fn note_last_seen(core: &Core, found: &mut [Occupant]) -> Result<(), BackendError> {
    let mut away: Vec<&mut Occupant> = found.iter_mut().filter(|occupant| occupant.sessions == 0).collect();
    if away.is_empty() {
        return Ok(());
    }
    let seen = core.backend.last_seen(away.iter().map(|occupant| occupant.user.clone()).collect()).await?;
    for (occupant, seen) in away.iter_mut().zip(seen) {
        occupant.last_seen = seen;
    }
    Ok(())
}

/// Says what each of them is called and looks like.
async fn note_profiles(core: &Core, found: &mut [Occupant]) -> Result<(), BackendError> {
    let profiles = core.backend.profiles(found.iter().map(|occupant| occupant.user.clone()).collect()).await?;
    for (occupant, profile) in found.iter_mut().zip(profiles) {
        occupant.shown.profile = profile;
    }
    Ok(())
}

/// Each of these users with the number of its sessions on live nodes and its profile, in the same order.
pub(crate) async fn online(core: &Core, users: &[UserId]) -> Result<Vec<Occupant>, BackendError> {
    let mut found = Vec::with_capacity(users.len());
    for step in users.chunks(STEP) {
        let entries = try_join_all(step.iter().map(|user| core.backend.sessions(user.clone()))).await?;
        core.get_to_know(entries.iter().flatten().map(|it| it.session.incarnation()).collect()).await;
        let live = |entry: &&DirectoryEntry| core.is_live(entry.session.incarnation());
        let count = |entries: Vec<DirectoryEntry>| entries.iter().filter(live).count();
        let occupant = |(user, entries): (&UserId, _)| Occupant::online(user.clone(), count(entries));
        found.extend(step.iter().zip(entries).map(occupant));
    }
    if core.settings.last_seen {
        note_last_seen(core, &mut found).await?;
    }
    if core.settings.profile_ttl.is_some() {
        note_profiles(core, &mut found).await?;
    }
    Ok(found)
}
