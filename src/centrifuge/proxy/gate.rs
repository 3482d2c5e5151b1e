//! In front of a conversation: commands that need a decision of the application wait here. Others pass unchanged;
//! commands after a waiting one wait, too, so that a client's commands keep their order.

use super::asking::{ask, Asker, Decision, Question};
use super::connection::Connection;
use super::renewing::Renewals;
use crate::application::Target;
use crate::centrifuge::kept::{assemble, Kept};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use bytes::Bytes;
use futures_util::future::{join_all, LocalBoxFuture};
use futures_util::{FutureExt, Stream, StreamExt};
use hubwire_actors::outbox::{Incoming, Offer};
use hubwire_protocol::centrifuge::command::{Command, Publish};
use hubwire_protocol::centrifuge::reply::{Body, Data, Reply};
use hubwire_protocol::centrifuge::{codes, Call, Format};
use hubwire_protocol::dialect::WireProtocol;
use hubwire_protocol::frame::Opcode;
use serde_json::Value;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

/// See the module.
pub(in crate::centrifuge) struct Gate<S> {
    incoming: S,
    connection: Rc<Connection>,
    /// The first frame, and the commands in it after the `connect`.
    waiting: VecDeque<Incoming>,
    asking: Option<LocalBoxFuture<'static, Asked>>,
    renewals: Renewals,
}

/// What remains of a frame after the decisions.
struct Asked {
    kept: Vec<Kept>,
    /// Subscriptions that expire, with their lifetimes in seconds.
    ends: Vec<(String, u64)>,
}

/// The outcome for one command.
enum Passed {
    On(Kept),
    /// A subscription that expires.
    Until(Kept, String, u64),
    Answered,
}

impl<S> Gate<S> {
    /// `rest`: further commands in the frame of the `connect`. `until_s`: when the connection's credentials expire.
    pub fn new(incoming: S, connection: Connection, rest: Option<Bytes>, until_s: Option<u64>, now_s: u64) -> Self {
        let waiting = rest.map(|frame| framed(connection.format, frame)).into_iter().collect();
        let mut renewals = Renewals::default();
        renewals.set("", until_s.map(|until_s| until_s.saturating_sub(now_s)));
        Gate { incoming, connection: Rc::new(connection), waiting, asking: None, renewals }
    }
}

fn framed(format: Format, frame: Bytes) -> Incoming {
    match format.opcode() {
        Opcode::Binary => Incoming::Binary(frame),
        _ => Incoming::Text(frame),
    }
}

impl Connection {
    pub(super) fn asker(&self) -> Asker<'_> {
        Asker::new(&self.client, &self.handshake, self.format, Some(&self.user))
    }

    pub(super) fn close(&self, code: u16, reason: &str) {
        self.outbox.close(code, reason);
    }

    fn answer(&self, id: u32, body: Body<'_>) {
        if self.outbox.offer_reply(&self.format.frame(&[Reply { id, body }])) == Offer::Full {
            self.close(codes::SLOW.code, codes::SLOW.reason);
        }
    }

    /// The URL to ask about a command, and the question.
    fn question(&self, command: &Command<'_>) -> Option<(Arc<Target>, Vec<u8>)> {
        let of_channel = |channel| Question { channel, ..Question::of(self.asker()) };
        let (target, mut question, data) = match command.call.as_ref().filter(|_| command.id != 0)? {
            Call::Subscribe(it) if it.token.is_empty() => {
                (self.proxies.of_subscriptions(&it.channel)?, of_channel(&it.channel), None)
            }
            Call::Publish(it) => {
                let b64data = it.bytes.as_ref().map(|bytes| STANDARD.encode(bytes));
                let question = Question { b64data, ..of_channel(&it.channel) };
                (self.proxies.of_publications(&it.channel)?, question, it.data.as_deref())
            }
            Call::Rpc(it) => {
                let question = Question { method: Some(&it.method), ..Question::of(self.asker()) };
                (self.proxies.rpc.as_ref()?, question, it.data.as_ref().map(|data| data.get()))
            }
            _ => return None,
        };
        question.data = data.and_then(|data| serde_json::from_str(data).ok());
        Some((target.clone(), question.printed()))
    }

    /// Asks about each command of a frame that needs it, in parallel.
    async fn ask(self: Rc<Self>, frame: Bytes) -> Asked {
        let Ok(commands) = self.format.commands(&frame, self.commands_max) else {
            // the conversation reports the fault
            return Asked { kept: vec![Kept::AsItCame(frame)], ends: Vec::new() };
        };
        let passed = join_all(commands.into_iter().map(|(command, range)| self.one(command, frame.slice(range)))).await;
        let mut asked = Asked { kept: Vec::new(), ends: Vec::new() };
        for one in passed {
            match one {
                Passed::On(kept) => asked.kept.push(kept),
                Passed::Until(kept, channel, until_s) => {
                    asked.kept.push(kept);
                    asked.ends.push((channel, until_s));
                }
                Passed::Answered => {}
            }
        }
        asked
    }

    async fn one(&self, command: Command<'_>, as_it_came: Bytes) -> Passed {
        let Some((target, question)) = self.question(&command) else { return Passed::On(Kept::AsItCame(as_it_came)) };
        let id = command.id;
        match (ask(&target, self.handshake.headers.clone(), question).await, command.call) {
            (Decision::Result(result), Some(Call::Subscribe(it))) => match result["expire_at"].as_u64() {
                Some(until_s @ 1..) => Passed::Until(Kept::AsItCame(as_it_came), it.channel.into_owned(), until_s),
                _ => Passed::On(Kept::AsItCame(as_it_came)),
            },
            (Decision::Result(result), Some(Call::Publish(it))) => Passed::On(match said(&result) {
                Value::Null => Kept::AsItCame(as_it_came),
                data => {
                    let data = Some(data.to_string().into());
                    Kept::call(id, Call::Publish(Publish { data, bytes: None, ..it.into_owned() }))
                }
            }),
            (Decision::Result(result), _) => {
                self.answer(id, Body::Rpc(Data(said(&result).to_string().into())));
                Passed::Answered
            }
            (Decision::Error { code, message }, _) => {
                self.answer(id, Body::Failure { code, message: message.into() });
                Passed::Answered
            }
            (Decision::Disconnect { code, reason }, _) => {
                self.close(code, &reason);
                Passed::Answered
            }
            (Decision::Failed, _) => {
                self.answer(id, Body::Error(codes::INTERNAL));
                Passed::Answered
            }
        }
    }

    /// Whether a frame has to wait, and which subscriptions it ends.
    fn look_at(&self, frame: &[u8]) -> (bool, Vec<String>) {
        let commands = self.format.commands(frame, self.commands_max).unwrap_or_default();
        let waits = commands.iter().any(|(command, _)| self.question(command).is_some());
        let left = commands.into_iter().filter_map(|(command, _)| match command.call {
            Some(Call::Unsubscribe(it)) => Some(it.channel.into_owned()),
            _ => None,
        });
        (waits, left.collect())
    }
}

/// The `data` of a result, or the JSON in its `b64data`.
fn said(result: &Value) -> Value {
    let encoded = || serde_json::from_slice(&STANDARD.decode(result["b64data"].as_str()?).ok()?).ok();
    match &result["data"] {
        Value::Null => encoded().unwrap_or_default(),
        data => data.clone(),
    }
}

impl<S: Stream<Item = Incoming> + Unpin> Stream for Gate<S> {
    type Item = Incoming;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Incoming>> {
        let gate = &mut *self;
        gate.renewals.poll(&gate.connection, cx);
        loop {
            if let Some(asking) = &mut gate.asking {
                let Asked { kept, ends } = ready!(asking.poll_unpin(cx));
                gate.asking = None;
                let now_s = gate.connection.proxies.now_s();
                for (channel, until_s) in ends {
                    gate.renewals.set(&channel, Some(until_s.saturating_sub(now_s)));
                }
                gate.renewals.poll(&gate.connection, cx);
                match assemble(gate.connection.format, &kept) {
                    Some(frame) => return Poll::Ready(Some(framed(gate.connection.format, frame))),
                    None => continue,
                }
            }
            let next = match gate.waiting.pop_front() {
                Some(frame) => Some(frame),
                None => ready!(gate.incoming.poll_next_unpin(cx)),
            };
            let Some(Incoming::Text(frame) | Incoming::Binary(frame)) = &next else { return Poll::Ready(next) };
            let (waits, left) = gate.connection.look_at(frame);
            left.iter().for_each(|channel| gate.renewals.set(channel, None));
            if !waits {
                return Poll::Ready(next);
            }
            gate.asking = Some(gate.connection.clone().ask(frame.clone()).boxed_local());
        }
    }
}
