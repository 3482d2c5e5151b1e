//! The load tool: puts a real load on nodes, and checks every delivery for loss, duplicates and order.
//!
//! A scenario opens sockets (`connection`), lets `traffic` send and check, and returns a `Report`. Everything runs on
//! one thread, so the counters need no lock. The payload of a publication has its sender, its number, and the time at
//! which it was due; the check needs nothing else, no matter what is between sender and receiver.

mod churn;
mod connect;
mod connection;
mod direct;
mod error;
mod fanout;
mod latency;
mod ledger;
mod load;
mod processes;
mod report;
mod resume;
mod rooms;
mod sender;
mod stop;
mod storm;
mod target;
mod ticker;
mod traffic;
mod views;
mod wire;

pub use churn::Churn;
pub use connect::Connect;
pub use direct::Direct;
pub use error::BenchError;
pub use fanout::Fanout;
pub use load::{Load, Pace};
pub use processes::Processes;
pub use report::Report;
pub use resume::Resume;
pub use rooms::Rooms;
pub use stop::Stop;
pub use storm::Storm;
pub use target::{Credentials, Target};
pub use views::Views;
