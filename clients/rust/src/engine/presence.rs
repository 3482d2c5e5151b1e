//! Who is in a channel.

use hubwire_protocol::UserId;
use std::collections::BTreeMap;

/// User to number of sessions; 0: the last one ended a moment ago and may be back.
pub type Members = BTreeMap<UserId, usize>;

/// What differs from before.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Who came.
    pub joined: Vec<UserId>,
    /// Who went.
    pub left: Vec<UserId>,
    /// Whose number of sessions changed.
    pub changed: Vec<UserId>,
}

impl Difference {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.left.is_empty() && self.changed.is_empty()
    }
}

/// The members as they are known, oneself included. While there is no connection they stay as they were and are stale;
/// then they are compared with a fresh list, and what changed is one difference.
#[derive(Debug)]
pub struct Presence {
    members: Members,
    is_stale: bool,
    /// What was pushed while a list is on its way: it is newer.
    pushed: Option<Vec<(bool, Vec<UserId>)>>,
    /// Pages of the list that came already.
    pages: Members,
}

impl Presence {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Presence { members: Members::new(), is_stale: true, pushed: None, pages: Members::new() }
    }

    /// As they are known.
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// Whether there is no connection, or no list yet.
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// Whether a member may be back without a word.
    pub fn is_somebody_away(&self) -> bool {
        self.members.values().any(|sessions| *sessions == 0)
    }

    /// A list was asked for.
    pub fn expect(&mut self) {
        self.pushed = Some(Vec::new());
        self.pages.clear();
    }

    /// A page of the list that is not the last one.
    pub fn page(&mut self, page: Members) {
        self.pages.extend(page);
    }

    /// The last page of the list. `None` where nothing differs and nothing was stale.
    pub fn list(&mut self, page: Members) -> Option<Difference> {
        let mut fresh = std::mem::take(&mut self.pages);
        fresh.extend(page);
        for (is_there, users) in self.pushed.take().unwrap_or_default() {
            apply(&mut fresh, is_there, &users);
        }
        let was_stale = std::mem::replace(&mut self.is_stale, false);
        let difference = self.replace(fresh);
        (was_stale || !difference.is_empty()).then_some(difference)
    }

    /// Others joined or left.
    pub fn push(&mut self, is_there: bool, users: Vec<UserId>) -> Option<Difference> {
        let mut members = self.members.clone();
        apply(&mut members, is_there, &users);
        if let Some(pushed) = &mut self.pushed {
            pushed.push((is_there, users));
        }
        if self.is_stale {
            return None;
        }
        let difference = self.replace(members);
        (!difference.is_empty()).then_some(difference)
    }

    /// The connection ended. Whether that is news.
    pub fn lost(&mut self) -> bool {
        self.pushed = None;
        !std::mem::replace(&mut self.is_stale, true)
    }

    fn replace(&mut self, members: Members) -> Difference {
        let old = std::mem::replace(&mut self.members, members);
        let missing = |of: &Members, from: &Members| -> Vec<UserId> {
            of.keys().filter(|user| !from.contains_key(*user)).cloned().collect()
        };
        let changed = |(user, sessions): (&UserId, &usize)| {
            old.get(user).is_some_and(|before| before != sessions).then(|| user.clone())
        };
        Difference {
            joined: missing(&self.members, &old),
            left: missing(&old, &self.members),
            changed: self.members.iter().filter_map(changed).collect(),
        }
    }
}

fn apply(members: &mut Members, is_there: bool, users: &[UserId]) {
    for user in users {
        match is_there {
            true => {
                let sessions = members.entry(user.clone()).or_insert(1);
                *sessions = (*sessions).max(1);
            }
            false => drop(members.remove(user)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users<const N: usize>(names: [&str; N]) -> Vec<UserId> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn members<const N: usize>(names: [&str; N]) -> Members {
        users(names).into_iter().map(|user| (user, 1)).collect()
    }

    #[test]
    fn what_is_pushed_while_the_list_is_on_its_way_is_newer() {
        let mut presence = Presence::new();
        presence.expect();
        assert_eq!(presence.push(true, users(["eve"])), None);
        assert_eq!(presence.push(false, users(["bob"])), None);
        presence.page(members(["ada"]));
        let difference = presence.list(members(["bob"])).unwrap();
        assert_eq!(difference.joined, users(["ada", "eve"]));
        assert!(!presence.is_stale());
    }

    #[test]
    fn after_a_cut_only_what_changed_differs() {
        let mut presence = Presence::new();
        presence.expect();
        presence.list(members(["ada", "bob", "eve"]));
        assert!(presence.lost() && !presence.lost());
        assert_eq!(presence.members().len(), 3);
        presence.expect();
        let difference = presence.list(members(["ada", "bob"])).unwrap();
        assert_eq!(difference, Difference { left: users(["eve"]), ..Difference::default() });
        assert_eq!(presence.push(true, users(["ada"])), None, "she was there");
    }
}
