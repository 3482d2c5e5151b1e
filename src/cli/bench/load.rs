//! Arguments for the number and rate of publications.

use crate::bench::{Load, Pace};
use clap::Args;
use std::time::Duration;

/// The load; see the module.
#[derive(Debug, Args)]
pub struct LoadArguments {
    /// Publications of all senders together; 1000 without --seconds.
    #[arg(long, value_name = "M", conflicts_with = "seconds", value_parser = clap::value_parser!(u64).range(1..))]
    messages: Option<u64>,
    /// Send for this long instead.
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<Duration>,
    /// Bytes of a payload, as JSON.
    #[arg(long, value_name = "B", default_value_t = 128)]
    size: usize,
    /// Closed loop: publications of each sender that are in flight at once.
    #[arg(long, value_name = "W", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    window: u64,
    /// Open loop: publications per second of all senders together. Latency counts from when each was due.
    #[arg(long, value_name = "R", conflicts_with = "window", value_parser = rate)]
    rate: Option<f64>,
    /// Give publications an id, so that the node acknowledges each, and measure the acknowledgements, too.
    #[arg(long)]
    ack: bool,
}

impl LoadArguments {
    /// The load that the arguments describe.
    pub fn build(&self) -> Load {
        Load {
            messages: self.messages.or(self.seconds.is_none().then_some(1000)),
            duration: self.seconds,
            pace: self.rate.map_or(Pace::Window(self.window), Pace::Rate),
            size: self.size,
            ack: self.ack,
        }
    }
}

/// Parses a time in seconds, which may have a fraction.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().map_err(|error| error.to_string())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Parses a rate per second.
pub fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=10_000_000.0).contains(&rate) => Ok(rate),
        Ok(_) => Err("is not between 0.001 and 10000000".into()),
        Err(error) => Err(error.to_string()),
    }
}
