//! The commands of a frame that go on to the session after the checks.

use bytes::Bytes;
use hubwire_protocol::centrifuge::codes::Error;
use hubwire_protocol::centrifuge::command::{Call, Command, Subscribe};
use hubwire_protocol::centrifuge::Format;

/// A command for the session.
pub(super) enum Kept {
    /// Unchanged, as bytes.
    AsItCame(Bytes),
    /// Changed.
    Changed(Command<'static>),
}

impl Kept {
    /// A changed call.
    pub fn call(id: u32, call: Call<'static>) -> Kept {
        Kept::Changed(Command { id, call: Some(call) })
    }

    /// A subscription to be refused, in its turn.
    pub fn refused(id: u32, error: Error) -> Kept {
        Kept::call(id, Call::Subscribe(Subscribe { refused: error.code, ..Subscribe::default() }))
    }
}

/// Encodes a frame of commands; `None`: there are none.
pub(super) fn assemble(format: Format, kept: &[Kept]) -> Option<Bytes> {
    let mut out = Vec::new();
    for one in kept {
        match one {
            Kept::AsItCame(bytes) => format.put_command(&mut out, &Command { id: 0, call: None }, bytes),
            Kept::Changed(command) => format.put_command(&mut out, command, &[]),
        }
    }
    (!kept.is_empty()).then(|| out.into())
}
