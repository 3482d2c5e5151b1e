//! Relations of users: a hash per user, from the other user to a digit.

use super::super::*;
use super::command::{ms, Command};
use super::{reply, RedisBackend};
use crate::words::relation::Relation;
use ::redis::Value;
use hubwire_protocol::conversations::ReadUpTo;
use hubwire_protocol::{Position, UserId};
use std::time::Duration;

impl People for RedisBackend {
    fn change_relation(&self, change: ChangeRelation) -> Reply<RelationChanged> {
        let ChangeRelation { user, other, transitions, people_max } = change;
        let call = self.core.wires.scripts.relation.call(&[self.core.keys.people(&user)]);
        let call = call.arg(other.as_str()).arg(transitions.digits()).arg(people_max);
        self.core.ask(call, changed)
    }

    fn people(&self, user: UserId) -> Reply<Vec<(UserId, Relation)>> {
        self.core.ask(Command::on("HGETALL", &self.core.keys.people(&user)), |answer| {
            let pairs: Vec<(String, u8)> = reply::value("people", answer)?;
            // skips entries of another version that this one cannot read
            Ok(pairs
                .into_iter()
                .filter_map(|(user, number)| Some((user.parse().ok()?, Relation::of(number)?)))
                .collect())
        })
    }

    fn mark_read(&self, user: UserId, read: ReadUpTo, marks_max: usize, keep: Duration) -> Reply<bool> {
        let call = self.core.wires.scripts.mark_read.call(&[self.core.keys.read(&user)]);
        let call = call.arg(read.user.as_str()).arg(read.pos.to_string()).arg(marks_max).arg(ms(keep).max(1));
        self.core.ask(call, |answer| reply::flag("moved", answer))
    }

    fn read_marks(&self, user: UserId) -> Reply<Vec<(UserId, Position)>> {
        self.core.ask(Command::on("HGETALL", &self.core.keys.read(&user)), |answer| {
            let marks: Vec<(String, String)> = reply::value("marks", answer)?;
            // skips entries of another version that this one cannot read
            Ok(marks.into_iter().filter_map(|(user, pos)| Some((user.parse().ok()?, pos.parse().ok()?))).collect())
        })
    }
}

fn changed(answer: Value) -> Result<RelationChanged, BackendError> {
    let text: String = reply::value("relation", answer)?;
    let unexpected = || reply::unexpected("relation");
    let [former, latter] = text.as_bytes() else { return Err(unexpected()) };
    let relation = |digit: &u8| digit.checked_sub(b'0').and_then(Relation::of).ok_or_else(unexpected);
    let former = relation(former)?;
    Ok(match latter {
        b'x' => RelationChanged::Refused(former),
        b'f' => RelationChanged::Full,
        latter => RelationChanged::Changed(former, relation(latter)?),
    })
}
