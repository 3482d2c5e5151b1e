//! Presence states in channels.

use super::super::*;
use super::profiles;
use super::reply::{self, SESSION_BYTES};
use super::Core;
use hubwire_protocol::{Address, MemberState, UserId};
use std::collections::BTreeMap;
use std::rc::Rc;

impl Core {
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

/// The states and profiles in a hash of states, by user (see `states.lua` and `profile.lua`).
pub(super) fn shown(states: ::redis::Value) -> Result<Vec<(UserId, Shown)>, BackendError> {
    let fields: Vec<(String, Vec<u8>)> = reply::value("states", states)?;
    let mut users: BTreeMap<UserId, Shown> = BTreeMap::new();
    for (field, value) in fields {
        let (user, is_profile) = field.strip_prefix(' ').map_or((&*field, false), |user| (user, true));
        let Ok(user) = user.parse() else { continue };
        match is_profile {
            true => users.entry(user).or_default().profile = profiles::profile(&value),
            false => users.entry(user).or_default().state = newest(&value).and_then(state),
        }
    }
    // a removed profile leaves its version behind
    users.retain(|_, shown| *shown != Shown::default());
    Ok(users.into_iter().collect())
}

fn newest(value: &[u8]) -> Option<Vec<u8>> {
    let (_, rest) = value.split_at_checked(SESSION_BYTES)?;
    let colon = rest.iter().position(|byte| *byte == b':')?;
    let length: usize = std::str::from_utf8(&rest[..colon]).ok()?.parse().ok()?;
    Some(rest[colon + 1..].get(..length)?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_state_is_read_and_what_is_cut_off_is_none() {
        let value = [&[b':'; SESSION_BYTES][..], b"7:{\"a\":1}", &[0; SESSION_BYTES], b"2:{}"].concat();
        assert_eq!(newest(&value).as_deref(), Some(&b"{\"a\":1}"[..]));
        for length in 0..SESSION_BYTES + 9 {
            assert_eq!(newest(&value[..length]), None, "{length}");
        }
    }
}
