//! Where a session stands with each of its channels: one state machine per channel.
//!
//! ```text
//!        join              joined            leave             left
//!  out ───────▶ joining ───────────▶ in ───────────▶ leaving ───────▶ out
//!                  │  ▲               │
//!           failed │  └───────────────┘ join (starts over at another position)
//!                  ▼
//!                 out
//! ```
//!
//! One request to a channel is under way at a time, so its order is the order of the client's wishes, however slow the
//! broker is and whatever it loses. What the client wishes meanwhile stands in line behind it, publications to the
//! channel included, and each wish has its turn: none is merged with another or dropped, so each is answered once.
//!
//! An action holds its permit among those in flight until it is answered, which bounds the lines.

use crate::words::beginning::Beginning;
use crate::words::bridge::{PublishEphemeral, PublishTopic};
use crate::words::delivery::Start;
use crate::words::member::Permit;
use hubwire_protocol::{Address, MemberState};
use std::collections::VecDeque;
use std::sync::Arc;

/// The channels of a session, a handful.
#[derive(Default)]
pub(super) struct Memberships(Vec<Membership>);

/// A session and one channel it is in, or on its way in or out.
struct Membership {
    channel: Address,
    stage: Stage,
    /// What waits for the answer of the request that is under way.
    line: VecDeque<Wish>,
}

/// How far a membership has come.
enum Stage {
    Out,
    /// The channel was asked to take the session in, or to let it start over.
    Joining {
        _permit: Permit,
    },
    In,
    /// The channel was asked to let the session go.
    Leaving {
        _permit: Option<Permit>,
    },
}

/// What a session wants of a channel.
pub(super) enum Wish {
    /// To be in it.
    Join {
        /// Comes back with the answer.
        permit: Permit,
        /// How it begins.
        join: JoinRequest,
    },
    /// To be out of it.
    Leave {
        /// Comes back with the answer; none for a leave that comes with a view, whose join has one.
        permit: Option<Permit>,
        /// The origin of the wish, which decides what the client is sent.
        by: LeftBy,
    },
    /// To publish there.
    Publish(Held),
    /// To show something else of itself there.
    Show(Shown),
}

/// What a session shows of itself in a channel from now on.
pub(super) struct Shown {
    /// Comes back with the answer.
    pub permit: Permit,
    /// The action's id.
    pub re: Option<Box<str>>,
    /// That.
    pub state: Option<MemberState>,
}

/// A publication that may have to wait for its turn behind a join.
pub(super) enum Held {
    /// To be stored.
    Append(PublishTopic),
    /// In no log.
    Ephemeral(PublishEphemeral),
}

/// How a session begins in a channel.
pub(super) struct JoinRequest {
    /// Go on from there; absent: from now, without a read of the log.
    pub resume: Option<Start>,
    /// Whether it wants to know who joins and leaves.
    pub presence: bool,
    /// What it shows of itself, if it says so.
    pub state: Option<Option<MemberState>>,
    /// What of the channel's past is to come with the answer; few joins want any.
    pub past: Option<Box<Past>>,
    /// The action's id.
    pub re: Option<Box<str>>,
    /// Whether it is answered with `resumed` instead of `joined`.
    pub as_resume: bool,
    /// Whether the client wants it; otherwise the server put it there, and nobody is asked.
    pub by_client: bool,
}

/// What of a channel's past comes with the answer to a join.
pub(super) enum Past {
    /// Wanted, and not known yet.
    Wanted {
        /// So many of the newest publications.
        recent: usize,
        /// The snapshot.
        snapshot: bool,
    },
    /// Known.
    Known(Arc<Beginning>),
}

/// Why a session leaves a channel.
pub(super) enum LeftBy {
    /// The client leaves.
    Leave {
        /// The action's id.
        re: Option<Box<str>>,
    },
    /// A view of another channel, whose answer is that of the join.
    View,
    /// The session's credentials do not allow it any more.
    Lost,
    /// The server took it out.
    Kicked,
    /// The token that let it in has ended.
    Expired,
    /// A view of nothing.
    Unview {
        /// The action's id.
        re: Option<Box<str>>,
    },
}

/// What is to be done next.
#[allow(clippy::large_enum_variant)] // a step is taken at once and never stored
pub(super) enum Step {
    /// Ask the channel to take the session in.
    Join(JoinRequest),
    /// Ask the channel to let the session go.
    Leave(LeftBy),
    /// Tell the client that there is nothing to leave.
    NotIn(LeftBy),
    /// Publish.
    Publish(Held),
    /// Tell the channel what the session shows.
    Show(Shown),
    /// Tell the client that it is not in the channel, so that it shows nothing there.
    NotShown(Shown),
}

impl Memberships {
    /// How many channels the session is in when all its wishes are fulfilled.
    pub fn wanted(&self) -> usize {
        self.0.iter().filter(|membership| membership.is_wanted()).count()
    }

    /// The channels the session is in when all its wishes are fulfilled.
    pub fn wanted_channels(&self) -> Vec<Address> {
        let wanted = self.0.iter().filter(|membership| membership.is_wanted());
        wanted.map(|membership| membership.channel.clone()).collect()
    }

    /// Whether the session is in a channel when all its wishes are fulfilled.
    pub fn wants(&self, channel: &Address) -> bool {
        self.0.iter().any(|membership| membership.channel == *channel && membership.is_wanted())
    }

    /// Whether something about a channel is under way, so that what is sent there has to wait.
    pub fn is_busy(&self, channel: &Address) -> bool {
        self.0.iter().any(|membership| membership.channel == *channel && membership.stage.is_under_way())
    }

    /// Puts a wish at the end of the channel's line. [`Memberships::next`] says what follows.
    pub fn wish(&mut self, channel: &Address, wish: Wish) {
        let membership = match self.0.iter_mut().position(|it| it.channel == *channel) {
            Some(at) => &mut self.0[at],
            None => {
                self.0.reserve_exact(1); // most sessions are in one
                self.0.push(Membership { channel: channel.clone(), stage: Stage::Out, line: VecDeque::new() });
                let last = self.0.len() - 1;
                &mut self.0[last]
            }
        };
        membership.line.push_back(wish);
    }

    /// The channel answered the request that was under way: the session is in it now, or out of it.
    pub fn answered(&mut self, channel: &Address, is_in: bool) {
        if let Some(membership) = self.0.iter_mut().find(|it| it.channel == *channel) {
            membership.stage = if is_in { Stage::In } else { Stage::Out };
        }
    }

    /// What is to be done now: the next in the channel's line, unless a request is under way.
    /// `None` when it is another's turn.
    pub fn next(&mut self, channel: &Address) -> Option<Step> {
        let at = self.0.iter().position(|it| it.channel == *channel)?;
        let membership = &mut self.0[at];
        if membership.stage.is_under_way() {
            return None;
        }
        let Some(wish) = membership.line.pop_front() else {
            membership.line = VecDeque::new(); // gives its memory back
            if matches!(membership.stage, Stage::Out) {
                self.0.swap_remove(at);
            }
            return None;
        };
        Some(match wish {
            Wish::Join { permit, join } => {
                membership.stage = Stage::Joining { _permit: permit };
                Step::Join(join)
            }
            Wish::Leave { by, .. } if matches!(membership.stage, Stage::Out) => Step::NotIn(by),
            Wish::Leave { permit, by } => {
                membership.stage = Stage::Leaving { _permit: permit };
                Step::Leave(by)
            }
            Wish::Publish(held) => Step::Publish(held),
            Wish::Show(shown) if matches!(membership.stage, Stage::Out) => Step::NotShown(shown),
            Wish::Show(shown) => Step::Show(shown),
        })
    }

    /// The session is over: the channels it is in or was asking to be in, and the publications that waited.
    pub fn end(&mut self) -> (Vec<Address>, Vec<Held>) {
        let (mut entered, mut held) = (Vec::new(), Vec::new());
        for Membership { channel, stage, line } in std::mem::take(&mut self.0) {
            if matches!(stage, Stage::Joining { .. } | Stage::In) {
                entered.push(channel);
            }
            held.extend(line.into_iter().filter_map(|wish| match wish {
                Wish::Publish(held) => Some(held),
                Wish::Join { .. } | Wish::Leave { .. } | Wish::Show(_) => None,
            }));
        }
        (entered, held)
    }
}

impl Membership {
    fn is_wanted(&self) -> bool {
        let mut changes = self.line.iter().rev().filter_map(|wish| match wish {
            Wish::Join { .. } => Some(true),
            Wish::Leave { .. } => Some(false),
            Wish::Publish(_) | Wish::Show(_) => None,
        });
        changes.next().unwrap_or(matches!(self.stage, Stage::Joining { .. } | Stage::In))
    }
}

impl Stage {
    fn is_under_way(&self) -> bool {
        matches!(self, Stage::Joining { .. } | Stage::Leaving { .. })
    }
}
