//! Limits that are checked before a frame is parsed.

use super::fault::Fault;
use crate::{ErrorCode, Limits};

/// Upper limit of the configurable nesting depth: decoding MessagePack is recursive.
const DEPTH_CEILING: usize = 256;

pub(super) fn depth_max(limits: &Limits) -> usize {
    limits.depth_max.min(DEPTH_CEILING)
}

pub(super) fn check_length(message: &[u8], limits: &Limits) -> Result<(), Fault> {
    check_bytes(message.len(), limits)
}

/// As [`check_length`], for a frame of so many bytes.
pub(super) fn check_bytes(bytes: usize, limits: &Limits) -> Result<(), Fault> {
    let max = limits.frame_bytes_max;
    if bytes > max {
        return Err(Fault::new(ErrorCode::TooBig, format!("frame has {bytes} bytes, at most {max} are allowed")));
    }
    Ok(())
}
