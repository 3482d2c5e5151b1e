//! Which subscriptions of a connection are told as deltas, and what its client has of each: the data told last.
//!
//! A publication is retold once per worker for all clients that have the same data before it, which is all that did not
//! miss anything. A client whose subscription begins has none, and is told the data whole.

use crate::reframed::Reframed;
use bytes::Bytes;
use hubwire_actors::outbox::{Offer, Outbox};
use hubwire_protocol::centrifuge::{Answered, Format, Retold};
use std::cell::RefCell;
use std::rc::Rc;

/// See the module. Empty for most connections.
#[derive(Default)]
pub(super) struct Deltas(RefCell<State>);

#[derive(Default)]
struct State {
    told: Vec<Told>,
    /// Commands whose answers begin or end one, by their ids.
    asked: Vec<(u32, Box<str>)>,
}

struct Told {
    channel: Box<str>,
    /// The data told last; `None`: none yet.
    last: Option<Bytes>,
}

/// What this worker retold of late, and the channel of the frame it looked at last.
#[derive(Default)]
struct Memory {
    retold: Reframed<Retold>,
    latest: Option<(Bytes, Option<Rc<str>>)>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

impl Deltas {
    /// Whether one more subscription may be told so.
    pub fn has_room(&self, channels_max: usize) -> bool {
        let state = self.0.borrow();
        state.told.len() + state.asked.len() < channels_max
    }

    /// A command goes on to the session whose answer says whether a subscription is told so from then on.
    /// `is_wanted`: it asks for that.
    pub fn ask(&self, id: u32, channel: &str, is_wanted: bool) {
        let mut state = self.0.borrow_mut();
        let is_told = state.told.iter().any(|it| *it.channel == *channel);
        let is_asked = state.asked.iter().any(|(_, of)| **of == *channel);
        if is_wanted || is_told || is_asked {
            state.asked.push((id, channel.into()));
        }
    }

    /// A reply goes out.
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

    /// Offers frames as their channel is told.
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
    /// The channel whose publications these are. Frames are offered to all their receivers one after the other.
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
