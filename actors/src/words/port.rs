//! Ports: receivers of messages that do not name their actor.
//!
//! A port is shared as one `Arc`, which is cheaper to clone than an actix address, and costs one virtual call per
//! message. It is bounded like the mailbox behind it. [`mail`](crate::mail) sends messages through ports.

use actix::dev::ToEnvelope;
use actix::prelude::*;
use std::sync::Arc;

/// Receives messages of one type.
pub trait Port<M>: Send + Sync {
    /// Sends a message without waiting, or returns it.
    fn try_send(&self, message: M) -> Result<(), SendError<M>>;

    /// Sends a message that must arrive: beyond the bound when there is no room, so that it keeps its place in the
    /// order.
    fn insist(&self, message: M);
}

impl<A, M> Port<M> for Addr<A>
where
    A: Actor + Handler<M>,
    A::Context: ToEnvelope<A, M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn try_send(&self, message: M) -> Result<(), SendError<M>> {
        Addr::try_send(self, message)
    }

    #[allow(clippy::disallowed_methods)] // the one place that may: a task that waited for room would be overtaken
    fn insist(&self, message: M) {
        self.do_send(message); // an actor that has stopped needs no messages
    }
}

impl<M, P: Port<M> + ?Sized> Port<M> for Arc<P> {
    fn try_send(&self, message: M) -> Result<(), SendError<M>> {
        (**self).try_send(message)
    }

    fn insist(&self, message: M) {
        (**self).insist(message);
    }
}

/// Names a port for all messages of one actor; every type that handles them implements it. In parentheses: a port that
/// it extends.
macro_rules! port {
    ($(#[$doc:meta])* $name:ident $(($besides:ident))?: $($message:ty),+ $(,)?) => {
        $(#[$doc])*
        pub trait $name: $($besides +)? $($crate::words::port::Port<$message> +)+ 'static {}
        impl<P: $($besides +)? $($crate::words::port::Port<$message> +)+ 'static> $name for P {}
    };
}

pub(crate) use port;
