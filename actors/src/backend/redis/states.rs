//! Presence states in channels.

use super::super::*;
use super::profiles;
use super::reply::{self, SESSION_BYTES};
use super::RedisCore;
use hubwire_protocol::{Address, MemberState, SessionId, UserId};
use std::collections::BTreeMap;
use std::rc::Rc;

impl RedisCore {
    pub(super) fn set_state(
        self: &Rc<Self>,
        channel: Address,
        member: Member,
        state: Option<MemberState>,
    ) -> Reply<bool> {
        self.spawn(move |core| async move {
            let _turn = core.turn(member.session).await;
            let call = core.wires.scripts.set_state.call(&core.keys.of_members(&channel));
            let call = call.arg(member.user.as_str()).arg(&member.session.to_bytes()[..]).arg(text(state.as_ref()));
            reply::flag("flag", core.heed(core.query(core.told_at(call, &channel)).await)?)
        })
    }
}

/// A state as an argument of scripts: no state is empty.
pub(super) fn text(state: Option<&MemberState>) -> &str {
    state.map_or("", MemberState::as_str)
}

/// A state in an answer of scripts. A value that is no state, written by another program, counts as none.
pub(super) fn state(text: Vec<u8>) -> Option<MemberState> {
    MemberState::from_text(String::from_utf8(text).ok()?).ok()
}

/// The states of sessions, each with its session.
pub(super) type OfSessions = Vec<(SessionId, MemberState)>;

/// Parses a hash of states: the state and profile of each user that has any (see `states.lua` and `profile.lua`), and
/// the state of each session.
pub(super) fn shown(states: ::redis::Value) -> Result<(Vec<(UserId, Shown)>, OfSessions), BackendError> {
    let fields: Vec<(String, Vec<u8>)> = reply::value("states", states)?;
    let mut users: BTreeMap<UserId, Shown> = BTreeMap::new();
    let mut of_sessions = OfSessions::new();
    for (field, value) in fields {
        let (user, is_profile) = field.strip_prefix(' ').map_or((&*field, false), |user| (user, true));
        let Ok(user) = user.parse() else { continue };
        match is_profile {
            true => users.entry(user).or_default().profile = profiles::profile(&value),
            false => {
                let states = each(&value);
                // the newest is the first
                users.entry(user).or_default().state = states.first().map(|(_, state)| state.clone());
                of_sessions.extend(states);
            }
        }
    }
    // a removed profile leaves its version behind
    users.retain(|_, shown| *shown != Shown::default());
    Ok((users.into_iter().collect(), of_sessions))
}

/// The states of a user's sessions; values that another program truncated are left out.
fn each(mut value: &[u8]) -> OfSessions {
    let mut states = OfSessions::new();
    while let Some((session, text, rest)) = first(value) {
        value = rest;
        let session = SessionId::from_bytes(session).ok();
        states.extend(session.zip(state(text.to_vec())));
    }
    states
}

fn first(value: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (session, rest) = value.split_at_checked(SESSION_BYTES)?;
    let colon = rest.iter().position(|byte| *byte == b':')?;
    let length: usize = std::str::from_utf8(&rest[..colon]).ok()?.parse().ok()?;
    let (text, rest) = rest[colon + 1..].split_at_checked(length)?;
    Some((session, text, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_is_read_with_its_session_and_what_is_cut_off_is_none() {
        let id = |byte: u8| {
            let mut id = [byte; SESSION_BYTES];
            (id[6], id[8]) = (0x80, 0x80);
            id
        };
        let (newest, older) = (id(b':'), id(0));
        let value = [&newest[..], b"7:{\"a\":1}", &older, b"2:{}"].concat();
        let state = |text: &str| MemberState::from_text(text.into()).unwrap();
        let session = |bytes: &[u8]| SessionId::from_bytes(bytes).unwrap();
        let all = [(session(&newest), state(r#"{"a":1}"#)), (session(&older), state("{}"))];
        assert_eq!(each(&value), all);
        for length in 0..value.len() {
            let whole = usize::from(length >= SESSION_BYTES + 9);
            assert_eq!(each(&value[..length]), all[..whole], "{length}");
        }
    }
}
