//! The pause before a failed call to the broker is repeated. During an outage every actor with an open call repeats it,
//! so these pauses decide the load on the broker when it comes back.

use std::time::Duration;

/// For calls whose failure members notice: a read of the log, an entry in a list or its removal, an announcement,
/// a persistent membership.
pub const SOON: Duration = Duration::from_millis(500);

/// For calls that nobody waits for: an unconfirmed subscription, a comparison with the log, a look-up of users.
pub const LATER: Duration = Duration::from_secs(1);
