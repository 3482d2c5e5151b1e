//! Under what the id of an action is remembered, so that repeating it stores nothing.

/// Under what an id is remembered in a stream; without a user it is the server's. No user and no device has a space in
/// its name, so nobody can name what is another's.
pub(crate) fn key(user: &str, device: &str, id: &str) -> String {
    format!("{user} {device} {id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hubwire_protocol::{DeviceId, UserId};

    #[test]
    fn nobody_can_name_the_id_of_another() {
        let whole = "a|b|c|d api";
        let mut keys = std::collections::HashSet::new();
        let mut named = 0;
        // every way to read the text as user, device and id
        for first in 0..whole.len() {
            for second in first..whole.len() {
                let (user, device, id) = (&whole[..first], &whole[first..second], &whole[second..]);
                let is_user = user.is_empty() || user.parse::<UserId>().is_ok();
                let is_device = device.is_empty() || device.parse::<DeviceId>().is_ok();
                if is_user && is_device {
                    named += 1;
                    assert!(keys.insert(key(user, device, id)), "{user:?} {device:?} {id:?}");
                }
            }
        }
        assert!(named > 20, "{named}");
    }
}
