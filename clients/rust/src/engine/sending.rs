//! The application's sends: one in its turn, or several in as few frames as possible.

use super::core::Core;
use super::sender::{Encoded, Waiting, OUT_MAX};
use crate::clock;
use crate::error::{Code, HubError};
use crate::event::State;
use hubwire_protocol::Codec;

impl Core {
    /// Refuses what the node would refuse, and what this client cannot send now.
    pub fn check(&self, text: &str, is_queued: bool) -> Result<(), HubError> {
        match self.state {
            State::Closed => return Err(HubError::new(Code::Closed, "the client was closed")),
            State::Failed => return Err(HubError::new(Code::Failed, "the client gave up")),
            State::Connected => {}
            _ if is_queued => {}
            _ => {
                let error = HubError::new(Code::NotConnected, "there is no connection, and it was not to be queued");
                return Err(HubError { retry: true, ..error });
            }
        }
        Codec::Json.decode(text.as_bytes(), &self.sender.limits.of_frames())?;
        Ok(())
    }

    /// Queues an action.
    pub fn send(&mut self, action: Encoded) -> Result<Waiting, HubError> {
        self.sender.send(action, clock::now())
    }

    /// Whether there is a session whose socket keeps up.
    pub fn has_room(&self) -> bool {
        self.is_connected() && self.desk.out.len() < OUT_MAX
    }

    /// Queues several actions. If no older action is waiting, those that fit are sent as one frame.
    pub fn send_together(&mut self, actions: Vec<Encoded>) -> Vec<Result<Waiting, HubError>> {
        let now = clock::now();
        let (mut frame, mut results) = (Vec::<String>::new(), Vec::new());
        let mut bytes = 2;
        for action in actions {
            let (id, text) = (action.id.clone(), action.text.clone());
            let is_room = self.sender.is_room_now(now);
            let limits = &self.sender.limits;
            if frame.len() >= limits.actions_per_frame_max || bytes + text.len() + 1 > limits.frame_bytes_max {
                self.write_frame(&mut frame);
                bytes = 2;
            }
            let result = self.sender.send(action, now);
            if result.is_ok() && is_room && self.is_connected() {
                self.sender.launched(&id, now);
                bytes += text.len() + 1;
                frame.push(text);
            }
            results.push(result);
        }
        self.write_frame(&mut frame);
        results
    }

    /// The next frame to write. Over HTTP each frame costs a request, so it combines all waiting actions.
    pub fn next_frame(&mut self, combines: bool) -> Option<String> {
        let out = &mut self.desk.out;
        let first = out.pop_front()?;
        if !combines || !first.starts_with('{') {
            return Some(first);
        }
        let limits = &self.sender.limits;
        let mut bytes = first.len() + 2;
        let mut frame = vec![first];
        while frame.len() < limits.actions_per_frame_max {
            let fits = |next: &&String| next.starts_with('{') && bytes + next.len() < limits.frame_bytes_max;
            let Some(next) = out.front().filter(fits) else { break };
            bytes += next.len() + 1;
            frame.extend(out.pop_front());
        }
        match frame.len() {
            1 => frame.pop(),
            _ => Some(format!("[{}]", frame.join(","))),
        }
    }

    fn write_frame(&mut self, frame: &mut Vec<String>) {
        match &**frame {
            [] => {}
            [one] => self.desk.out.push_back(one.clone()),
            several => self.desk.out.push_back(format!("[{}]", several.join(","))),
        }
        frame.clear();
    }
}
