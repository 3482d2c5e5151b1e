//! Ports: where messages go, without saying which actor takes them.
//!
//! A port is shared as one `Arc`, cheaper to clone than an actix address, and costs one call through a table per message.
//! It is bounded like the mailbox behind it. [`mail`](crate::mail) is how a message is sent through one.

use actix::dev::ToEnvelope;
use actix::prelude::*;
use std::sync::Arc;

/// Takes messages of one type.
pub trait Port<M>: Send + Sync {
    /// Takes a message without waiting, or gives it back.
    fn try_send(&self, message: M) -> Result<(), SendError<M>>;

    /// Takes a message that must arrive: when there is no room, a task waits for it.
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

    fn insist(&self, message: M) {
        if let Err(SendError::Full(message)) = Addr::try_send(self, message) {
            let addr = self.clone();
            // an actor that stops meanwhile needs no message any more
            actix::spawn(async move { addr.send(message).await.map_or((), |_| ()) });
        }
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

/// Names a port for all the messages of one actor. Whatever takes them is one.
macro_rules! port {
    ($(#[$doc:meta])* $name:ident: $($message:ty),+ $(,)?) => {
        $(#[$doc])*
        pub trait $name: $($crate::words::port::Port<$message> +)+ 'static {}
        impl<P: $($crate::words::port::Port<$message> +)+ 'static> $name for P {}
    };
}

pub(crate) use port;
