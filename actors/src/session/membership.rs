//! The membership of a session in each of its channels: one state machine per channel.
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
//! One request to a channel is in flight at a time, so the channel sees the requests in the client's order, however
//! slow the broker is and whatever it loses. Further requests, including publications to the channel, queue behind it.
//! None is merged with another or dropped, so each is answered exactly once.
//!
//! An action holds its permit until it is answered, which bounds the queues.

use crate::words::beginning::Beginning;
use crate::words::bridge::{PublishEphemeral, PublishTopic};
use crate::words::delivery::Start;
use crate::words::member::Permit;
use hubwire_protocol::{Address, MemberState};
use std::collections::VecDeque;
use std::sync::Arc;

/// The channels of a session, usually a handful, and which of them is its view.
#[derive(Default)]
pub(super) struct Memberships {
    list: Vec<InChannel>,
    /// The channel of the last `view`.
    view: Option<Box<Address>>,
}

/// A session and one channel that it is in, or is joining or leaving.
struct InChannel {
    channel: Address,
    stage: Stage,
    /// Requests that wait for the answer to the one in flight.
    line: VecDeque<Wish>,
}

/// The stage of a membership.
enum Stage {
    Out,
    /// The channel was asked to add the session, or to start it again from another position.
    Joining {
        _permit: Permit,
    },
    In,
    /// The channel was asked to remove the session.
    Leaving {
        _permit: Option<Permit>,
    },
}

/// A request of a session to a channel.
pub(super) enum Wish {
    /// To join.
    Join {
        /// Returned with the answer.
        permit: Permit,
        /// The start of the session in the channel.
        join: JoinRequest,
    },
    /// To leave.
    Leave {
        /// Returned with the answer; none for a leave that is part of a view, because the join of the view has one.
        permit: Option<Permit>,
        /// The cause, which decides what the client is sent.
        by: LeftBy,
    },
    /// To publish there.
    Publish(HeldPublication),
    /// To change the session's presence state in the channel.
    Show(NewState),
}

/// A new state of a session in a channel.
pub(super) struct NewState {
    /// Returned with the answer.
    pub permit: Permit,
    /// The action's id.
    pub re: Option<Box<str>>,
    /// The state.
    pub state: Option<MemberState>,
}

/// A publication that may have to wait for a join.
pub(super) enum HeldPublication {
    /// To be stored.
    Append(PublishTopic),
    /// Without a log entry.
    Ephemeral(PublishEphemeral),
}

/// The start of a session in a channel.
pub(super) struct JoinRequest {
    /// The position to continue from; absent: from now, without a read of the log.
    pub resume: Option<Start>,
    /// Whether the session receives joins and leaves of others.
    pub presence: bool,
    /// The session's presence state, if the request has one.
    pub state: Option<Option<MemberState>>,
    /// The part of the channel's past for the answer; few joins want any.
    pub past: Option<Box<Past>>,
    /// The action's id.
    pub re: Option<Box<str>>,
    /// Whether the answer is `resumed` instead of `joined`.
    pub as_resume: bool,
    /// Whether the client asked to join; otherwise the server added the session, and no hook is called.
    pub by_client: bool,
}

/// The part of a channel's past for the answer to a join.
pub(super) enum Past {
    /// Requested, and not read yet.
    Wanted {
        /// How many of the newest publications.
        recent: usize,
        /// The snapshot.
        snapshot: bool,
    },
    /// Read.
    Known(Arc<Beginning>),
}

/// Why a session leaves a channel.
pub(super) enum LeftBy {
    /// The client leaves.
    Leave {
        /// The action's id.
        re: Option<Box<str>>,
    },
    /// A view of another channel; the answer to its join is the answer.
    View,
    /// The session's credentials no longer allow the membership.
    Lost,
    /// The server removed it.
    Kicked,
    /// The token that admitted it has expired.
    Expired,
    /// A view of nothing.
    Unview {
        /// The action's id.
        re: Option<Box<str>>,
    },
}

/// The next step.
#[allow(clippy::large_enum_variant)] // a step is taken at once and never stored
pub(super) enum NextStep {
    /// Ask the channel to add the session.
    Join(JoinRequest),
    /// Ask the channel to remove the session.
    Leave(LeftBy),
    /// Tell the client that there is nothing to leave.
    NotIn(LeftBy),
    /// Publish.
    Publish(HeldPublication),
    /// Tell the channel the session's state.
    Show(NewState),
    /// Tell the client that it is not in the channel, and therefore cannot have a state there.
    NotShown(NewState),
}

impl Memberships {
    /// How many channels the session will be in after all its requests.
    pub fn wanted(&self) -> usize {
        self.list.iter().filter(|membership| membership.is_wanted()).count()
    }

    /// The channels that the session will be in after all its requests.
    pub fn wanted_channels(&self) -> Vec<Address> {
        let wanted = self.list.iter().filter(|membership| membership.is_wanted());
        wanted.map(|membership| membership.channel.clone()).collect()
    }

    /// Whether the session will be in a channel after all its requests.
    pub fn wants(&self, channel: &Address) -> bool {
        self.list.iter().any(|membership| membership.channel == *channel && membership.is_wanted())
    }

    /// The channel of the last view, whether or not the session is in it.
    pub fn view(&self) -> Option<&Address> {
        self.view.as_deref()
    }

    /// The channel that the session will view after all its requests.
    pub fn viewed(&self) -> Option<&Address> {
        self.view().filter(|view| self.wants(view))
    }

    /// Views another channel, or none. Returns the former view.
    pub fn look_at(&mut self, channel: Option<&Address>) -> Option<Box<Address>> {
        std::mem::replace(&mut self.view, channel.cloned().map(Box::new))
    }

    /// The session leaves a channel, which is no longer its view.
    pub fn look_away(&mut self, channel: &Address) {
        self.view.take_if(|view| **view == *channel);
    }

    /// Whether a request to a channel is in flight, so that further ones have to wait.
    pub fn is_busy(&self, channel: &Address) -> bool {
        self.list.iter().any(|membership| membership.channel == *channel && membership.stage.is_under_way())
    }

    /// Queues a request. [`Memberships::next`] returns what follows.
    pub fn wish(&mut self, channel: &Address, wish: Wish) {
        let membership = match self.list.iter_mut().position(|it| it.channel == *channel) {
            Some(at) => &mut self.list[at],
            None => {
                self.list.reserve_exact(1); // most sessions are in one
                self.list.push(InChannel { channel: channel.clone(), stage: Stage::Out, line: VecDeque::new() });
                let last = self.list.len() - 1;
                &mut self.list[last]
            }
        };
        membership.line.push_back(wish);
    }

    /// The channel has answered the request in flight: the session is a member now, or is not.
    pub fn answered(&mut self, channel: &Address, is_in: bool) {
        if let Some(membership) = self.list.iter_mut().find(|it| it.channel == *channel) {
            membership.stage = if is_in { Stage::In } else { Stage::Out };
        }
    }

    /// The next step: the first in the channel's queue, unless a request is in flight. `None` when nothing can be done
    /// now.
    pub fn next(&mut self, channel: &Address) -> Option<NextStep> {
        let at = self.list.iter().position(|it| it.channel == *channel)?;
        let membership = &mut self.list[at];
        if membership.stage.is_under_way() {
            return None;
        }
        let Some(wish) = membership.line.pop_front() else {
            membership.line = VecDeque::new(); // gives its memory back
            if matches!(membership.stage, Stage::Out) {
                self.list.swap_remove(at);
            }
            return None;
        };
        Some(match wish {
            Wish::Join { permit, join } => {
                membership.stage = Stage::Joining { _permit: permit };
                NextStep::Join(join)
            }
            Wish::Leave { by, .. } if matches!(membership.stage, Stage::Out) => NextStep::NotIn(by),
            Wish::Leave { permit, by } => {
                membership.stage = Stage::Leaving { _permit: permit };
                NextStep::Leave(by)
            }
            Wish::Publish(held) => NextStep::Publish(held),
            Wish::Show(shown) if matches!(membership.stage, Stage::Out) => NextStep::NotShown(shown),
            Wish::Show(shown) => NextStep::Show(shown),
        })
    }

    /// Ends all memberships. Returns the channels that the session was in or joining, and the queued publications.
    pub fn end(&mut self) -> (Vec<Address>, Vec<HeldPublication>) {
        let (mut entered, mut held) = (Vec::new(), Vec::new());
        for InChannel { channel, stage, line } in std::mem::take(&mut self.list) {
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

impl InChannel {
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
