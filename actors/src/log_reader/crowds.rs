//! Pages of a channel's members. A broker has to read a whole channel for a page, so the list of a channel with many
//! users is cached for a second: however many clients ask, it is read once a second.

use crate::backend::{BackendError, Member, Members, Shown};
use crate::core::Core;
use crate::words::log_reader::Page;
use crate::words::outcome::{Found, Occupant};
use hubwire_protocol::{Address, MemberState, SessionId, UserId};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A channel with more users than this is a crowd.
const FEW: usize = 1000;
/// How long a cached list is valid.
const FRESH: Duration = Duration::from_secs(1);
/// Most cached crowds; beyond it one is dropped and read again by the next question.
const CROWDS_MAX: usize = 64;

/// Users with the number of their sessions, their states and profiles, in order.
type Occupants = Rc<Vec<Occupant>>;

/// Cached lists of crowds; see the module.
#[derive(Default)]
pub(super) struct Crowds(RefCell<BTreeMap<Address, Rc<Mutex<CachedCrowd>>>>);

/// A list as it was read.
struct CachedCrowd {
    users: Occupants,
    until: Instant,
}

impl Crowds {
    /// Answers with the members of a channel, or only their number.
    pub(super) async fn page(&self, core: &Core, channel: Address, page: Page) -> Result<Found, BackendError> {
        if page.count_only {
            let count = core.backend.roster(channel, 0).await?.count;
            return Ok(Found::Members { users: Vec::new(), count, more: false });
        }
        let users = self.users(core, channel).await?;
        let first = page.after.map_or(0, |after| users.partition_point(|it| it.user <= after));
        let last = users.len().min(first.saturating_add(page.limit));
        Ok(Found::Members { users: users[first..last].to_vec(), count: users.len(), more: last < users.len() })
    }

    async fn users(&self, core: &Core, channel: Address) -> Result<Occupants, BackendError> {
        let known = self.0.borrow().get(&channel).cloned();
        let Some(crowd) = known else {
            let users = read(core, channel.clone()).await?;
            self.keep(channel, &users);
            return Ok(users);
        };
        let mut list = crowd.lock().await;
        if list.until <= Instant::now() {
            let users = read(core, channel.clone()).await?;
            self.keep(channel, &users);
            *list = CachedCrowd { until: Instant::now() + FRESH, users };
        }
        Ok(list.users.clone())
    }

    /// Remembers which channels are crowds.
    fn keep(&self, channel: Address, users: &Occupants) {
        let mut crowds = self.0.borrow_mut();
        if users.len() <= FEW {
            crowds.remove(&channel);
            return;
        }
        if crowds.len() >= CROWDS_MAX && !crowds.contains_key(&channel) {
            crowds.pop_first();
        }
        let list = || CachedCrowd { users: users.clone(), until: Instant::now() + FRESH };
        crowds.entry(channel).or_insert_with(|| Rc::new(Mutex::new(list())));
    }
}

async fn read(core: &Core, channel: Address) -> Result<Occupants, BackendError> {
    let members = core.backend.members(channel).await?;
    core.get_to_know(members.sessions.iter().map(|it| it.session.incarnation()).collect()).await;
    Ok(Rc::new(count_members(members, |member| core.is_live(member.session.incarnation()))))
}

/// The users in a channel with the number of their sessions: 0 for users whose `left` is delayed and was not announced.
fn count_members(members: Members, live: impl Fn(&Member) -> bool) -> Vec<Occupant> {
    let mut users: BTreeMap<UserId, Vec<SessionId>> =
        members.leaving.into_iter().map(|user| (user, Vec::new())).collect();
    for member in members.sessions.into_iter().filter(live) {
        users.entry(member.user).or_default().push(member.session);
    }
    let mut shown: BTreeMap<UserId, Shown> = members.shown.into_iter().collect();
    let mut states: BTreeMap<SessionId, MemberState> = members.states.into_iter().collect();
    let occupant = |(user, ids): (UserId, Vec<SessionId>)| Occupant {
        shown: shown.remove(&user).unwrap_or_default(),
        sessions: ids.len(),
        states: ids.iter().filter_map(|id| states.remove_entry(id)).collect(),
        ids,
        ..Occupant::there(user, 0)
    };
    users.into_iter().map(occupant).collect()
}
