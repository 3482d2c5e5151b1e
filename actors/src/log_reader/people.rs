//! Pages of a user's people.

use crate::words::outcome::Found;
use crate::words::relation::Relation;
use hubwire_protocol::people::{ContactState, PeopleQuery};
use hubwire_protocol::UserId;

/// Those of a user's people that are asked for, in the order of their ids.
pub(super) fn page(people: Vec<(UserId, Relation)>, query: &PeopleQuery) -> Found {
    let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
    let fits = |(user, state): &(UserId, ContactState)| {
        query.after.as_ref().is_none_or(|after| user > after)
            && query.prefix.as_deref().is_none_or(|prefix| user.as_str().starts_with(prefix))
            && query.state.is_none_or(|wanted| *state == wanted)
    };
    let mut people: Vec<_> = people.into_iter().map(|(user, relation)| (user, relation.state())).filter(fits).collect();
    people.sort_unstable();
    let more = people.len() > limit;
    people.truncate(limit);
    Found::People { people, more }
}
