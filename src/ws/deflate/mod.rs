//! permessage-deflate (RFC 7692) without context takeover on either side: each message is compressed by itself, so one
//! compressed frame serves every socket that agreed to it, and an idle socket keeps no window.

mod compress;
mod inflate;
mod offers;
mod settings;

pub(super) use compress::compressed;
pub(super) use inflate::{inflate, NotInflated};
pub(super) use offers::{is_offered, AGREED};
pub use settings::{Compression, CompressionMetrics};
