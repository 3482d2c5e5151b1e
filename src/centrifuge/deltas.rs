//! The subscriptions of a connection that get deltas, and for each the data its client has: that of the last
//! publication.
//!
//! A worker encodes a publication once for all clients that have the same previous data, which are all clients that
//! missed nothing. A new subscription has no data yet, and gets the first publication in full.

use crate::reframed::Reframed;
use bytes::Bytes;
use hubwire_actors::outbox::{Offer, Outbox};
use hubwire_protocol::centrifuge::command::{Subscribe, FOSSIL};
use hubwire_protocol::centrifuge::{Answered, Channels, Format, Retold};
use std::cell::RefCell;
use std::rc::Rc;

/// The deltas of one connection; see the module. Empty for most connections.
#[derive(Default)]
pub(super) struct Deltas(RefCell<State>);

#[derive(Default)]
struct State {
    told: Vec<Told>,
    /// Commands in flight that start or end one, by their ids.
    asked: Vec<(u32, Box<str>)>,
}

struct Told {
    channel: Box<str>,
    /// The data of the last publication; `None`: there was none yet.
    last: Option<Bytes>,
}

/// Recent encodings of this worker, and the channel of the last frame.
#[derive(Default)]
struct Memory {
    retold: Reframed<Retold>,
    latest: Option<(Bytes, Option<Rc<str>>)>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

impl Deltas {
    /// Enables deltas for a subscription that asks for them, if its namespace has them, in at most this many channels.
    pub fn settle(&self, id: u32, subscribe: &mut Subscribe<'_>, channels_max: usize) {
        let channels = Channels::installed();
        let has_deltas = channels.address(&subscribe.channel).is_ok_and(|address| channels.options(&address).delta);
        let taken = self.0.borrow().told.len() + self.0.borrow().asked.len();
        let is_wanted = subscribe.delta == FOSSIL && has_deltas && taken < channels_max;
        if !is_wanted {
            subscribe.delta = "".into();
        }
        self.ask(id, &subscribe.channel, is_wanted);
    }

    /// A command goes on to the session; its answer decides whether the subscription gets deltas from then on.
    /// `is_wanted`: the command asks for them.
    pub fn ask(&self, id: u32, channel: &str, is_wanted: bool) {
        let mut state = self.0.borrow_mut();
        let is_told = state.told.iter().any(|it| *it.channel == *channel);
        let is_asked = state.asked.iter().any(|(_, of)| **of == *channel);
        if is_wanted || is_told || is_asked {
            state.asked.push((id, channel.into()));
        }
    }

    /// Handles a reply of the node.
    pub fn note(&self, format: Format, frame: &[u8]) {
        let mut state = self.0.borrow_mut();
        if state.asked.is_empty() {
            return;
        }
        for (id, answered) in format.answered(frame) {
            let Some(at) = state.asked.iter().position(|(asked, _)| *asked == id) else { continue };
            let (_, channel) = state.asked.swap_remove(at);
            if answered != Answered::Otherwise {
                state.told.retain(|it| it.channel != channel);
            }
            if answered == (Answered::Subscribed { delta: true }) {
                state.told.push(Told { channel, last: None });
            }
        }
        if state.told.is_empty() && state.asked.is_empty() {
            *state = State::default();
        }
    }

    /// Offers frames in the form for their channel.
    pub fn offer(&self, format: Format, outbox: &dyn Outbox, frames: &Bytes) -> Offer {
        let mut state = self.0.borrow_mut();
        if state.told.is_empty() {
            return outbox.offer(frames);
        }
        let retold = MEMORY.with_borrow_mut(|memory| {
            let channel = memory.channel(format, frames)?;
            let told = state.told.iter_mut().find(|it| *it.channel == *channel)?;
            let make = || format.retold(frames, &channel, told.last.as_ref());
            let retold = memory.retold.beside(frames, told.last.as_ref(), make, |it| it.frames.len());
            Some((told, retold))
        });
        let Some((told, Retold { frames, last })) = retold else { return outbox.offer(frames) };
        let offer = outbox.offer(&frames);
        if offer == Offer::Taken {
            told.last = Some(last);
        }
        offer
    }
}

impl Memory {
    /// The channel of these publications. A frame is offered to all its receivers one after the other, so it is cached.
    fn channel(&mut self, format: Format, frames: &Bytes) -> Option<Rc<str>> {
        let is_latest = |(of, _): &&(Bytes, _)| (of.as_ptr(), of.len()) == (frames.as_ptr(), frames.len());
        match self.latest.as_ref().filter(is_latest) {
            Some((_, channel)) => channel.clone(),
            None => {
                let channel = format.channel_published(frames).map(Rc::from);
                self.latest = Some((frames.clone(), channel.clone()));
                channel
            }
        }
    }
}
