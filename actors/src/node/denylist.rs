//! Blocking users and addresses, revoking tokens, and counting wrong credentials.

use super::Node;
use crate::backend::{Denial, DenialSubject};
use crate::denylist::{Denied, DenylistSnapshot};
use crate::identity::Identity;
use crate::words::cluster::{Allow, Deny, ListDenials};
use crate::words::outcome::Refusal;
use crate::wrong_credentials::Attempt;
use core::net::IpAddr;
use std::sync::Arc;
use tokio::sync::watch;

impl Node {
    /// Denies a user, an address or tokens. Every node closes their sessions within two seconds.
    pub async fn deny(&self, denial: Denial) -> Result<(), Refusal> {
        self.ask_cluster(|answer| Deny { denial, answer }).await
    }

    /// Ends a denial early. `false`: there was none.
    pub async fn allow(&self, subject: DenialSubject) -> Result<bool, Refusal> {
        self.ask_cluster(|answer| Allow { subject, answer }).await
    }

    /// All denials that have not expired.
    pub async fn denials(&self) -> Result<Vec<Denial>, Refusal> {
        self.ask_cluster(|answer| ListDenials { answer }).await
    }

    /// The denylist, with notifications of changes.
    pub fn denied(&self) -> watch::Receiver<Arc<DenylistSnapshot>> {
        self.0.denylist.changes()
    }

    /// Why no session may be opened from an address; `None`: it is not blocked.
    pub fn judge_address(&self, address: IpAddr) -> Option<Denied> {
        self.0.denylist.current().judge_address(address)
    }

    /// Why an identity may not have a session; `None`: it may.
    pub fn judge(&self, identity: &Identity) -> Option<Denied> {
        self.0.denylist.current().judge(identity)
    }
    /// Counts wrong credentials that a client at this address has shown, and says how they are answered.
    pub fn count_wrong_credentials(&self, address: IpAddr) -> Attempt {
        let attempt = self.0.wrong_credentials.add(address, self.settings().wrong_credentials_max);
        let answer = if attempt == Attempt::Within { "refused" } else { "rate_limited" };
        self.metrics().wrong_credentials.with_label_values(&[answer]).inc();
        attempt
    }
}
