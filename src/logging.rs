//! Log lines on standard error: for people, or one JSON object per line. Nothing a line holds can begin another one.

use crate::config::sections::LogFormat;
use crate::printable::printable_line;
use env_logger::fmt::Formatter;
use env_logger::Builder;
use log::Record;
use serde::Serialize;
use std::io::{self, Write};

/// Begins to log what `filter` lets through: a level, or levels by module (`info,hubwire_actors=debug`).
///
/// Called once; a second call changes nothing.
pub fn init(filter: &str, format: LogFormat) {
    let mut builder = Builder::new();
    // the HTTP library tells of each worker it starts; a filter that names it has the last word
    builder.filter_module("actix_server", log::LevelFilter::Warn);
    builder.parse_filters(filter);
    match format {
        LogFormat::Text => builder.format(text),
        LogFormat::Json => builder.format(json),
    };
    // the only failure is a logger that is there already, as in tests
    let _ = builder.try_init();
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
