//! The commands of a frame that remain after they were checked.

use bytes::Bytes;
use hubwire_protocol::centrifuge::codes::Error;
use hubwire_protocol::centrifuge::command::{Call, Command, Subscribe};
use hubwire_protocol::centrifuge::Format;

/// A command that goes on to the session.
pub(super) enum Kept {
    /// As it came.
    AsItCame(Bytes),
    /// As it is now.
    Changed(Command<'static>),
}

impl Kept {
    /// A call as it is now.
    pub fn call(id: u32, call: Call<'static>) -> Kept {
        Kept::Changed(Command { id, call: Some(call) })
    }

    /// A subscription that is refused, in its turn.
    pub fn refused(id: u32, error: Error) -> Kept {
        Kept::call(id, Call::Subscribe(Subscribe { refused: error.code, ..Subscribe::default() }))
    }
}

/// A frame of commands; `None`: none is left.
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
