//! The delivery protocol as a model that is explored exhaustively within bounds: every order of steps, losses, crashes
//! and failovers. Each rule of the protocol is also left out once, and the exploration has to find the failure that it
//! prevents.

mod check;
mod direct;
mod lease;
mod lone;
mod snapshot;
mod stream;
