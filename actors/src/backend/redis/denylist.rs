//! The denylist: a hash of the denials, a sorted set of their ends, and a version.

use super::super::*;
use super::command::ms;
use super::{reply, RedisBackend};
use ::redis::Value;
use std::time::Duration;

/// The prefix of an address. Nodes of a version without such denials take it for a token that does not exist, and still
/// read the rest of the list.
const ADDRESS: &str = "@address ";
/// The stored value of a denial that was ended early.
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

    fn allow(&self, subject: DenialSubject) -> Reply<bool> {
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
                    None => {}
                    Some((subject, None)) => known.ended.push(subject),
                    Some((_, Some(denial))) => known.denials.push(denial),
                }
            }
            Ok(known)
        })
    }
}

/// The field of a subject: a letter, a space, and its id.
fn field(subject: &DenialSubject) -> String {
    match subject {
        DenialSubject::User(user) => format!("u {user}"),
        DenialSubject::Address(network) => format!("t {ADDRESS}{network}"),
        DenialSubject::Token(token) => format!("t {token}"),
        DenialSubject::TokensOf(user) => format!("i {user}"),
    }
}

/// A subject with its denial, unless that was ended early. `None`: the kind of subject is known only to newer versions.
fn denial(answer: Value) -> Result<Option<(DenialSubject, Option<Denial>)>, BackendError> {
    let malformed = || reply::unexpected("denial");
    let [field, left, kept] = reply::array("denial", answer)?;
    let (field, kept): (String, String) = (reply::value("denial", field)?, reply::value("denial", kept)?);
    let subject = match field.split_once(' ').ok_or_else(malformed)? {
        ("u", user) => DenialSubject::User(user.parse().map_err(|_| malformed())?),
        ("t", token) => match token.strip_prefix(ADDRESS) {
            Some(network) => DenialSubject::Address(network.parse().map_err(|_| malformed())?),
            None => DenialSubject::Token(token.to_owned()),
        },
        ("i", user) => DenialSubject::TokensOf(user.parse().map_err(|_| malformed())?),
        _ => return Ok(None),
    };
    if kept == ENDED {
        return Ok(Some((subject, None)));
    }
    let (issued_before, reason) = kept.split_once(' ').ok_or_else(malformed)?;
    let issued_before = issued_before.parse().map_err(|_| malformed())?;
    let left = Duration::from_millis(reply::parsed("time left", left)?);
    Ok(Some((subject.clone(), Some(Denial { subject, issued_before, reason: reason.to_owned(), left }))))
}
