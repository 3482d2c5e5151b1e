//! Ports: where messages go, without saying which actor takes them.
//!
//! A port is shared as one `Arc`, cheaper to clone than an actix address, and costs one call through a table per
//! message. It is bounded like the mailbox behind it. [`mail`](crate::mail) is how a message is sent through one.

use actix::dev::ToEnvelope;
use actix::prelude::*;
use std::sync::Arc;

/// Takes messages of one type.
pub trait Port<M>: Send + Sync {
    /// Takes a message without waiting, or gives it back.
    fn try_send(&self, message: M) -> Result<(), SendError<M>>;

    /// Takes a message that must arrive: past the bound when there is no room, so that it keeps its place in the order.
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
        self.do_send(message); // an actor that stopped needs no message any more
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

/// Names a port for all the messages of one actor. Whatever takes them is one. In parentheses: a port it is besides.
macro_rules! port {
    ($(#[$doc:meta])* $name:ident $(($besides:ident))?: $($message:ty),+ $(,)?) => {
        $(#[$doc])*
        pub trait $name: $($besides +)? $($crate::words::port::Port<$message> +)+ 'static {}
        impl<P: $($besides +)? $($crate::words::port::Port<$message> +)+ 'static> $name for P {}
    };
}

pub(crate) use port;
