//! Pages of a user's people.

use crate::backend::{Backend, BackendError};
use crate::words::outcome::{Acquaintance, Found};
use hubwire_protocol::people::{ContactState, PeopleQuery};
use hubwire_protocol::{Profile, UserId};

/// Profiles that are looked up in parallel.
const PROFILES_AT_ONCE: usize = 100;

/// The requested part of a user's people, in the order of their ids.
pub(super) async fn page(backend: &dyn Backend, user: UserId, query: PeopleQuery) -> Result<Found, BackendError> {
    let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
    let people = backend.people(user).await?.into_iter().map(|(user, relation)| (user, relation.state()));
    let mut people: Vec<(UserId, ContactState)> = people.filter(|(user, state)| fits(&query, user, *state)).collect();
    people.sort_unstable();
    match &query.name {
        Some(name) => named(backend, people, name, limit).await,
        None => {
            let more = people.len() > limit;
            people.truncate(limit);
            let known = |(user, state)| Acquaintance { user, state, profile: Profile::default() };
            Ok(Found::People { people: people.into_iter().map(known).collect(), more })
        }
    }
}

/// Only contacts may find a user by the name in its profile.
fn fits(query: &PeopleQuery, user: &UserId, state: ContactState) -> bool {
    query.after.as_ref().is_none_or(|after| user > after)
        && query.prefix.as_deref().is_none_or(|prefix| user.as_str().starts_with(prefix))
        && query.state.is_none_or(|wanted| state == wanted)
        && (query.name.is_none() || state == ContactState::Contact)
}

async fn named(
    backend: &dyn Backend,
    people: Vec<(UserId, ContactState)>,
    name: &str,
    limit: usize,
) -> Result<Found, BackendError> {
    let mut found = Vec::new();
    for some in people.chunks(PROFILES_AT_ONCE) {
        let profiles = backend.profiles(some.iter().map(|(user, _)| user.clone()).collect()).await?;
        for ((user, state), profile) in some.iter().zip(profiles) {
            if is_called(&profile, name) {
                found.push(Acquaintance { user: user.clone(), state: *state, profile });
            }
        }
        if found.len() > limit {
            break;
        }
    }
    let more = found.len() > limit;
    found.truncate(limit);
    Ok(Found::People { people: found, more })
}

/// Whether a word of the name has this prefix.
fn is_called(profile: &Profile, name: &str) -> bool {
    let (called, name) = (profile.name().unwrap_or_default().to_lowercase(), name.to_lowercase());
    let mut starts = called.char_indices().filter(|(at, _)| !called[..*at].ends_with(char::is_alphanumeric));
    !name.is_empty() && starts.any(|(at, _)| called[at..].starts_with(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_the_beginning_of_any_of_its_words() {
        let profile = Profile::new(Some("Ada-Maria Löwe"), None).unwrap();
        for (name, found) in [
            ("ada", true),
            ("MARIA L", true),
            ("lö", true),
            ("owe", false),
            ("da", false),
            ("", false),
            ("Ada M", false),
        ] {
            assert_eq!(is_called(&profile, name), found, "{name}");
        }
        assert!(!is_called(&Profile::default(), "a"));
    }
}
