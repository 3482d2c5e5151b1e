//! Limits of decoding.

/// What a decoder accepts. Every limit is checked before memory is allocated for what it limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest message (all fragments together) in bytes, and longest JSON text that `payload` or `meta` of a
    /// MessagePack message may be converted to.
    pub frame_bytes_max: usize,
    /// Most actions in one array frame.
    pub actions_max: usize,
    /// Deepest nesting of a whole frame, counting arrays and objects.
    pub depth_max: usize,
    /// Longest `type` in bytes.
    pub type_bytes_max: usize,
    /// Longest `meta.hub.id` in bytes.
    pub id_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { frame_bytes_max: 64 * 1024, actions_max: 64, depth_max: 32, type_bytes_max: 128, id_bytes_max: 64 }
    }
}
