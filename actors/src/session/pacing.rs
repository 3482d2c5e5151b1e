//! Pacing of typing and similar actions: the node delivers ephemeral actions of a configured type at most once per
//! interval, and ends them when their sender is silent or gone.
//!
//! For each address and type the first action is delivered at once. Further ones within the type's interval wait until
//! it is over, each replacing the one before. The waiting action is then checked again, because rights may have
//! changed.

use super::flows::{Flow, Paced, PACED_MAX};
use super::{Session, SessionContext};
use crate::access::{may, Capability};
use crate::words::pacing::Pace;
use actix::prelude::*;
use hubwire_protocol::event::{Ack, Event};
use hubwire_protocol::request::Publish;
use hubwire_protocol::Address;
use std::time::Duration;
use tokio::time::Instant;

impl Session {
    /// Whether an action has to wait instead of being delivered now.
    pub(super) fn is_paced(
        &mut self,
        publish: &Publish<'_>,
        to: &Address,
        re: Option<&str>,
        ctx: &mut SessionContext,
    ) -> bool {
        let node = self.worker.node.clone();
        let settings = node.settings();
        let Some(pace) = settings.pacing.of(&publish.kind) else {
            self.ended_by(&publish.kind, to, ctx);
            return false;
        };
        let paced = &mut self.seldom.need().paced;
        let known = paced.flows.iter_mut().find(|flow| flow.to == *to && *flow.kind == *publish.kind);
        let Some(flow) = known else {
            self.begin_flow(publish, to, pace, ctx);
            return false;
        };
        let number = flow.number;
        if let Some((after, _)) = pace.end {
            let former = flow.silence.replace(silence(number, after, ctx));
            if let Some(former) = former {
                ctx.cancel_future(former);
            }
        }
        let left = (flow.told + pace.every).saturating_duration_since(Instant::now());
        if left.is_zero() && flow.waiting.is_none() {
            flow.told = Instant::now();
            return false;
        }
        flow.waiting = Some(Publish { id: None, ..publish.to_owned() });
        flow.window.get_or_insert_with(|| window(number, left, ctx));
        if re.is_some() {
            // the action is accepted, even if a later one of the client replaces it
            self.reply(&Event::Ack(Ack::default()), None, re);
        }
        true
    }

    fn begin_flow(&mut self, publish: &Publish<'_>, to: &Address, pace: Pace<'_>, ctx: &mut SessionContext) {
        let paced = &mut self.seldom.need().paced;
        if paced.flows.len() >= PACED_MAX {
            return;
        }
        paced.last += 1;
        let number = paced.last;
        paced.flows.push(Flow {
            number,
            to: to.clone(),
            kind: (&*publish.kind).into(),
            told: Instant::now(),
            waiting: None,
            window: (!pace.every.is_zero()).then(|| window(number, pace.every, ctx)),
            silence: pace.end.map(|(after, _)| silence(number, after, ctx)),
        });
    }

    /// The interval is over: delivers the waiting action and starts the next interval.
    fn window_over(&mut self, number: u64, ctx: &mut SessionContext) {
        let node = self.worker.node.clone();
        let Some(flow) = self.flow(number) else { return };
        flow.window = None;
        let Some(waiting) = flow.waiting.take() else {
            if flow.silence.is_none() {
                self.take_flow(number, ctx);
            }
            return;
        };
        let every = node.settings().pacing.of(&flow.kind).map_or(Duration::ZERO, |pace| pace.every);
        flow.told = Instant::now();
        flow.window = Some(window(number, every, ctx));
        let to = flow.to.clone();
        self.tell_paced(&waiting, &to);
    }

    /// The sender has been silent: ends the flow and drops the waiting action.
    fn silent(&mut self, number: u64, ctx: &mut SessionContext) {
        if let Some(flow) = self.take_flow(number, ctx) {
            self.tell_end(&flow);
        }
    }

    /// Ends the flows at an address that the session leaves.
    pub(super) fn end_paced_at(&mut self, to: &Address) {
        let Some(paced) = self.paced_mut() else { return };
        // when their timers fire, they find no flow
        let (ended, kept) = std::mem::take(&mut paced.flows).into_iter().partition(|flow| flow.to == *to);
        paced.flows = kept;
        let ended: Vec<Flow> = ended;
        ended.iter().for_each(|flow| self.tell_end(flow));
    }

    /// Ends all flows when the session ends.
    pub(super) fn end_paced(&mut self) {
        let Some(paced) = self.paced_mut().map(std::mem::take) else { return };
        paced.flows.iter().for_each(|flow| self.tell_end(flow));
    }

    /// Ends a flow after the client itself has sent the action that ends it.
    fn ended_by(&mut self, kind: &str, to: &Address, ctx: &mut SessionContext) {
        let node = self.worker.node.clone();
        let ends = |of: &str| node.settings().pacing.of(of).and_then(|pace| pace.end).is_some_and(|(_, it)| it == kind);
        let Some(paced) = self.seldom.get().map(|seldom| &seldom.paced) else { return };
        let ended = paced.flows.iter().filter(|flow| flow.to == *to && ends(&flow.kind)).map(|flow| flow.number);
        for number in ended.collect::<Vec<_>>() {
            self.take_flow(number, ctx);
        }
    }

    fn tell_end(&self, flow: &Flow) {
        let node = self.worker.node.clone();
        let settings = node.settings();
        let Some((_, ending)) = settings.pacing.of(&flow.kind).and_then(|pace| pace.end) else { return };
        let end = Publish { kind: ending.into(), ephemeral: true, ..Publish::default() };
        self.tell_paced(&end, &flow.to);
    }

    fn tell_paced(&self, publish: &Publish<'_>, to: &Address) {
        let Some(identity) = self.credentials.identity().cloned() else { return };
        if may(&identity, &self.worker.node.rules().policy, Capability::Publish, to).is_ok() {
            self.send_unasked(&identity, publish, to);
        }
    }

    fn paced_mut(&mut self) -> Option<&mut Paced> {
        self.seldom.get_mut().map(|seldom| &mut seldom.paced)
    }

    fn flow(&mut self, number: u64) -> Option<&mut Flow> {
        self.paced_mut()?.flows.iter_mut().find(|flow| flow.number == number)
    }

    fn take_flow(&mut self, number: u64, ctx: &mut SessionContext) -> Option<Flow> {
        let flows = &mut self.paced_mut()?.flows;
        let at = flows.iter().position(|flow| flow.number == number)?;
        let mut flow = flows.swap_remove(at);
        for timer in [flow.window.take(), flow.silence.take()].into_iter().flatten() {
            ctx.cancel_future(timer);
        }
        Some(flow)
    }
}

fn window(number: u64, time: Duration, ctx: &mut SessionContext) -> SpawnHandle {
    ctx.run_later(time, move |session: &mut Session, ctx| session.window_over(number, ctx))
}

fn silence(number: u64, time: Duration, ctx: &mut SessionContext) -> SpawnHandle {
    ctx.run_later(time, move |session: &mut Session, ctx| session.silent(number, ctx))
}
