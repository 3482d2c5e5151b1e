//! Bounds of a frame that are checked before it is read.

use super::fault::Fault;
use crate::{ErrorCode, Limits};

/// Nesting beyond which no limit goes: decoding MessagePack recurses.
const DEPTH_CEILING: usize = 256;

pub(super) fn depth_max(limits: &Limits) -> usize {
    limits.depth_max.min(DEPTH_CEILING)
}

pub(super) fn check_length(message: &[u8], limits: &Limits) -> Result<(), Fault> {
    if message.len() > limits.frame_bytes_max {
        let (bytes, max) = (message.len(), limits.frame_bytes_max);
        return Err(Fault::new(ErrorCode::TooBig, format!("frame has {bytes} bytes, at most {max} are allowed")));
    }
    Ok(())
}
