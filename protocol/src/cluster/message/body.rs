//! Which messages have a body.

use super::ClusterMessage;

impl ClusterMessage<'_> {
    /// Whether bytes may follow the header.
    pub(super) fn has_body(&self) -> bool {
        matches!(
            self,
            ClusterMessage::Publication { .. }
                | ClusterMessage::Direct { .. }
                | ClusterMessage::Ephemeral { .. }
                | ClusterMessage::Tails { .. }
                | ClusterMessage::State { .. }
                | ClusterMessage::Profile { .. }
                | ClusterMessage::Close { .. }
                | ClusterMessage::Call { .. }
                | ClusterMessage::Returned { .. }
                | ClusterMessage::LateReply { .. }
                | ClusterMessage::Question { .. }
                | ClusterMessage::Answer { .. }
        )
    }
}
