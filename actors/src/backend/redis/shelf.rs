//! Cursors, tickets and the probe of a broker's writes.

use super::super::*;
use super::command::ms;
use super::command::Command;
use super::{reply, RedisCore};
use ::redis::Value;
use bytes::Bytes;
use hubwire_protocol::{Address, DeviceId, Position, UserId};
use std::rc::Rc;
use std::time::Duration;

impl RedisCore {
    pub(super) fn put_cursors(
        self: &Rc<Self>,
        user: &UserId,
        device: &DeviceId,
        positions: Vec<(Address, Position)>,
        limits: CursorLimits,
    ) -> Reply<()> {
        let names = [self.keys.cursors(user, device), self.keys.devices(user)];
        let call = self.wires.scripts.cursors.call(&names).arg(ms(limits.ttl).max(1)).arg(CURSORS_MAX);
        let call = call.arg(device.as_str()).arg(limits.devices_max.max(1));
        let call = positions.iter().fold(call, |call, (stream, pos)| call.arg(stream.to_string()).arg(pos.to_string()));
        self.ask(call, |_| Ok(()))
    }

    pub(super) fn cursors(self: &Rc<Self>, user: &UserId, device: &DeviceId) -> Reply<Vec<(Address, Position)>> {
        self.ask(Command::on("HGETALL", &self.keys.cursors(user, device)), |answer| {
            let fields: Vec<(String, String)> = reply::value("cursors", answer)?;
            let cursor = |(stream, pos): (String, String)| Some((stream.parse().ok()?, pos.parse().ok()?));
            let cursors: Option<Vec<(Address, Position)>> = fields.into_iter().map(cursor).collect();
            cursors.ok_or_else(|| reply::unexpected("cursor"))
        })
    }

    pub(super) fn put_ticket(self: &Rc<Self>, digest: &str, content: &[u8], ttl: Duration) -> Reply<()> {
        let call = Command::on("SET", &self.keys.ticket(digest)).arg(content).arg("NX").arg("PX").arg(ms(ttl).max(1));
        self.ask(call, |answer| match answer {
            Value::Nil => Err(BackendError::Refused { reason: "a ticket with this digest exists".into() }),
            _ => Ok(()),
        })
    }

    pub(super) fn has_ticket(self: &Rc<Self>, digest: &str) -> Reply<bool> {
        self.ask(Command::on("EXISTS", &self.keys.ticket(digest)), |answer| reply::flag("ticket", answer))
    }

    pub(super) fn take_ticket(self: &Rc<Self>, digest: &str) -> Reply<Option<Bytes>> {
        self.ask(Command::on("GETDEL", &self.keys.ticket(digest)), |answer| match answer {
            Value::Nil => Ok(None),
            content => reply::bytes(content).map(Some),
        })
    }

    pub(super) fn ping(self: &Rc<Self>) -> Reply<()> {
        let call = self.wires.scripts.ping.call(&[self.keys.ping()]).arg(self.incarnation.to_string());
        self.ask(call, |_| Ok(()))
    }
}
