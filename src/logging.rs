//! Log lines on standard error: for people, or one JSON object per line. Nothing a line holds can begin another one.

use crate::config::sections::LogFormat;
use crate::printable::printable_line;
use arc_swap::ArcSwap;
use env_logger::fmt::Formatter;
use env_logger::{Builder, Logger};
use log::{Log, Metadata, Record};
use serde::Serialize;
use std::io::{self, Write};
use std::sync::{Arc, OnceLock};

/// The logger of this process; a reload of the configuration replaces what is in it.
static LOGGER: OnceLock<Replaceable> = OnceLock::new();

struct Replaceable {
    logger: ArcSwap<Logger>,
    format: LogFormat,
}

impl Log for Replaceable {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.logger.load().enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        self.logger.load().log(record);
    }

    fn flush(&self) {
        self.logger.load().flush();
    }
}

/// Begins to log what `filter` lets through: a level, or levels by module (`info,hubwire_actors=debug`).
///
/// Called once; a second call changes nothing.
pub fn init(filter: &str, format: LogFormat) {
    let logger = logger(filter, format);
    let level = logger.filter();
    let replaceable = LOGGER.get_or_init(|| Replaceable { logger: ArcSwap::from_pointee(logger), format });
    // the only failure is a logger that is there already, as in tests
    if log::set_logger(replaceable).is_ok() {
        log::set_max_level(level);
    }
}

/// Lets through from now on what `filter` says.
pub fn set_filter(filter: &str) {
    if let Some(replaceable) = LOGGER.get() {
        let logger = logger(filter, replaceable.format);
        let level = logger.filter();
        replaceable.logger.store(Arc::new(logger));
        log::set_max_level(level);
    }
}

fn logger(filter: &str, format: LogFormat) -> Logger {
    let mut builder = Builder::new();
    // the HTTP library tells of each worker it starts; a filter that names it has the last word
    builder.filter_module("actix_server", log::LevelFilter::Warn);
    // and writes a line at ERROR for each request that is no HTTP: whoever reaches the port could fill the disk
    builder.filter_module("actix_http", log::LevelFilter::Off);
    builder.parse_filters(filter);
    match format {
        LogFormat::Text => builder.format(text),
        LogFormat::Json => builder.format(json),
    };
    builder.build()
}

/// Whether a text is a filter: levels, for all or by module. To the logger a word that is no level is a module of which
/// it logs everything, so a misspelt level would silence the node.
pub fn is_filter(text: &str) -> bool {
    let is_level = |level: &str| level.parse::<log::LevelFilter>().is_ok();
    let is_module = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':' || c == '-')
    };
    text.split(',').map(str::trim).all(|part| match part.split_once('=') {
        Some((module, level)) => is_module(module.trim()) && is_level(level.trim()),
        None => is_level(part),
    })
}

fn text(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let (time, style) = (out.timestamp_millis(), out.default_level_style(record.level()));
    let message = printable_line(&record.args().to_string());
    writeln!(out, "{time} {style}{:<5}{style:#} {} {message}", record.level(), record.target())
}

#[derive(Serialize)]
struct Line<'a> {
    ts: String,
    level: &'a str,
    target: &'a str,
    message: String,
}

fn json(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let line = Line {
        ts: out.timestamp_millis().to_string(),
        level: record.level().as_str(),
        target: record.target(),
        message: printable_line(&record.args().to_string()),
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::is_filter;

    #[test]
    fn a_word_that_is_no_level_is_no_filter() {
        for filter in ["info", "OFF", "info,hubwire_actors=debug", "warn, hubwire::ws=trace", "hubwire=debug"] {
            assert!(is_filter(filter), "{filter}");
        }
        for other in ["", "verbose", "info,", "hubwire", "hubwire=verbose", "=info", "info/regex", "a=b=c", "in fo"] {
            assert!(!is_filter(other), "{other}");
        }
    }
}
