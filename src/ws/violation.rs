//! Violations of the protocol by a peer, and their close codes.

use hubwire_protocol::close_code::CloseCode;
use std::time::Duration;

/// Why the frame reader refuses a stream (RFC 6455, section 7.1.7). Later input cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A reserved bit without a negotiated extension.
    #[error("reserved bits {0:#05b}")]
    ReservedBits(u8),
    /// An unknown opcode.
    #[error("opcode {0:#x}")]
    Opcode(u8),
    /// A client's frame without a mask.
    #[error("frame without mask")]
    Unmasked,
    /// A ping, pong or close frame in fragments.
    #[error("control frame in fragments")]
    FragmentedControl,
    /// A ping, pong or close frame of more than 125 bytes.
    #[error("control frame too long")]
    LongControl,
    /// A length that would have fitted into a shorter form.
    #[error("length {0} not in its shortest form")]
    LengthForm(u64),
    /// A length with the highest bit set.
    #[error("length above 2^63")]
    LengthRange,
    /// A continuation without a message.
    #[error("continuation of nothing")]
    NothingToContinue,
    /// A new message before the former one has ended.
    #[error("message within a message")]
    Interleaved,
    /// A close frame with a payload of one byte.
    #[error("close frame of one byte")]
    ShortClose,
    /// A close code that must not be on the wire.
    #[error("close code {0}")]
    CloseCode(u16),
    /// A text message or close reason that is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A message that is marked as compressed and cannot be inflated on its own.
    #[error("not a compressed message")]
    NotDeflate,
    /// A message longer than the limit, judged by what its frames declare.
    #[error("message of {0} bytes or more")]
    TooBig(u64),
    /// A message in more fragments than the limit.
    #[error("more than {0} fragments")]
    TooManyFragments(u32),
    /// More ping, pong and close frames than the limit, for longer than a stall of the network explains.
    #[error("more than {0} control frames per second")]
    ControlFlood(u32),
    /// More ping, pong and close frames at once than come in half a minute at the limit.
    #[error("too many control frames at once")]
    ControlBurst,
    /// A message whose last byte did not come in time.
    #[error("message not whole within {0:?}")]
    TooSlow(Duration),
}

impl Violation {
    /// The close code for the peer.
    pub fn close_code(self) -> CloseCode {
        match self {
            Violation::NotUtf8 => CloseCode::NotUtf8,
            Violation::TooBig(_) => CloseCode::TooBig,
            // a bad network does this too, so the client may come again
            Violation::TooSlow(_) => CloseCode::PingTimeout,
            Violation::ControlBurst => CloseCode::Overloaded,
            Violation::TooManyFragments(_) | Violation::ControlFlood(_) => CloseCode::Abuse,
            _ => CloseCode::Protocol,
        }
    }
}
