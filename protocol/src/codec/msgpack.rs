//! MessagePack codec.
