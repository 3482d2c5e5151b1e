//! Handlers that pass the message to the actor's method of the same name.

macro_rules! handlers {
    ($actor:ident; $($message:ty => $method:ident;)+) => {$(
        impl actix::Handler<$message> for $actor {
            type Result = ();
            fn handle(&mut self, message: $message, ctx: &mut Self::Context) {
                self.$method(message, ctx);
            }
        }
    )+};
}

pub(crate) use handlers;
