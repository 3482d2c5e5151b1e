//! Keys of data that a user has only if a feature is enabled.

use super::keys::Keys;
use hubwire_protocol::UserId;

impl Keys {
    pub(super) fn read(&self, user: &UserId) -> String {
        self.of_user(user, "read")
    }

    pub(super) fn channels(&self, user: &UserId) -> String {
        self.of_user(user, "channels")
    }
}
