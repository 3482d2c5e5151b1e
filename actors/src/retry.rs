//! The pause before a call to the broker that failed is repeated. During an outage every actor with an open call
//! repeats it, so these pauses decide how much load the broker meets when it comes back.

use std::time::Duration;

/// Where members wait for the answer or others see that it is missing: a read of the log, an entry in or out of a list,
/// an announcement.
pub const SOON: Duration = Duration::from_millis(500);

/// Where nobody waits: a subscription that was not confirmed, a comparison with the log, a question about users.
pub const LATER: Duration = Duration::from_secs(1);
