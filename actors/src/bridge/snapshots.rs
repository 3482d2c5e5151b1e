//! Snapshots of channels, on their way to the broker.

use super::Bridge;
use crate::backend::ChannelSnapshot;
use crate::context::Context;
use crate::words::action_class::ActionClass;
use crate::words::bridge::PutSnapshot;
use crate::words::outcome::Refusal;
use hubwire_protocol::event::Ack;
use hubwire_protocol::ErrorCode;

impl Bridge {
    pub(super) fn put_snapshot(&mut self, message: PutSnapshot, _: &mut Context<Self>) {
        let PutSnapshot { channel, pos, payload, payer, answer } = message;
        if !self.core.holds_lease() {
            return answer.give(Err(Refusal::no_lease()));
        }
        if let Err(refusal) = self.core.spend(payer.as_ref(), ActionClass::Publish, payload.len()) {
            return answer.give(Err(refusal));
        }
        let ts = self.core.environment.unix_ms();
        let snapshot = ChannelSnapshot { pos, ts, payload };
        let put = self.core.backend.put_snapshot(channel, snapshot, self.core.settings.snapshot_ttl);
        actix::spawn(async move {
            answer.give(match put.await {
                Ok(true) => Ok(Ack { pos: Some(pos), ts: Some(ts), ..Ack::default() }),
                Ok(false) => Err(Refusal::new(
                    ErrorCode::BadPayload,
                    "a newer snapshot is stored, or the channel has not come to that position",
                )),
                Err(error) => Err(Refusal::from(error)),
            });
        });
    }
}
