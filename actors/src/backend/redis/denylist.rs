//! The denylist: a hash of what is denied, a sorted set of when each denial ends, and a version.

use super::super::*;
use super::command::ms;
use super::{reply, RedisBackend};
use ::redis::Value;
use std::time::Duration;

/// What is kept of a denial that was ended before its time.
const ENDED: &str = "-";

impl Denylist for RedisBackend {
    fn deny(&self, denial: Denial, if_known: IfKnown) -> Reply<bool> {
        let Denial { subject, issued_before, reason, left } = denial;
        let call = self.core.wires.scripts.deny.call(&self.core.keys.of_denylist());
        let call = call.arg(field(&subject)).arg(ms(left).max(1)).arg(format!("{issued_before} {reason}"));
        let call = call.arg(DENIALS_MAX).arg(u8::from(if_known == IfKnown::Replace));
        let call = call.arg(u8::from(subject.only_grows()));
        self.core.ask(call, |answer| reply::flag("denial", answer))
    }

    fn allow(&self, subject: Subject) -> Reply<bool> {
        let call = self.core.wires.scripts.allow.call(&self.core.keys.of_denylist()).arg(field(&subject));
        self.core.ask(call, |answer| reply::flag("denial", answer))
    }

    fn denials(&self) -> Reply<Denials> {
        let call = self.core.wires.scripts.denials.call(&self.core.keys.of_denylist());
        self.core.ask(call, |answer| {
            let [version, found] = reply::array("denylist", answer)?;
            let mut known =
                Denials { version: reply::parsed("version of the denylist", version)?, ..Denials::default() };
            for denied in reply::list("denials", found)? {
                match denial(denied)? {
                    (subject, None) => known.ended.push(subject),
                    (_, Some(denial)) => known.denials.push(denial),
                }
            }
            Ok(known)
        })
    }
}

/// The field of a subject: a letter, a space, and its id.
fn field(subject: &Subject) -> String {
    match subject {
        Subject::User(user) => format!("u {user}"),
        Subject::Token(token) => format!("t {token}"),
        Subject::TokensOf(user) => format!("i {user}"),
    }
}

/// A subject with its denial, unless that was ended.
fn denial(answer: Value) -> Result<(Subject, Option<Denial>), BackendError> {
    let malformed = || reply::unexpected("denial");
    let [field, left, kept] = reply::array("denial", answer)?;
    let (field, kept): (String, String) = (reply::value("denial", field)?, reply::value("denial", kept)?);
    let subject = match field.split_once(' ').ok_or_else(malformed)? {
        ("u", user) => Subject::User(user.parse().map_err(|_| malformed())?),
        ("t", token) => Subject::Token(token.to_owned()),
        ("i", user) => Subject::TokensOf(user.parse().map_err(|_| malformed())?),
        _ => return Err(malformed()),
    };
    if kept == ENDED {
        return Ok((subject, None));
    }
    let (issued_before, reason) = kept.split_once(' ').ok_or_else(malformed)?;
    let issued_before = issued_before.parse().map_err(|_| malformed())?;
    let left = Duration::from_millis(reply::parsed("time left", left)?);
    Ok((subject.clone(), Some(Denial { subject, issued_before, reason: reason.to_owned(), left })))
}
