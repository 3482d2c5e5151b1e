//! Counts panics and logs their places. One on the core thread breaks the node (see `hubwire_actors::vital`); on a
//! worker thread it ends the session or request in which it happened, unless it was in a delivery actor. The message of
//! a panic is not logged, because it may quote what a client sent.

use hubwire_actors::vital::{self, Vital};
use prometheus::{IntCounter, Registry};

/// Counts the panics of this process from now on, in all threads, as `hubwire_panics_total`. Call it on the core
/// thread.
///
/// # Errors
/// When the registry has the name already: a mistake of the caller.
pub(crate) fn watch(registry: &Registry, vital: Vital) -> Result<(), prometheus::Error> {
    let panics = IntCounter::new("hubwire_panics_total", "Panics since the start. Each is a fault of the node.")?;
    registry.register(Box::new(panics.clone()))?;
    let core = std::thread::current().id();
    std::panic::set_hook(Box::new(move |panic| {
        panics.inc();
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let thread = std::thread::current();
        log::error!("panicked at {place} thread={}", thread.name().unwrap_or("unnamed"));
        if thread.id() == core && !vital::is_isolated() {
            vital.give_up();
        }
    }));
    Ok(())
}
