//! Limits that are checked before a frame is parsed.

use super::fault::Fault;
use crate::{ErrorCode, Limits};

/// Upper limit of the configurable nesting depth: decoding MessagePack is recursive.
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
