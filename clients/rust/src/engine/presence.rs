//! The members of a channel.

use hubwire_protocol::UserId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A user's state in a channel, for example a cursor or what it edits.
pub type MemberState = Map<String, Value>;

/// A user in a channel.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Member {
    /// Number of its sessions there; 0: the last one ended a moment ago and may come back.
    #[serde(default = "one")]
    pub sessions: usize,
    /// Its state in the channel.
    #[serde(default)]
    pub state: Option<MemberState>,
    /// Its profile, the same everywhere.
    #[serde(default)]
    pub profile: Option<Profile>,
}

/// The name and appearance of a user, the same in all sessions and channels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// A display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Further data of the application about the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<MemberState>,
}

impl Member {
    fn named() -> Self {
        Member { sessions: 1, state: None, profile: None }
    }
}

fn one() -> usize {
    1
}

/// Users and what is known of them.
pub type Members = BTreeMap<UserId, Member>;

type Push = Box<dyn Fn(&mut Members) + Send>;

/// The differences between two lists.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Users who joined.
    pub joined: Vec<UserId>,
    /// Users who left.
    pub left: Vec<UserId>,
    /// Users with a changed number of sessions, state or profile.
    pub changed: Vec<UserId>,
}

impl Difference {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.left.is_empty() && self.changed.is_empty()
    }
}

/// The known members, including this user. Without a connection they are kept but stale; then they are compared with a
/// new list, and the changes are reported at once.
pub struct Presence {
    members: Members,
    is_stale: bool,
    /// Changes received while a list is on its way: they are newer than it.
    pushed: Option<Vec<Push>>,
    /// Pages of the list received so far.
    pages: Members,
}

impl Presence {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Presence { members: Members::new(), is_stale: true, pushed: None, pages: Members::new() }
    }

    /// The known members.
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// Whether they may be outdated: there is no connection, or no list yet.
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// Whether a member without sessions may have come back unannounced.
    pub fn is_somebody_away(&self) -> bool {
        self.members.values().any(|member| member.sessions == 0)
    }

    /// A list was requested.
    pub fn expect(&mut self) {
        self.pushed = Some(Vec::new());
        self.pages.clear();
    }

    /// Adds a page of the list that is not the last one.
    pub fn page(&mut self, page: Members) {
        self.pages.extend(page);
    }

    /// Adds the last page of the list. `None` if nothing changed and nothing was stale.
    pub fn list(&mut self, page: Members) -> Option<Difference> {
        let mut fresh = std::mem::take(&mut self.pages);
        fresh.extend(page);
        for push in self.pushed.take().unwrap_or_default() {
            push(&mut fresh);
        }
        let was_stale = std::mem::replace(&mut self.is_stale, false);
        let difference = self.replace(fresh);
        (was_stale || !difference.is_empty()).then_some(difference)
    }

    /// Others joined or left.
    pub fn push(&mut self, is_there: bool, users: Vec<UserId>) -> Option<Difference> {
        self.apply(Box::new(move |members| users.iter().for_each(|user| come_or_go(members, is_there, user))))
    }

    /// Members changed; each is reported with all its values.
    pub fn show(&mut self, told: Members) -> Option<Difference> {
        self.apply(Box::new(move |members| {
            for (user, member) in &told {
                let known = members.entry(user.clone()).or_insert_with(|| member.clone());
                known.state.clone_from(&member.state);
                known.profile.clone_from(&member.profile);
            }
        }))
    }

    fn apply(&mut self, push: Push) -> Option<Difference> {
        let mut members = self.members.clone();
        push(&mut members);
        if let Some(pushed) = &mut self.pushed {
            pushed.push(push);
        }
        if self.is_stale {
            return None;
        }
        let difference = self.replace(members);
        (!difference.is_empty()).then_some(difference)
    }

    /// The connection ended. Returns whether the members became stale by that.
    pub fn lost(&mut self) -> bool {
        self.pushed = None;
        !std::mem::replace(&mut self.is_stale, true)
    }

    fn replace(&mut self, members: Members) -> Difference {
        let old = std::mem::replace(&mut self.members, members);
        let missing = |of: &Members, from: &Members| -> Vec<UserId> {
            of.keys().filter(|user| !from.contains_key(*user)).cloned().collect()
        };
        let changed = |(user, member): (&UserId, &Member)| {
            old.get(user).is_some_and(|before| before != member).then(|| user.clone())
        };
        Difference {
            joined: missing(&self.members, &old),
            left: missing(&old, &self.members),
            changed: self.members.iter().filter_map(changed).collect(),
        }
    }
}

fn come_or_go(members: &mut Members, is_there: bool, user: &UserId) {
    match is_there {
        true => {
            let member = members.entry(user.clone()).or_insert_with(Member::named);
            member.sessions = member.sessions.max(1);
        }
        false => drop(members.remove(user)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users<const N: usize>(names: [&str; N]) -> Vec<UserId> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn members<const N: usize>(names: [&str; N]) -> Members {
        users(names).into_iter().map(|user| (user, Member::named())).collect()
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

    #[test]
    fn what_a_member_shows_is_told_whole_and_only_when_it_changed() {
        let mut presence = Presence::new();
        presence.expect();
        presence.list(members(["ada", "bob"]));
        let shown = |text: &str| -> Members {
            let state: Option<MemberState> = serde_json::from_str(text).unwrap();
            users(["ada"]).into_iter().map(|user| (user, Member { state: state.clone(), ..Member::named() })).collect()
        };
        let changed = Difference { changed: users(["ada"]), ..Difference::default() };
        assert_eq!(presence.show(shown(r#"{"line":1}"#)).as_ref(), Some(&changed));
        assert_eq!(presence.show(shown(r#"{"line":1}"#)), None);
        assert_eq!(presence.push(true, users(["ada"])), None, "what she shows stays");
        assert_eq!(presence.show(shown("null")).as_ref(), Some(&changed));
        assert!(presence.members()["ada"].state.is_none());
    }
}
