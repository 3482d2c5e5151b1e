//! The delivery protocol as a model that is explored in full, within bounds: every order of steps, losses, crashes and
//! failovers. Each rule of the protocol is also left out once, and the exploration has to find what that rule prevents.

mod check;
mod direct;
mod lease;
mod lone;
mod snapshot;
mod stream;
