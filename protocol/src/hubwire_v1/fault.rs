//! Faults of a frame before it is known which action they belong to.

use crate::dialect::DecodeError;
use crate::ErrorCode;

/// Most characters of a client's text that an error message repeats.
const QUOTE_CHARS_MAX: usize = 64;

/// A reason to refuse a frame, with the offset of the byte at which it was detected.
#[derive(Debug)]
pub(super) struct FaultAt {
    pub fault: Fault,
    pub at: usize,
}

/// A reason to refuse a frame.
#[derive(Debug)]
pub(super) struct Fault {
    pub code: ErrorCode,
    pub message: String,
    /// Whether the frame is syntactically valid, and only one of its actions is at fault.
    pub well_formed: bool,
}

impl Fault {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Fault { code, message: message.into(), well_formed: code != ErrorCode::BadSyntax }
    }

    /// The syntax is valid, but the action could not be delivered in both encodings.
    pub fn undeliverable(code: ErrorCode, message: impl Into<String>) -> Self {
        Fault { code, message: message.into(), well_formed: true }
    }

    pub fn bad_action(message: impl Into<String>) -> Self {
        Fault::new(ErrorCode::BadAction, message)
    }

    pub fn too_deep(depth_max: usize) -> Self {
        Fault::new(ErrorCode::TooDeep, format!("frame is nested deeper than {depth_max} levels"))
    }
}

/// A fault of the frame as a whole.
impl From<Fault> for DecodeError {
    fn from(Fault { code, message, well_formed }: Fault) -> Self {
        DecodeError { code, message, well_formed, re: None, not_done: Vec::new() }
    }
}

/// A client's text, quoted, escaped and truncated: an error message stays short and on one line whatever was sent.
pub(super) fn quote(text: &str) -> String {
    let mut shown: String = text.chars().take(QUOTE_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}
