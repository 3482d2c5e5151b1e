//! Sends commands to the servers they belong to, a pipeline per server.

use super::command::{Command, Fault, Outcome};
use super::stats::BackendStats;
use super::wires::{Shard, Wire, Wires};
use futures_util::future::join_all;
use redis::{Pipeline, RedisResult, Value};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a command that was certainly not executed is retried.
const CERTAIN_REPEAT: Duration = Duration::from_secs(2);
/// The pause before a command is repeated.
pub(super) const REPEAT_PAUSE: Duration = Duration::from_millis(25);

impl Wires {
    /// Sends commands and returns their answers in the same order. Commands for one server take effect in order.
    pub(super) async fn send(&self, wire: Wire, commands: &[&Command]) -> Vec<Outcome> {
        if let Some(shard) = self.only_shard() {
            return self.send_to(&shard, wire, commands.to_vec()).await;
        }
        let mut groups: Vec<(Rc<Shard>, Vec<usize>)> = Vec::new();
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(commands.len());
        for (index, command) in commands.iter().enumerate() {
            // a placeholder: every command with a server is answered below
            outcomes.push(Err(Fault::NotReady { reason: String::new() }));
            match self.shard(command.slot) {
                None => outcomes[index] = Err(Fault::NotReady { reason: self.why() }),
                Some(shard) => match groups.iter_mut().find(|(other, _)| Rc::ptr_eq(other, &shard)) {
                    Some((_, indexes)) => indexes.push(index),
                    None => groups.push((shard, vec![index])),
                },
            }
        }
        let sent = groups.iter().map(|(shard, indexes)| {
            let commands: Vec<&Command> = indexes.iter().map(|index| commands[*index]).collect();
            self.send_to(shard, wire, commands)
        });
        for ((_, indexes), answers) in groups.iter().zip(join_all(sent).await) {
            for (index, answer) in indexes.iter().zip(answers) {
                outcomes[*index] = answer;
            }
        }
        outcomes
    }

    /// Sends commands outside of the append lane, one after the other if they belong to different servers. Stops at the
    /// first that fails. A command that was certainly not executed is repeated for a while.
    pub(super) async fn query(&self, commands: &[Command]) -> Result<Vec<Value>, Fault> {
        let until = Instant::now() + CERTAIN_REPEAT;
        let mut values = Vec::with_capacity(commands.len());
        loop {
            let rest = &commands[values.len()..];
            let Some(first) = rest.first() else { return Ok(values) };
            let server = self.shard(first.slot).map(|shard| shard.name.clone());
            let alike = |command: &&Command| self.shard(command.slot).map(|shard| shard.name.clone()) == server;
            let together: Vec<&Command> = rest.iter().take_while(alike).collect();
            for outcome in self.send(Wire::Query, &together).await {
                match outcome {
                    Ok(value) => values.push(value),
                    Err(Fault::Moved { .. } | Fault::NoScript) if Instant::now() < until => {
                        tokio::time::sleep(REPEAT_PAUSE).await;
                        break;
                    }
                    Err(fault) => return Err(fault),
                }
            }
        }
    }

    async fn send_to(&self, shard: &Rc<Shard>, wire: Wire, commands: Vec<&Command>) -> Vec<Outcome> {
        let mut outcomes = self.pipeline(shard, wire, &commands).await;
        let unscripted: Vec<usize> = positions(&outcomes, |fault| matches!(fault, Fault::NoScript));
        if !unscripted.is_empty() && self.load_scripts(shard, wire).await {
            let again: Vec<&Command> = unscripted.iter().map(|index| commands[*index]).collect();
            for (index, outcome) in unscripted.iter().zip(self.pipeline(shard, wire, &again).await) {
                outcomes[*index] = outcome;
            }
        }
        for index in positions(&outcomes, |fault| matches!(fault, Fault::Ask { .. })) {
            if let Err(Fault::Ask { address }) = &outcomes[index] {
                outcomes[index] = self.ask(&address.clone(), wire, commands[index]).await;
            }
        }
        if let Some(fault) =
            outcomes.iter().find_map(|outcome| outcome.as_ref().err().filter(|f| f.breaks_connection()))
        {
            self.report_broken(shard, &format!("{fault:?}"));
        }
        if outcomes.iter().any(|outcome| matches!(outcome, Err(Fault::Moved { .. } | Fault::Ask { .. }))) {
            self.report_moved();
        }
        outcomes
    }

    async fn pipeline(&self, shard: &Shard, wire: Wire, commands: &[&Command]) -> Vec<Outcome> {
        let replicas = if commands.iter().any(|command| command.stores) { self.config.replicas_acked } else { 0 };
        let mut pipeline = Pipeline::with_capacity(commands.len() + 1);
        for command in commands {
            pipeline.add_command(command.lend());
        }
        if replicas > 0 {
            pipeline.cmd("WAIT").arg(replicas).arg(self.config.wait_timeout.as_millis() as u64);
        }
        BackendStats::add(&self.stats.commands, pipeline.len());
        pipeline.ignore_errors();
        let answers: RedisResult<Vec<RedisResult<Value>>> = pipeline.query_async(&mut shard.wire(wire)).await;
        let outcomes = match answers {
            Err(error) => vec![Err(Fault::from(&error)); commands.len()],
            Ok(mut answers) => {
                let acked = match (replicas, answers.len() > commands.len()) {
                    (1.., true) => answers.pop().and_then(Result::ok),
                    _ => None,
                };
                let mut outcomes: Vec<Outcome> =
                    answers.into_iter().map(|answer| answer.map_err(|error| Fault::from(&error))).collect();
                if replicas > 0 {
                    shard.replicas.set(demand_replicas(commands, &mut outcomes, acked, replicas));
                }
                outcomes
            }
        };
        for ((command, outcome), cmd) in commands.iter().zip(&outcomes).zip(pipeline.cmd_iter()) {
            if outcome.is_err() {
                command.take_back(cmd); // it may be sent again
            }
            if let Some(reason) = outcome.as_ref().err().and_then(Fault::refusal) {
                self.complain_of_refusal(shard, command, reason);
            }
        }
        outcomes
    }

    /// Logs the reason: the caller's error only refers to the log.
    fn complain_of_refusal(&self, shard: &Shard, command: &Command, reason: &str) {
        let keys = command.keys();
        if let Some(times) = self.refused.due(&keys) {
            log::warn!("the broker refused a command: server={} keys={keys} reason={reason} times={times}", shard.name);
        }
    }

    async fn load_scripts(&self, shard: &Shard, wire: Wire) -> bool {
        self.scripts.load().exec_async(&mut shard.wire(wire)).await.is_ok()
    }

    /// Sends a command to the server its slot is moving to.
    async fn ask(&self, address: &str, wire: Wire, command: &Command) -> Outcome {
        let Some(shard) = self.shard_named(address) else { return Err(Fault::Ask { address: address.to_owned() }) };
        let mut pipeline = redis::pipe();
        pipeline.cmd("ASKING").ignore().add_command(command.copy());
        let answers: RedisResult<Vec<Value>> = pipeline.query_async(&mut shard.wire(wire)).await;
        match answers {
            Ok(mut answers) => answers.pop().ok_or(Fault::NotReady { reason: "no answer after ASKING".into() }),
            Err(error) => Err(Fault::from(&error)),
        }
    }
}

fn positions(outcomes: &[Outcome], is: impl Fn(&Fault) -> bool) -> Vec<usize> {
    let found = |(index, outcome): (usize, &Outcome)| outcome.as_ref().err().filter(|fault| is(fault)).map(|_| index);
    outcomes.iter().enumerate().filter_map(found).collect()
}

/// Returns how many replicas confirmed.
fn demand_replicas(commands: &[&Command], outcomes: &mut [Outcome], acked: Option<Value>, wanted: usize) -> usize {
    let acked = match acked {
        Some(Value::Int(acked)) => usize::try_from(acked).unwrap_or(0),
        _ => 0,
    };
    if acked < wanted {
        for (command, outcome) in commands.iter().zip(outcomes) {
            if command.stores && outcome.is_ok() {
                *outcome = Err(Fault::NotReplicated { acked, wanted });
            }
        }
    }
    acked
}
