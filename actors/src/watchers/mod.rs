//! Watched users: tells sessions when the users they watch come online, go offline or change their profiles. One
//! actor per node.
//!
//! The broker only reports that something of a watched user changed; the directory is read for the result, for all
//! users of a tick together. A periodic sweep over all watched users finds lost reports. A user counts as offline
//! when the grace is over and it is not back. The node gets no reports about users that nobody here watches.

mod telling;

use crate::apart::{self, TaskDone};
use crate::backend::{BackendError, WATCH_TTL};
use crate::context::Context;
use crate::core::Core;
use crate::environment::Map;
use crate::handlers::handlers;
use crate::mail;
use crate::online::online;
use crate::retry;
use crate::words::answer::Pending;
use crate::words::member::MemberRef;
use crate::words::outcome::{Found, Occupant, Refusal};
use crate::words::watchers::*;
use actix::prelude::*;
use hubwire_protocol::{Profile, SessionId, UserId};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// Interval of the sweep, which also renews the watches at the broker.
const SWEEP: Duration = WATCH_TTL.checked_div(3).expect("not divided by zero");

/// The watchers of a node; see the module.
pub struct Watchers {
    core: Rc<Core>,
    users: Map<UserId, WatchedUser>,
    /// Users to look up with the next tick.
    stirred: BTreeSet<UserId>,
    /// Whether a tick is scheduled.
    due: bool,
}

/// A user that sessions here watch.
struct WatchedUser {
    by: Vec<MemberRef>,
    /// The state that was announced last; `None` before the first look-up.
    told: Option<KnownState>,
    /// The user is offline, which is announced at this time unless it comes back.
    leaves_at: Option<Instant>,
}

/// The state of a user as known to the sessions that watch it.
#[derive(PartialEq)]
struct KnownState {
    online: bool,
    profile: Profile,
}

impl KnownState {
    fn of(occupant: &Occupant) -> Self {
        KnownState { online: occupant.sessions > 0, profile: occupant.shown.profile.clone() }
    }
}

impl Watchers {
    /// No watched users.
    pub fn new(core: Rc<Core>) -> Self {
        Watchers { users: core.environment.map(), core, stirred: BTreeSet::new(), due: false }
    }

    fn watch(&mut self, message: Watch, ctx: &mut Context<Self>) {
        let Watch { member, users, strangers, pending } = message;
        for user in &users {
            let new = || WatchedUser { by: Vec::new(), told: None, leaves_at: None };
            let watched = self.users.entry(user.clone()).or_insert_with(new);
            if !watched.by.iter().any(|other| other.session == member.session) {
                watched.by.push(member.clone());
            }
        }
        let (core, asked) = (self.core.clone(), users.clone());
        let found = async move {
            core.demand_reach(strangers).await?;
            core.backend.watch(asked.clone()).await?;
            online(&core, &asked).await
        };
        apart::wait(ctx.shared_address(), found, move |found, watchers: &mut Watchers, ctx| {
            watchers.watched(member.session, users, found, pending, ctx);
        });
    }

    /// Earlier watchers get the changes; the session that asked gets the whole state.
    fn watched(
        &mut self,
        session: SessionId,
        users: Vec<UserId>,
        found: Result<Vec<Occupant>, BackendError>,
        pending: Pending,
        ctx: &mut Context<Self>,
    ) {
        match found {
            Ok(found) => {
                for occupant in &found {
                    if let Some(watched) = self.users.get_mut(&occupant.user) {
                        watched.told.get_or_insert_with(|| KnownState::of(occupant));
                    }
                }
                self.judge(found.clone(), Some(session), ctx);
                pending.found(None, Ok(Found::Users(found)));
            }
            Err(error) => {
                self.let_go(session, users);
                pending.found(None, Err(Refusal::from(error)));
            }
        }
    }

    fn unwatch(&mut self, message: Unwatch, _: &mut Context<Self>) {
        self.let_go(message.session, message.users);
    }

    fn let_go(&mut self, session: SessionId, users: Vec<UserId>) {
        let mut unwatched = Vec::new();
        for user in users {
            let Some(watched) = self.users.get_mut(&user) else { continue };
            watched.by.retain(|member| member.session != session);
            if watched.by.is_empty() {
                self.users.remove(&user);
                self.stirred.remove(&user);
                unwatched.push(user);
            }
        }
        if unwatched.is_empty() {
            return;
        }
        let ended = self.core.backend.unwatch(unwatched);
        actix::spawn(async move {
            if let Err(error) = ended.await {
                log::debug!("cannot stop watching users error={error}"); // later reports concern nobody here
            }
        });
    }

    fn stirred(&mut self, message: Stirred, ctx: &mut Context<Self>) {
        if self.users.contains_key(&message.user) {
            self.stirred.insert(message.user);
            self.look_soon(self.core.settings.presence_delay, ctx);
        }
    }

    fn look_again(&mut self, _: LookAgain, ctx: &mut Context<Self>) {
        self.stirred.extend(self.users.keys().cloned());
        self.look_soon(retry::LATER, ctx);
    }

    fn look_soon(&mut self, delay: Duration, ctx: &mut Context<Self>) {
        if !self.stirred.is_empty() && !std::mem::replace(&mut self.due, true) {
            ctx.run_later(delay, |watchers, ctx| {
                watchers.due = false;
                let users: Vec<UserId> = std::mem::take(&mut watchers.stirred).into_iter().collect();
                watchers.look(users, false, ctx);
            });
        }
    }

    /// Looks up users in the directory; with `renews`, first renews their watches.
    fn look(&mut self, users: Vec<UserId>, renews: bool, ctx: &mut Context<Self>) {
        if users.is_empty() {
            return;
        }
        let (core, asked) = (self.core.clone(), users.clone());
        let found = async move {
            if renews {
                core.backend.watch(asked.clone()).await?;
            }
            online(&core, &asked).await
        };
        apart::wait(ctx.shared_address(), found, move |found, watchers: &mut Watchers, ctx| match found {
            Ok(found) => watchers.judge(found, None, ctx),
            Err(error) => {
                log::debug!("cannot look at watched users yet error={error}");
                watchers.stirred.extend(users);
                watchers.look_soon(retry::LATER, ctx);
            }
        });
    }

    fn sweep(&mut self, ctx: &mut Context<Self>) {
        let users: Vec<UserId> = self.users.keys().cloned().collect();
        self.look(users, true, ctx);
    }
}

impl Actor for Watchers {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(mail::CORE_MAILBOX);
        ctx.run_interval(SWEEP, Watchers::sweep);
    }
}

impl Handler<TaskDone<Watchers>> for Watchers {
    type Result = ();
    fn handle(&mut self, message: TaskDone<Watchers>, ctx: &mut Self::Context) {
        message.run(self, ctx);
    }
}

handlers! {
    Watchers;
    Watch => watch;
    Unwatch => unwatch;
    Stirred => stirred;
    LookAgain => look_again;
}
